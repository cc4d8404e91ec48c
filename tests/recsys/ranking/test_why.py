"""Why a video is shown, or what keeps it away: the truth of the list itself."""

import math
from dataclasses import replace

import pytest

from recsys.errors import DataError
from recsys.ranking.catalogue import Tagging, VideoChange
from recsys.ranking.filter_language import parse
from recsys.ranking.recommender import Query, recommend
from recsys.ranking.viewer import Viewer
from recsys.ranking.why import why


@pytest.fixture
def viewer(viewer_of):
    return viewer_of(3)


@pytest.fixture
def query(now):
    return Query(now=now)


def test_a_listed_video_is_told_its_place_score_and_reasons(contents, catalogue, viewer, query):
    answer = recommend(contents, catalogue, viewer, query)
    for place, video in enumerate(answer.videos[:5], start=1):
        found = why(contents, catalogue, viewer, query, video.video_id)
        assert (found.place, found.removed_by) == (place, None)
        assert found.video.score == pytest.approx(video.score, abs=1e-6)
        assert math.isclose(sum(one.value for one in found.video.reasons), found.video.score, abs_tol=1e-5)


def test_each_thing_that_removes_a_video_is_named(contents, catalogue, viewer, query, now):
    best = recommend(contents, catalogue, viewer, query).videos[0].video_id

    def removed(changed=catalogue, **asked):
        found = why(contents, changed, viewer, replace(query, **asked), best)
        assert found.place is None
        return found.removed_by, found.detail

    def changed(**fields):
        return catalogue.with_changes([VideoChange(best, (Tagging("cat", "editor", 1.0),), **fields)], now)

    assert removed(exclude=frozenset([best])) == ("excluded", None)
    assert removed(filter=parse("duration_s >= 0 and duration_s < 0")) == ("filter", "duration_s < 0")
    assert removed(changed(), muted=("dog", "cat")) == ("muted", "cat")
    assert removed(changed(deleted=True)) == ("deleted", None)
    assert removed(changed(available_from=now + 1)) == ("not-yet-available", None)
    assert removed(changed(available_until=now)) == ("no-longer-available", None)


def test_a_seen_video_is_not_shown_unless_asked_for(contents, catalogue, viewer, query):
    seen = viewer.events.video_ids[0]
    found = why(contents, catalogue, viewer, query, seen)
    assert found.removed_by == "seen"
    assert found.video.reasons
    assert why(contents, catalogue, viewer, replace(query, include_seen=True), seen).removed_by != "seen"


def test_what_ranks_too_low_is_told_so(contents, catalogue, viewer, query, monkeypatch):
    last = recommend(contents, catalogue, viewer, replace(query, n=200)).videos[-1].video_id
    monkeypatch.setattr("recsys.ranking.recommender.KEPT", 20)
    found = why(contents, catalogue, viewer, query, last)
    assert found.removed_by == "below"
    assert found.detail.startswith("20 videos rank higher")


def test_an_unknown_video_is_named(contents, catalogue, query):
    with pytest.raises(DataError, match="'nope' is unknown"):
        why(contents, catalogue, Viewer(), query, "nope")
