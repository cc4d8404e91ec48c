import numpy as np

from recsys.evaluation.cold_splits import cold_viewers
from recsys.evaluation.splits import leave_last
from recsys.evaluation.toy import toy

TOLD = "; ".join(f"v{one}: a b c {'d' if one % 2 else 'e'}" for one in range(9))


def test_a_sampled_fold_asks_some_viewers_the_same():
    whole = leave_last(toy(TOLD))
    some = whole.sampled(4)
    assert len(some.viewers) == 4
    assert set(some.viewers) < set(whole.viewers)
    at = np.searchsorted(whole.viewers, some.viewers)
    for part, full in zip(some.slices, whole.slices, strict=True):
        np.testing.assert_array_equal(part.truth.toarray(), full.truth.toarray()[at])
        np.testing.assert_array_equal(part.exclude.toarray(), full.exclude.toarray()[at])
        np.testing.assert_array_equal(part.known.now, full.known.now[at])
    assert some.train is whole.train
    assert some.slices[0].known is some.slices[1].known


def test_the_seed_draws_the_viewers():
    fold = leave_last(toy(TOLD))
    drawn = [fold.sampled(4, seed).viewers.tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_fold_of_few_viewers_stays_as_it_is():
    fold = leave_last(toy(TOLD))
    assert fold.sampled(9) is fold


def test_what_sampled_viewers_stated_stays_theirs():
    whole = cold_viewers(toy(TOLD), share=1)
    some = whole.sampled(3)
    at = np.searchsorted(whole.viewers, some.viewers)
    told, all_told = (next(part for part in one.slices if "tags" in part.name).known.stated for one in (some, whole))
    np.testing.assert_array_equal(told.toarray(), all_told.toarray()[at])
