from dataclasses import replace

import numpy as np
import pytest

from recsys.models.blend import CORES, DEFAULT
from recsys.ranking import retrieve
from recsys.ranking.catalogue import Tagging, VideoChange
from recsys.ranking.recommender import Query, recommend
from recsys.ranking.retrieve import candidates
from recsys.ranking.scan import highest
from recsys.ranking.viewer import Viewer, known_viewer


@pytest.fixture
def large(monkeypatch):
    """The catalogue counts as large: sketches choose no more than `depth` candidates."""

    def make(depth, exact=10):
        monkeypatch.setattr(retrieve, "EXACT", exact)
        monkeypatch.setattr(retrieve, "DEPTH", depth)

    return make


def found_for(contents, catalogue, viewer, allowed, now):
    return candidates(contents, catalogue, known_viewer(viewer, catalogue, now), allowed)


@pytest.mark.parametrize("k", [1, 7, 50, 500])
def test_the_scan_finds_what_a_full_sort_finds(k):
    random = np.random.default_rng(k)
    codes = random.integers(-127, 128, (300, 9)).astype(np.int8)
    query, popularity, more = (random.normal(size=n).astype(np.float32) for n in (9, 300, 300))
    weights = np.array([[0.5, 2.0], [1.0, 0.3]], np.float32)
    known, allowed = random.random((2, 300)) < 0.6
    regime = known.astype(int)
    scores = (codes @ query) * weights[0, regime] + popularity * weights[1, regime] + more
    best = np.flatnonzero(allowed)[np.argsort(-scores[allowed])[:k]]
    found = highest(codes, query, weights, popularity, more, known, allowed, k)
    assert sorted(found) == sorted(best)


def test_in_a_small_catalogue_everything_allowed_is_a_candidate(contents, catalogue, viewer_of, now):
    allowed = np.arange(len(catalogue)) % 3 == 0
    found = found_for(contents, catalogue, viewer_of(1), allowed, now)
    np.testing.assert_array_equal(found, np.flatnonzero(allowed))


def test_in_a_large_one_a_bounded_number_of_what_is_allowed_is(contents, catalogue, viewer_of, now, large):
    large(40)
    allowed = np.arange(len(catalogue)) % 2 == 0
    found = found_for(contents, catalogue, viewer_of(1), allowed, now)
    assert len(found) == 40
    assert allowed[found].all()
    assert (np.diff(found) > 0).all()


def test_of_a_large_catalogue_hardly_any_of_the_exact_best_is_missed(contents, catalogue, viewer_of, now, large):
    viewers = [viewer_of(one) for one in range(0, 120, 3)]
    query = Query(now=now, n=20, explain=False)
    exact = [{one.video_id for one in recommend(contents, catalogue, each, query).videos} for each in viewers]
    large(60)
    found = [recommend(contents, catalogue, each, query) for each in viewers]
    recall = [
        len(best & {one.video_id for one in answer.videos}) / len(best)
        for best, answer in zip(exact, found, strict=True)
    ]
    assert np.mean(recall) >= 0.97
    assert max(answer.n_candidates for answer in found) <= 60


def test_videos_that_came_after_training_are_always_candidates(contents, catalogue, viewer_of, now, large):
    large(5)
    tag = catalogue.vectorizer.ids[0]
    changes = [VideoChange(f"new{at}", (Tagging(tag, "editor", 1.0),)) for at in range(3)]
    later = catalogue.with_changes(changes, now)
    found = found_for(contents, later, viewer_of(1), later.available(now), now)
    assert {f"new{at}" for at in range(3)} <= {later.id_of(int(one)) for one in found}


def test_of_very_many_that_came_after_training_each_core_names_its_best(contents, catalogue, viewer_of, now, large):
    large(5, exact=10)
    tags = catalogue.vectorizer.ids
    changes = [VideoChange(f"new{at}", (Tagging(tags[at % 20], "editor", 1.0),)) for at in range(40)]
    later = catalogue.with_changes(changes, now)
    found = found_for(contents, later, viewer_of(1), later.available(now), now)
    fresh = [one for one in found if one >= len(catalogue)]
    assert 5 <= len(fresh) <= 5 * len(contents.model.cores)


def test_what_only_the_tags_of_a_new_viewer_speak_for_is_a_candidate(contents, catalogue, now, large):
    large(20)
    corners = np.zeros_like(DEFAULT.corners)
    corners[CORES.index("content")] = 1
    alone = replace(contents, model=replace(contents.model, blend=replace(DEFAULT, corners=corners)))
    tag = int(np.argmax(np.bincount(contents.videos.tags.indices)))
    viewer = Viewer(tags={catalogue.vectorizer.ids[tag]: 1.0})
    found = found_for(alone, catalogue, viewer, catalogue.available(now), now)
    column = contents.videos.tags[:, [tag]].toarray()[:, 0]
    assert column[found].min() >= np.sort(column)[-20]


def test_a_viewer_of_whom_nothing_is_known_gets_candidates_too(contents, catalogue, now, large):
    large(30)
    exact = contents.model.popularity.of(contents.videos)
    answer = recommend(contents, catalogue, Viewer(), Query(now=now, n=10))
    assert answer.videos[0].video_id == contents.ids[int(exact.argmax())]


def test_a_core_that_covers_nothing_is_no_hindrance(contents, catalogue, viewer_of, now, large):
    large(5)
    bare = replace(contents.model.sequence, weights=np.zeros((0, 0), np.float32), place=np.full(len(catalogue), -1))
    model = replace(contents.model, sequence=bare)
    known = known_viewer(viewer_of(1), catalogue, now)
    assert len(candidates(replace(contents, model=model), catalogue, known, catalogue.available(now))) == 5
