from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.errors import ConfigError
from recsys.evaluation.toy import toy
from recsys.interactions import Profiles
from recsys.models.content import ContentConfig, fit_content
from recsys.models.recency import Recency

DATA = toy("ann: a b -c; bob: b", "a: cats; b: cats dogs; c: dogs; new: cats birds; bare:")  # tags: birds cats dogs
UNFADED = ContentConfig(recency=Recency(), stated=2.0)


def profiles(tags=None):
    stated = None if tags is None else sparse.csr_array(np.array(tags, np.float32))
    return Profiles.of(DATA.events.pairs(), DATA.videos, DATA.as_of, tags=stated)


def test_a_score_is_the_sum_over_the_tags_of_the_past_computed_by_hand():
    scores = fit_content(DATA, UNFADED).score(profiles(), DATA.videos)
    # ann: cats 1 + 1, dogs 1 - 1; bob: cats 1, dogs 1. Videos a, b, bare, c, new.
    np.testing.assert_array_equal(scores, [[2, 2, np.nan, 0, 2], [1, 2, np.nan, 1, 1]])


def test_stated_tags_join_the_profile_at_their_worth_in_videos():
    scores = fit_content(DATA, UNFADED).score(profiles([[1.5, 0, -1], [0, 0, 0]]), DATA.videos)
    # ann: birds 3, cats 2, dogs 0 - 2
    np.testing.assert_array_equal(scores[0], [2, 0, np.nan, -2, 5])
    np.testing.assert_array_equal(scores[1], [1, 2, np.nan, 1, 1])


def test_old_videos_fade_out_of_the_profile():
    fading = replace(UNFADED, recency=Recency(half_life_days=1))
    found = fit_content(DATA, fading).profile(profiles()).toarray()
    a, b, c = 2.0 ** -np.array([2, 1, 0])  # ann had them on days 0, 1 and 2, counted to a moment after the last
    np.testing.assert_allclose(found[0], [0, a + b, b - c], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[1], [0, 2**-2, 2**-2], rtol=1e-4)


def test_each_tag_gets_its_own_part():
    parts = fit_content(DATA, UNFADED).explain(profiles([[1, 0, 0], [0, 0, 0]]).take(np.array([0])), DATA.videos)
    np.testing.assert_array_equal(parts.tags.toarray()[4], [2, 2, 0])
    assert parts.history.shape == (5, 3)
    assert not parts.history.any()


def test_a_negative_worth_of_stated_tags_is_refused():
    with pytest.raises(ConfigError, match=r"content\.stated is -1"):
        ContentConfig(stated=-1.0)
