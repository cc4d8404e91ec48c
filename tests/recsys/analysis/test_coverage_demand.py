import math

import numpy as np
import pytest
from scipy import sparse

from recsys.analysis.coverage import EVERY, coverage
from recsys.analysis.demand import demand, demand_shares
from recsys.evaluation.toy import toy

DATA = toy("ann: a b; bob: a -c; cat: a", "d: x")
ROWS = [("a", "cats", "editor", 1.0), ("a", "pets", "viewer", 0.5), ("c", "cats", "viewer", None)]


@pytest.fixture
def over(tagged_of):
    """Makes rows over a catalogue."""
    return lambda videos, rows: _over(tagged_of, videos, rows)


def _over(tagged_of, videos, rows):
    made = tagged_of([*rows, *((video, "nothing", "nobody", 1.0) for video in videos)])
    return made.where(np.array([made.sources[one] != "nobody" for one in made.source]))


def test_coverage_by_hand(over):
    tagged = over("abcd", ROWS)
    every, viewer, editor = coverage(tagged, DATA.events)
    assert (every.source, every.n_taggings, every.n_tags) == (EVERY, 3, 2)
    assert (every.videos, every.events, every.cold_videos, every.tags_a_video) == (0.5, 0.8, 0.0, 1.5)
    assert (viewer.source, viewer.videos, viewer.events) == ("viewer", 0.5, 0.8)
    assert (editor.source, editor.videos, editor.events) == ("editor", 0.25, 0.6)


def test_nothing_tagged_is_covered_by_nothing(over):
    [every] = coverage(over("abcd", []), DATA.events)
    assert (every.videos, every.events) == (0, 0)
    assert math.isnan(every.tags_a_video)


def test_demand_by_hand(over):
    tagged = over("abcd", ROWS)
    found = {one.tag: one for one in demand(tagged, DATA.events, least_videos=1)}
    assert (found["cats"].supply, found["cats"].demand, found["cats"].ratio) == (0.5, 0.75, 1.5)  # 3 likes of a, 1 of b
    assert (found["pets"].supply, found["pets"].demand) == (0.25, 0.75)
    assert found["pets"].low <= found["pets"].demand <= found["pets"].high
    assert demand(tagged, DATA.events, least_videos=3) == []


def test_the_interval_is_about_that_of_a_bootstrap_over_viewers(middle):
    matrix, events = middle.tagged.matrix, middle.data.events
    share, half = demand_shares(matrix, events)
    liked = events.where(events.weight > 0)
    shape = (len(events.viewers), matrix.shape[1])
    row = np.repeat(np.arange(len(liked)), np.diff(matrix.indptr)[liked.video])
    counts = sparse.coo_array(
        (np.ones(len(row)), (liked.viewer[row], matrix[liked.video].indices)), shape=shape
    ).toarray()
    own = np.bincount(liked.viewer, minlength=shape[0])
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(400):
        some = rng.integers(0, shape[0], shape[0])
        drawn.append(counts[some].sum(0) / own[some].sum())
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    used = middle.tagged.spread > 20
    assert share == pytest.approx(counts.sum(0) / own.sum())
    assert 2 * half[used] == pytest.approx((high - low)[used], rel=0.25)


def test_without_positive_events_nothing_is_wanted(tagged_of):
    data = toy("ann: -a", "a: x")
    tagged = tagged_of([("a", "cats", "editor", 1.0)])
    share, half = demand_shares(tagged.matrix, data.events)
    assert np.isnan(share).all()
    assert np.isnan(half).all()


def test_what_viewers_want_more_of_than_there_is_comes_first(middle):
    found = demand(middle.tagged, middle.data.events)
    assert found[0].verdict == "short"
    assert found[0].low > found[0].supply
    assert found[-1].verdict == "ample"
