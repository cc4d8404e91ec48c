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


def shortened(*taste):
    """A taste brought to length 1 but for the doubt of 0.5."""
    return np.array(taste) / np.sqrt(np.sum(np.square(taste)) + 0.25)


def test_a_score_is_the_sum_over_the_tags_of_the_past_computed_by_hand():
    scores = fit_content(DATA, UNFADED).score(profiles(), DATA.videos)
    # ann: cats 1 + 1, dogs 1 - 1; bob: cats 1, dogs 1. Videos a, b, bare, c, new.
    ann, bob = shortened(0, 2, 0), shortened(0, 1, 1)
    expected = [[ann[1], ann[1], np.nan, 0, ann[1]], [bob[1], 2 * bob[1], np.nan, bob[1], bob[1]]]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_stated_tags_join_the_profile_at_their_worth_in_videos():
    scores = fit_content(DATA, UNFADED).score(profiles([[1.5, 0, -1], [0, 0, 0]]), DATA.videos)
    # ann: birds 3, cats 2, dogs 0 - 2
    birds, cats, dogs = shortened(3, 2, -2)
    np.testing.assert_allclose(scores[0], [cats, 0, np.nan, dogs, birds + cats], rtol=1e-6)
    one = shortened(0, 1, 1)[1]
    np.testing.assert_allclose(scores[1], [one, 2 * one, np.nan, one, one], rtol=1e-6)


def test_old_videos_fade_out_of_the_profile():
    fading = replace(UNFADED, recency=Recency(half_life_days=1))
    found = fit_content(DATA, fading).profile(profiles()).toarray()
    a, b, c = 2.0 ** -np.array([2, 1, 0])  # ann had them on days 0, 1 and 2, counted to a moment after the last
    np.testing.assert_allclose(found[0], shortened(0, a + b, b - c), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[1], shortened(0, 2**-2, 2**-2), rtol=1e-4)


def test_each_tag_gets_its_own_part():
    parts = fit_content(DATA, UNFADED).explain(profiles([[1, 0, 0], [0, 0, 0]]).take(np.array([0])), DATA.videos)
    np.testing.assert_allclose(parts.tags.toarray()[4], shortened(2, 2, 0), rtol=1e-6)
    assert parts.history.shape == (5, 3)
    assert not parts.history.any()


def test_a_longer_history_of_the_same_taste_says_the_same_a_little_surer():
    much = replace(profiles(), weights=profiles().weights * 40)
    once, often = (fit_content(DATA, UNFADED).score(one, DATA.videos)[0] for one in (profiles(), much))
    assert (once[[0, 1, 4]] < often[[0, 1, 4]]).all()
    assert (often[[0, 1, 4]] < 1).all()


def test_a_negative_worth_of_stated_tags_is_refused():
    with pytest.raises(ConfigError, match=r"content\.stated is -1"):
        ContentConfig(stated=-1.0)
