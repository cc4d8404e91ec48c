from dataclasses import replace

import numpy as np
import pytest

from recsys.errors import DataError
from recsys.models.blend import CORES
from recsys.ranking import recommender
from recsys.ranking.catalogue import Tagging, VideoChange
from recsys.ranking.recommender import MAX_N, Query, answer, recommend, shortlist
from recsys.ranking.viewer import PastEvents, Viewer, known_viewer
from recsys.schema import DAY_MS


def names(answer):
    return [one.video_id for one in answer.videos]


def test_the_list_is_what_the_model_scores_highest_of_what_was_not_seen(contents, catalogue, viewer_of, now):
    viewer = viewer_of(5)
    answer = recommend(contents, catalogue, viewer, Query(now=now, n=15))
    known = known_viewer(viewer, catalogue, now)
    scores = contents.model.score(known.profile, contents.videos)[0]
    allowed = [at for at in np.argsort(-scores, kind="stable") if at not in known.seen and np.isfinite(scores[at])]
    assert names(answer) == contents.ids.take(np.array(allowed[:15]))
    np.testing.assert_allclose([one.score for one in answer.videos], scores[allowed[:15]], rtol=1e-5)
    assert answer.fallback is None
    assert answer.n_candidates == len(catalogue) - len(known.seen)


def test_seen_videos_are_left_out_unless_asked_for(contents, catalogue, viewer_of, now):
    viewer = viewer_of(2)
    seen = set(viewer.events.video_ids)
    without = recommend(contents, catalogue, viewer, Query(now=now, n=MAX_N, explain=False))
    every = recommend(contents, catalogue, viewer, Query(now=now, n=MAX_N, include_seen=True, explain=False))
    assert not seen & set(names(without))
    assert seen <= set(names(every))
    assert len(every.videos) == len(without.videos) + len(seen)


def test_a_video_seen_and_thought_nothing_of_is_left_out_too(contents, catalogue, now):
    first = names(recommend(contents, catalogue, Viewer(), Query(now=now, n=1)))[0]
    glanced = Viewer(PastEvents([first], np.zeros(1, np.float32), np.array([now - 1])))
    assert first not in names(recommend(contents, catalogue, glanced, Query(now=now)))


def test_excluded_videos_make_room_for_the_next(contents, catalogue, viewer_of, now):
    full = names(recommend(contents, catalogue, viewer_of(5), Query(now=now, n=20)))
    exclude = frozenset([*full[:5], "nobody knows this one"])
    assert names(recommend(contents, catalogue, viewer_of(5), Query(now=now, n=15, exclude=exclude))) == full[5:]


def test_more_than_there_is_gives_all_there_is(contents, catalogue, viewer_of, now):
    answer = recommend(contents, catalogue, viewer_of(5), Query(now=now, n=MAX_N, explain=False))
    assert len(answer.videos) == answer.n_candidates
    assert len(set(names(answer))) == len(answer.videos)
    scores = [one.score for one in answer.videos]
    assert scores == sorted(scores, reverse=True)


def test_with_everything_filtered_the_list_is_empty(contents, catalogue, viewer_of, now):
    answer = recommend(
        contents,
        catalogue,
        viewer_of(5),
        Query(now=now, exclude=frozenset(contents.ids.take(np.arange(len(contents.ids))))),
    )
    assert answer.videos == ()


def test_one_asked_for_is_the_first_of_many(contents, catalogue, viewer_of, now):
    many = recommend(contents, catalogue, viewer_of(8), Query(now=now, n=50))
    assert recommend(contents, catalogue, viewer_of(8), Query(now=now, n=1)).videos == many.videos[:1]


class Fixed:
    """A model that scores as it is told."""

    def __init__(self, scores):
        self.scores = np.array(scores, np.float32)

    def score_of(self, profile, videos):
        return self.scores[videos.rows], np.zeros(len(videos), np.int32)


def fixed(contents, scores):
    return replace(contents, model=Fixed(scores))


def test_a_video_that_no_core_can_score_is_never_recommended(contents, catalogue, now):
    scores = np.arange(len(contents.ids), dtype=np.float32)
    scores[::2] = np.nan
    answer = recommend(fixed(contents, scores), catalogue, Viewer(), Query(now=now, n=MAX_N, explain=False))
    assert names(answer) == contents.ids.take(np.flatnonzero(np.isfinite(scores))[::-1])


def test_with_nothing_that_can_be_scored_the_list_is_empty(contents, catalogue, now):
    nothing = fixed(contents, np.full(len(contents.ids), np.nan))
    assert recommend(nothing, catalogue, Viewer(), Query(now=now, explain=False)).videos == ()


@pytest.mark.parametrize("n", [1, 7, 50, 259])
def test_equal_scores_stand_in_the_order_of_the_catalogue_also_at_the_cut(contents, catalogue, now, n):
    scores = np.array([3, 1, 2, 1] * 65)
    answer = recommend(fixed(contents, scores), catalogue, Viewer(), Query(now=now, n=n, explain=False))
    assert names(answer) == contents.ids.take(np.argsort(-scores, kind="stable")[:n])


def test_a_viewer_of_whom_nothing_is_known_gets_what_is_popular_and_the_answer_says_so(contents, catalogue, now):
    answer = recommend(contents, catalogue, Viewer(), Query(now=now, n=20))
    popular = contents.model.popularity.of(contents.videos)
    assert answer.fallback == "popularity"
    assert {one.source for one in answer.videos} == {"popularity"}
    assert answer.videos[0].video_id == contents.ids[int(popular.argmax())]
    assert recommend(contents, catalogue, Viewer(tags={"nobody uses": 1.0}), Query(now=now)).fallback == "popularity"


