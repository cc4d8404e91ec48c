import numpy as np
import pytest

from recsys.errors import DataError
from recsys.ranking.catalogue import Tagging, VideoChange
from recsys.ranking.recommender import MAX_N, Query
from recsys.ranking.similar import answer_like, just_had, shortlist_like


def similar(contents, catalogue, video_id, query):
    return answer_like(contents, catalogue, shortlist_like(contents, catalogue, video_id, query), query)


def names(answer):
    return [one.video_id for one in answer.videos]


def test_videos_like_one_share_its_tags_and_it_is_not_among_them(contents, catalogue, now):
    tags = contents.videos.tags.toarray()
    tagged = np.flatnonzero(tags.any(1))
    closer = []
    for row in tagged[:20]:
        found = names(similar(contents, catalogue, contents.ids[int(row)], Query(now=now, n=10)))
        assert contents.ids[int(row)] not in found
        closer.append((tags[contents.ids.rows(found)] @ tags[row]).mean() - (tags[tagged] @ tags[row]).mean())
    assert np.mean(closer) > 0.1


def test_popularity_is_set_aside(contents, catalogue, now):
    answer = similar(contents, catalogue, contents.ids[3], Query(now=now))
    assert answer.videos
    assert answer.fallback is None
    assert all(reason.kind != "popularity" for one in answer.videos for reason in one.reasons)
    assert all(one.source != "popularity" for one in answer.videos)


def test_a_new_video_finds_the_old_ones_of_its_tags(contents, catalogue, now):
    tag = int(np.bincount(contents.videos.tags.indices).argmax())
    name = contents.vectorizer.ids[tag]
    after = catalogue.with_changes([VideoChange("new", (Tagging(name, "editor", 1.0),))], now)
    found = names(similar(contents, after, "new", Query(now=now, n=10)))
    with_tag = contents.videos.tags[:, [tag]].toarray()[contents.ids.rows(found), 0] > 0
    assert with_tag.mean() > 0.8


def test_excluded_deleted_and_unavailable_videos_are_left_out(contents, catalogue, now):
    first, second, third = names(similar(contents, catalogue, contents.ids[3], Query(now=now, n=3)))
    after = catalogue.with_changes([VideoChange(second, deleted=True), VideoChange(third, available_until=now)], now)
    found = names(similar(contents, after, contents.ids[3], Query(now=now, n=MAX_N, exclude=frozenset([first]))))
    assert not {first, second, third} & set(found)


def test_the_reasons_are_the_one_video_and_its_tags_and_sum_to_the_score(contents, catalogue, now):
    own = contents.vectorizer.ids.take(contents.videos.tags[[3]].indices)
    for one in similar(contents, catalogue, contents.ids[3], Query(now=now, n=20)).videos:
        assert sum(reason.value for reason in one.reasons) == pytest.approx(one.score, abs=1e-5)
        assert {reason.id for reason in one.reasons if reason.kind == "video"} <= {contents.ids[3]}
        assert {reason.id for reason in one.reasons if reason.kind == "tag"} <= set(own)


def test_an_unknown_video_is_named(contents, catalogue, now):
    with pytest.raises(DataError, match="video 'nobody' is unknown; put it first"):
        similar(contents, catalogue, "nobody", Query(now=now))


def test_who_just_had_one_video_has_had_just_that(catalogue):
    profile = just_had(catalogue, 5)
    assert profile.n_liked.tolist() == [1]
    assert profile.videos.rows.tolist() == [5]
    assert profile.ages_days.tolist() == [0]
