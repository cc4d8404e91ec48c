from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.analysis.ablation import compared, lifts, tag_lift, without
from recsys.analysis.audit import audit, by_source
from recsys.analysis.leakage import ALL, EARLY, NONE, early_tags, over_time
from recsys.analysis.page import tables, to_html, to_text
from recsys.errors import DataError
from recsys.evaluation.cold_splits import cold_videos
from recsys.models.baselines import BASELINES

FIT = BASELINES["ALS + tags"]


@pytest.fixture(scope="module")
def fold(middle):
    return cold_videos(middle.data)


@pytest.fixture(scope="module")
def found(spammed):
    names = [spammed.tagged.tags[row] for row in range(len(spammed.tagged.tags))]
    return audit(spammed.data, spammed.tagged, spammed.vectorizer, spammed.evidence, names, FIT, most=30)


def test_tags_help_to_find_new_videos_and_none_finds_none(middle, fold):
    none = sparse.csr_array(middle.data.tags.shape, dtype=np.float32)
    rng = np.random.default_rng(0)
    mixed = middle.data.tags[rng.permutation(middle.data.tags.shape[0])]  # every video has another's tags
    all_, other, nothing = compared(fold, {"all": middle.data.tags, "mixed": mixed, "none": none}, FIT)
    assert (all_.lift, all_.lift_low, all_.lift_high) == (0, 0, 0)
    assert all_.value > 1.4 * other.value
    assert other.verdict == nothing.verdict == "helps"
    assert nothing.lift == pytest.approx(all_.value - nothing.value)
    assert all_.low < all_.value < all_.high


def test_a_tag_is_taken_off_and_lengths_stay():
    tags = sparse.csr_array([[0.6, 0.8, 0.0], [0.0, 1.0, 0.0], [0.0, 0.6, 0.8]])
    kept = without(tags, 1)
    assert kept.toarray() == pytest.approx(np.array([[1, 0, 0], [0, 0, 0], [0, 0, 1]]))
    assert tags.toarray()[0].tolist() == [0.6, 0.8, 0]
    assert without(tags, 0).toarray()[2] == pytest.approx([0, 0.6, 0.8])


def test_what_single_tags_add_is_the_whole_minus_the_list_without(middle, fold):
    model, rows = FIT(fold.train), np.array([0, 5, 9], np.int32)
    made = tag_lift(model, fold, rows, ["a", "b", "c"])
    assert [one.name for one in made] == ["a", "b", "c"]
    assert all(one.lift_low <= one.lift <= one.lift_high for one in made)
    whole = {round(one.value + one.lift, 9) for one in made}
    assert len(whole) == 1
    assert tag_lift(model, fold, rows[:0], []) == []


def test_a_lift_by_hand():
    [one] = lifts(["x"], np.array([[0.2], [0.4], [np.nan]]), np.array([0.5, 0.5, np.nan]))
    assert (one.value, one.lift, one.n_viewers) == pytest.approx((0.3, 0.2, 2))
    assert one.verdict == "helps"
    assert replace(one, lift_low=-0.1).verdict == "unclear"
    assert replace(one, lift_low=-0.2, lift_high=-0.1).verdict == "harms"


def test_what_cannot_be_compared_is_refused(middle, fold):
    with pytest.raises(DataError, match="no variant"):
        compared(fold, {}, FIT)
    with pytest.raises(DataError, match="no slice 'lukewarm'"):
        compared(fold, {"all": middle.data.tags}, FIT, part="lukewarm")


def test_early_tags_are_those_known_before_the_first_event(middle):
    variants = early_tags(middle.data, middle.vectorizer, middle.evidence)
    assert list(variants) == [ALL, EARLY, NONE]
    first = {}
    for video, time in zip(middle.data.events.video, middle.data.events.time, strict=True):
        first.setdefault(int(video), int(time))
    given = middle.evidence
    for video in range(0, 1200, 97):
        mine = given.video == video
        early = mine & (given.known_at < first.get(video, np.inf))
        assert (variants[EARLY][[video]].nnz > 0) == early.any()
    assert variants[NONE].nnz == 0
    assert variants[EARLY].nnz <= variants[ALL].nnz


def test_tags_over_time_are_told_apart_by_the_moment(middle):
    data = middle.data
    moment = int(np.quantile(data.events.time, 0.6))
    made = over_time(data, middle.vectorizer, middle.evidence, FIT, moment)
    assert [one.name[:10] for one in made] == ["all tags", "tags known", "no tags"]
    assert made[0].value >= made[1].value >= made[2].value
    assert over_time(data, middle.vectorizer, middle.evidence, FIT, int(data.events.time[0])) == []
    assert over_time(data, middle.vectorizer, middle.evidence, FIT, data.as_of + 1) == []
    timeless = middle.evidence.where(np.zeros(len(middle.evidence.tag), bool))
    assert over_time(data, middle.vectorizer, timeless, FIT) == []


def test_every_source_is_left_out_once(middle):
    variants = by_source(middle.data, middle.tagged, middle.vectorizer, middle.evidence)
    assert list(variants) == [ALL, *middle.tagged.sources]
    assert all(variants[name].nnz < variants[ALL].nnz for name in middle.tagged.sources)


@pytest.mark.slow
def test_an_audit_finds_what_is_wrong_with_a_platform(found):
    assert found.suspects[0].tag == "custom:best-video-ever"
    assert [one.name for one in found.leakage] == [ALL, EARLY, NONE]
    assert {one.name for one in found.sources} == {"editor", "vendor:acme", "model:sim@1", "vendor:loud"}
    assert len(found.tags) == 40
    assert [one.lift for one in found.tags] == sorted((one.lift for one in found.tags), reverse=True)
    largest = max(found.sources, key=lambda one: one.lift)
    assert largest.name == "model:sim@1"  # it gives six tenths of the tags
    assert largest.verdict == "helps"
    assert next(one for one in found.sources if one.name == "vendor:loud").verdict != "helps"


def test_an_audit_is_the_same_again(spammed, found):
    names = [spammed.tagged.tags[row] for row in range(len(spammed.tagged.tags))]
    again = audit(spammed.data, spammed.tagged, spammed.vectorizer, spammed.evidence, names, None, most=30)
    for part in ("coverage", "demand", "suspects", "missing", "doubts"):
        assert repr(getattr(again, part)) == repr(getattr(found, part))
    assert (again.leakage, again.sources, again.tags) == ([], [], [])


def test_an_audit_reads_well(found):
    text = to_text(found)
    assert "vendor:loud" in text
    assert all(len(heads) == len(row) for _, _, heads, rows in tables(found) for row in rows)
    page = to_html(found)
    assert page.count("<svg") == 2
    assert page == to_html(found)


def test_names_cannot_break_the_page(found):
    evil = replace(found.suspects[0], tag="<script>alert(1)</script>$x$")
    page = to_html(replace(found, suspects=[evil], demand=[replace(found.demand[0], tag="<b>$_{x")]))
    assert "<script>" not in page
    assert "<b>" not in page