def test_a_stated_tag_is_enough_to_go_by(contents, catalogue, now):
    tag = contents.vectorizer.ids[int(np.bincount(contents.videos.tags.indices).argmax())]
    assert recommend(contents, catalogue, Viewer(tags={tag: 1.0}), Query(now=now)).fallback is None


def top_tags(contents, answer, tag):
    column = contents.vectorizer.ids.row(tag)
    rows = contents.ids.rows(names(answer))
    return float(contents.videos.tags[rows][:, [column]].sum())


def test_a_stated_tag_moves_the_list_towards_it_and_a_muted_one_away(contents, catalogue, viewer_of, now):
    tag = contents.vectorizer.ids[int(np.bincount(contents.videos.tags.indices).argmax())]
    liked, silent, muted = (
        np.mean([
            top_tags(contents, recommend(contents, catalogue, viewer_of(one, tags), Query(now=now)), tag)
            for one in (3, 30, 60)
        ])
        for tags in ({tag: 5.0}, {}, {tag: -5.0})
    )  # fmt: skip
    assert muted < silent < liked


def test_a_video_put_with_fitting_tags_is_recommended_to_whom_it_fits(contents, catalogue, now):
    counts = np.bincount(contents.videos.tags.indices, minlength=len(contents.vectorizer.ids))
    liked, other = (contents.vectorizer.ids[int(at)] for at in np.argsort(-counts)[[0, 1]])
    fan = Viewer(tags={liked: 3.0})
    put = [VideoChange(f"new-{tag}", (Tagging(tag, "editor", 1.0),), published_at=now - 1) for tag in (liked, other)]
    after = catalogue.with_changes(put, now)
    ranked = recommend(contents, after, fan, Query(now=now, n=MAX_N, explain=False)).videos
    place = {one.video_id: at for at, one in enumerate(ranked)}
    assert place[f"new-{liked}"] < 20
    assert place[f"new-{liked}"] < place[f"new-{other}"]
    assert ranked[place[f"new-{liked}"]].state == "cold"


def test_a_video_put_with_the_tags_of_a_viewers_history_is_recommended_to_them(contents, catalogue, viewer_of, now):
    known = known_viewer(viewer_of(5), catalogue, now)
    taste = contents.model.content.profile(known.profile).toarray()[0]
    best, worst = (contents.vectorizer.ids.take(np.argsort(taste)[part]) for part in (slice(-3, None), slice(3)))
    put = [
        VideoChange(name, tuple(Tagging(tag, "editor", 1.0) for tag in tags))
        for name, tags in (("fits", best), ("does not", worst))
    ]
    answer = recommend(contents, catalogue.with_changes(put, now), viewer_of(5), Query(now=now, n=MAX_N))
    place = {one.video_id: at for at, one in enumerate(answer.videos)}
    assert place["fits"] < len(place) / 4
    assert place["fits"] < place["does not"]


def test_a_deleted_video_and_one_outside_its_window_are_not_recommended(contents, catalogue, viewer_of, now):
    first, second, third = names(recommend(contents, catalogue, viewer_of(5), Query(now=now, n=3)))
    after = catalogue.with_changes([VideoChange(first, deleted=True), VideoChange(second, available_from=now + 1)], now)
    answer = names(recommend(contents, after, viewer_of(5), Query(now=now, n=MAX_N, explain=False)))
    assert not {first, second} & set(answer)
    assert third in answer
    assert second in names(recommend(contents, after, viewer_of(5), Query(now=now + 1, n=MAX_N, explain=False)))


def test_an_unexplained_answer_is_the_same_without_reasons(contents, catalogue, viewer_of, now):
    told, untold = (recommend(contents, catalogue, viewer_of(5), Query(now=now, explain=one)) for one in (True, False))
    assert names(told) == names(untold)
    assert all(one.reasons for one in told.videos)
    assert not any(one.reasons for one in untold.videos)


def test_sources_are_cores_and_the_same_request_gets_the_same_answer(contents, catalogue, viewer_of, now):
    one, other = (recommend(contents, catalogue, viewer_of(9), Query(now=now)) for _ in range(2))
    assert one == other
    assert {video.source for video in one.videos} <= set(CORES)


def test_an_old_history_says_less_than_a_fresh_one(contents, catalogue, viewer_of, now):
    viewer = viewer_of(5)
    later = recommend(contents, catalogue, viewer, Query(now=now + 4000 * DAY_MS))
    assert len(later.videos) == 20


@pytest.mark.parametrize("n", [0, MAX_N + 1])
def test_a_length_out_of_range_is_named(now, n):
    with pytest.raises(DataError, match=f"n is {n}; it must be within 1 and {MAX_N}"):
        Query(now=now, n=n)


def test_a_shortlist_answers_like_a_ranking_of_everything(contents, catalogue, viewer_of, now, monkeypatch):
    whole = recommend(contents, catalogue, viewer_of(3), Query(now=now, n=100))
    monkeypatch.setattr(recommender, "KEPT", 30)
    listed = shortlist(contents, catalogue, known_viewer(viewer_of(3), catalogue, now), Query(now=now))
    best = [one.video_id for one in whole.videos]
    assert len(listed.positions) == 30
    for query in (
        Query(now=now, n=20),
        Query(now=now, n=20, exclude=frozenset(best[:5])),
        Query(now=now, n=20, exclude=frozenset(best[:25])),
        Query(now=now, n=100),
    ):
        wanted = [one for one in whole.videos if one.video_id not in query.exclude]
        found = answer(contents, catalogue, listed, query).videos
        assert [one.video_id for one in found[: len(wanted)]] == [one.video_id for one in wanted[: query.n]]
        assert len(found) == query.n
