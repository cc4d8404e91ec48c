"""Each vendor's published sample means what the golden file beside it says; those were written by hand."""

import json
from pathlib import Path

import pytest

from recsys.tags.importers.vendors import READERS, results

HERE = Path(__file__).parent
SAMPLES = sorted(path.name for path in (HERE / "samples").glob("*.json"))
LEFT_OUT = {"is_named": True, "is_point": False, "status": "success"}


def bare(value):
    """Without what is empty, unknown or as usual; but a tag always says its confidence."""
    if isinstance(value, list | tuple):
        return [bare(one) for one in value]
    if not isinstance(value, dict):
        return value
    told = {key: bare(one) for key, one in value.items() if key not in LEFT_OUT or one != LEFT_OUT[key]}
    always = {"confidence"} if "label" in value else set()
    return {key: one for key, one in told.items() if key in always or one not in (None, [], "")}


def vendor_of(name):
    return next(one for one in READERS if name.startswith(one))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_says_what_it_means(name):
    found = [bare(one.as_json()) for one in results(vendor_of(name), (HERE / "samples" / name).read_bytes())]
    assert found == json.loads((HERE / "golden" / name).read_text(encoding="utf-8"))


def test_every_vendor_has_a_sample():
    assert {vendor_of(name) for name in SAMPLES} == set(READERS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_becomes_evidence_for_fusion(name):
    for one in results(vendor_of(name), (HERE / "samples" / name).read_bytes()):
        seen = list(one.evidence(unknown=0.5))
        n_named = sum(max(len(tag.occurrences), 1) for tag in one.tags if tag.is_named)
        assert len(seen) == n_named + len(one.passages)
        assert all(each.source == f"vendor:{vendor_of(name)}" for each in seen)
