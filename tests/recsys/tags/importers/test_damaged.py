"""Samples damaged at random places end in a result or in an error that names the place, never in anything else."""

import json
from pathlib import Path
from random import Random

import pytest

from recsys.errors import DataError
from recsys.tags.importers.vendors import READERS, results

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))
WRONG = (
    None, True, -1, 0, 1e18, -0.5, "", "x", "[]", "{}", "[1]", "1" * 30, "0:00:01", "5s", "\ud800", [], {}, [None],
    [[]], {"a": 1},
)  # fmt: skip


def places(value, at=()):
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from places(one, (*at, key))


def damaged(value, at, wrong):
    if not at:
        return wrong
    copy = value.copy()
    copy[at[0]] = damaged(value[at[0]], at[1:], wrong)
    return copy


def opened(value):
    """With the JSON in its texts in the open, so that it can be damaged too."""
    if isinstance(value, list):
        return [opened(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: json.loads(one) if key == "Data" else opened(one) for key, one in value.items()}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_damaged_sample_is_read_or_refused_by_its_place(path):
    random, sample = Random(path.name), opened(json.loads(path.read_text(encoding="utf-8")))
    vendor = next(one for one in READERS if path.name.startswith(one))
    refused: list[str] = []
    for _ in range(400):
        payload = sample
        for _ in range(random.choice((1, 1, 2, 3))):
            payload = damaged(payload, random.choice(list(places(payload))), random.choice(WRONG))
        try:
            for one in results(vendor, json.dumps(payload).encode()):
                list(one.evidence())
                json.dumps(one.as_json(), allow_nan=False)
        except DataError as error:
            refused.append(str(error))
    assert 40 < len(refused) < 400
    assert [one for one in refused if not one.startswith("$")] == []
