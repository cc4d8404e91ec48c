from dataclasses import replace

import numpy as np
import pytest

from recsys.models.blend import CORES, DEFAULT, Blend
from recsys.ranking import retrieve
from recsys.ranking.recommender import Query, recommend
from recsys.ranking.retrieve import candidates
from recsys.ranking.viewer import Viewer, known_viewer


@pytest.fixture
def large(monkeypatch):
    """The catalogue counts as large: each core names no more than a few candidates."""

    def make(per_core, exact=10):
        monkeypatch.setattr(retrieve, "EXACT", exact)
        monkeypatch.setattr(retrieve, "PER_CORE", per_core)

    return make


def test_in_a_small_catalogue_everything_allowed_is_a_candidate(contents, catalogue, viewer_of, now):
    allowed = np.arange(len(catalogue)) % 3 == 0
    known = known_viewer(viewer_of(1), catalogue, now)
    found = candidates(contents.model, catalogue, known, allowed)
    np.testing.assert_array_equal(found, np.flatnonzero(allowed))


def test_in_a_large_one_each_core_names_its_best_of_what_is_allowed(contents, catalogue, viewer_of, now, large):
    large(5)
    allowed = np.arange(len(catalogue)) % 2 == 0
    known = known_viewer(viewer_of(1), catalogue, now)
    model = replace(contents.model, blend=Blend(np.ones_like(DEFAULT.corners)))
    found = candidates(model, catalogue, known, allowed)
    assert allowed[found].all()
    assert (np.diff(found) > 0).all()
    positions = np.flatnonzero(allowed)
    for core in contents.model.cores:
        scores = np.nan_to_num(core.score(known.profile, contents.videos.take(positions))[0], nan=-np.inf)
        assert set(positions[np.argsort(-scores)[:4]]) <= set(found)
    assert len(found) <= len(CORES) * 5


def test_of_a_large_catalogue_hardly_any_of_the_exact_best_is_missed(contents, catalogue, viewer_of, now, large):
    viewers = [viewer_of(one) for one in range(0, 120, 3)]
    query = Query(now=now, n=20, explain=False)
    exact = [{one.video_id for one in recommend(contents, catalogue, each, query).videos} for each in viewers]
    large(40)
    found = [recommend(contents, catalogue, each, query) for each in viewers]
    recall = [
        len(best & {one.video_id for one in answer.videos}) / len(best)
        for best, answer in zip(exact, found, strict=True)
    ]
    assert np.mean(recall) >= 0.97
    assert np.mean([answer.n_candidates for answer in found]) < 0.6 * len(catalogue)


def test_a_viewer_of_whom_nothing_is_known_gets_candidates_too(contents, catalogue, now, large):
    large(30)
    exact = contents.model.popularity.of(contents.videos)
    answer = recommend(contents, catalogue, Viewer(), Query(now=now, n=10))
    assert answer.videos[0].video_id == contents.ids[int(exact.argmax())]


def test_where_a_core_cannot_tell_the_others_still_name_theirs(contents, catalogue, now, large):
    large(per_core=2, exact=2)
    unwatched = np.flatnonzero(contents.model.item_item.place < 0)
    allowed = np.zeros(len(catalogue), bool)
    allowed[unwatched] = True
    assert allowed.sum() > 2
    known = known_viewer(Viewer(), catalogue, now)
    found = candidates(contents.model, catalogue, known, allowed)
    assert len(found) == 2
    assert allowed[found].all()
