"""Tastes say what the tag core holds of a viewer, and which videos made it; picks say what they have not stated."""

import numpy as np
import pytest

from recsys.ranking.recommender import Query, shortlist
from recsys.ranking.tastes import tag_picks, tastes
from recsys.ranking.viewer import Viewer, known_viewer


@pytest.fixture
def content(contents):
    return contents.model.content


def test_a_taste_is_the_sum_of_what_was_stated_and_of_its_videos(content, contents, catalogue, viewer_of, now):
    tag = contents.vectorizer.ids[int(np.bincount(contents.videos.tags.indices).argmax())]
    known = known_viewer(viewer_of(3, {tag: 2.0}), catalogue, now)
    found = tastes(content, catalogue, known, n=1000)
    profile = content.profile(known.profile).toarray()[0]
    for one in found:
        assert one.weight == pytest.approx(profile[contents.vectorizer.ids.row(one.tag_id)], abs=1e-6)
        if len(one.videos) < 3:
            assert one.weight == pytest.approx(one.stated + sum(value for _, value in one.videos), abs=1e-5)
    assert [abs(one.weight) for one in found] == sorted((abs(one.weight) for one in found), reverse=True)
    assert next(one for one in found if one.tag_id == tag).stated > 0
    assert len(found) == np.count_nonzero(profile)


def test_the_evidence_is_what_the_viewer_had(content, catalogue, viewer_of, now):
    viewer = viewer_of(3)
    held = tastes(content, catalogue, known_viewer(viewer, catalogue, now))
    named = {video for one in held for video, _ in one.videos}
    assert named
    assert named <= set(viewer.events.video_ids)


def test_of_nobody_nothing_is_held(content, contents, catalogue, now):
    known = known_viewer(Viewer(), catalogue, now)
    assert tastes(content, catalogue, known) == []
    picks = tag_picks(content, catalogue, shortlist(contents, catalogue, known, Query(now=now)), 5)
    assert all(one.is_new for one in picks)


def test_picks_are_tags_of_the_viewers_own_list_without_those_left_out(content, contents, catalogue, viewer_of, now):
    known = known_viewer(viewer_of(3), catalogue, now)
    listed = shortlist(contents, catalogue, known, Query(now=now))
    picks = tag_picks(content, catalogue, listed, 5)
    assert len(picks) == 5
    assert [one.lift for one in picks] == sorted((one.lift for one in picks), reverse=True)
    rest = tag_picks(content, catalogue, listed, 5, frozenset([picks[0].tag_id]))
    assert [one.tag_id for one in rest[:4]] == [one.tag_id for one in picks[1:]]
    for one in picks:
        rows = contents.ids.rows(list(one.videos))
        assert (contents.videos.tags[rows][:, [contents.vectorizer.ids.row(one.tag_id)]].toarray() > 0).all()
