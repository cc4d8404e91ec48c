from dataclasses import FrozenInstanceError, replace

import pytest

from recsys.errors import DataError
from recsys.tags.evidence import Evidence

CAT = Evidence(
    dimension="object", label="cat", language="en", confidence=0.9, start_ms=0, end_ms=2_000,
    box=(0.1, 0.2, 0.5, 1.0), source="objects", version="nanodet-g-416",
)  # fmt: skip


def test_evidence_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        CAT.label = "dog"


def test_a_moment_without_language_or_box_is_evidence():
    assert replace(CAT, language=None, box=None, end_ms=0).box is None


@pytest.mark.parametrize(
    "field, value, says",
    [
        ("label", " ", "empty label"),
        ("dimension", "", "empty dimension"),
        ("source", "", "empty source"),
        ("version", "", "empty version"),
        ("language", "", "empty language"),
        ("confidence", 1.01, r"must be in \[0, 1\]"),
        ("confidence", -0.01, r"must be in \[0, 1\]"),
        ("confidence", float("nan"), r"must be in \[0, 1\]"),
        ("start_ms", -1, "lasts from -1"),
        ("end_ms", -1, "start_ms ≤ end_ms"),
        ("box", (0.5, 0, 0.4, 1), "left, top, right, bottom"),
        ("box", (0, 0, 1, 1.1), "left, top, right, bottom"),
        ("box", (0, float("nan"), 1, 1), "left, top, right, bottom"),
    ],
)
def test_a_field_out_of_its_range_is_named(field, value, says):
    with pytest.raises(DataError, match=says):
        replace(CAT, **{field: value})
