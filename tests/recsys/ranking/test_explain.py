from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.models.base import Parts
from recsys.models.recency import Recency
from recsys.ranking.catalogue import Tagging, VideoChange
from recsys.ranking.explain import Reason, reasons
from recsys.ranking.recommender import Query, recommend
from recsys.ranking.viewer import known_viewer


@pytest.fixture
def asked(contents, catalogue, viewer_of, now):
    """(viewer, catalogue, contents) of requests of every kind: long and short histories, stated tags, new videos."""
    tags = contents.vectorizer.ids.take(np.arange(6))
    put = [VideoChange(f"new-{at}", (Tagging(tags[at], "editor", 0.9), Tagging("robots", "viewer"))) for at in range(3)]
    put.append(VideoChange(contents.ids[7], (Tagging(tags[4], "editor", 1.0),)))
    after = catalogue.with_changes(put, now)
    model, recency = contents.model, Recency(tau_steps=8, half_life_days=20)
    item_item, factors = replace(model.item_item, recency=recency), replace(model.factors, recency=recency)
    fading = replace(contents, model=replace(model, item_item=item_item, factors=factors))
    stated = ({}, {tags[0]: 1.0}, {tags[1]: 2.0, "robots": 1.0, tags[2]: -1.0})
    return [
        (viewer_of(number, stated[number % 3]), after, (contents, fading)[number % 2]) for number in range(0, 100, 2)
    ]


def test_reasons_of_1000_sampled_answers_sum_to_the_score_within_1e_5(asked, now):
    checked = 0
    for viewer, catalogue, contents in asked:
        known = known_viewer(viewer, catalogue, now)
        answer = recommend(contents, catalogue, viewer, Query(now=now, n=20, include_seen=True))
        positions = catalogue.positions([one.video_id for one in answer.videos])
        parts = contents.model.explain(known.profile, catalogue.videos(positions))
        for row, one in enumerate(answer.videos):
            size = max(abs(one.score), 1.0)
            assert abs(sum(reason.value for reason in one.reasons) - one.score) <= 1e-5 * size
            # what is called `other` takes up what is left: so the parts themselves have to add up too
            assert abs(float(parts.total()[row]) - one.score) <= 1e-5 * size
            checked += 1
    assert checked >= 1000


def test_every_named_reason_is_a_part_and_the_largest_are_named(asked, now):
    for viewer, catalogue, contents in asked[:12]:
        known = known_viewer(viewer, catalogue, now)
        answer = recommend(contents, catalogue, viewer, Query(now=now, n=5))
        positions = catalogue.positions([one.video_id for one in answer.videos])
        parts = contents.model.explain(known.profile, catalogue.videos(positions))
        for row, one in enumerate(answer.videos):
            by_tag = dict(
                zip(
                    catalogue.vectorizer.ids.take(np.arange(parts.tags.shape[1])),
                    parts.tags.toarray()[row],
                    strict=True,
                )
            )
            by_video = {catalogue.id_of(int(at)): part for at, part in zip(known.past, parts.history[row], strict=True)}
            every = {("tag", tag): value for tag, value in by_tag.items()}
            every |= {("video", video): value for video, value in by_video.items()}
            named = {(reason.kind, reason.id): reason.value for reason in one.reasons}
            popularity = named.pop(("popularity", ""), 0.0)
            named.pop(("other", ""), None)
            assert popularity == pytest.approx(parts.base[row])
            assert named == pytest.approx({key: every[key] for key in named})
            unnamed = [abs(value) for key, value in every.items() if key not in named]
            assert len(named) <= 6
            if len(named) == 6:
                assert max(unnamed, default=0) <= min(abs(value) for value in named.values()) + 1e-9


def parts_of(tags, history, base):
    return Parts(
        np.array([history], np.float32), sparse.csr_array(np.array([tags], np.float32)), np.array([base], np.float32)
    )


def test_the_smaller_parts_stand_together_as_other(contents, catalogue):
    tags = np.zeros(len(contents.vectorizer.ids))
    tags[[0, 3]] = 0.5, -2.0
    parts = parts_of(tags, [0.25, 1.0], 0.125)
    (found,) = reasons(parts, np.array([-0.125], np.float32), np.array([4, 9]), catalogue, most=2)
    ids = contents.vectorizer.ids
    assert found == (
        Reason("tag", ids[3], -2.0), Reason("video", contents.ids[9], 1.0), Reason("popularity", "", 0.125),
        Reason("other", "", 0.75),
    )  # fmt: skip


def test_what_adds_nothing_is_not_named(contents, catalogue):
    parts = parts_of(np.zeros(len(contents.vectorizer.ids)), [0.0, 0.5], 0.0)
    (found,) = reasons(parts, np.array([0.5], np.float32), np.array([4, 9]), catalogue)
    assert found == (Reason("video", contents.ids[9], 0.5),)


def test_of_nothing_there_are_no_reasons(contents, catalogue):
    parts = parts_of(np.zeros(len(contents.vectorizer.ids)), [], 0.0)
    assert reasons(parts, np.zeros(1, np.float32), np.empty(0, np.int32), catalogue) == [()]
