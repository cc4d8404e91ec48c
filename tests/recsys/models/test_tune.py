from dataclasses import replace

import numpy as np
import pytest

from recsys.interactions import TrainingData
from recsys.models import tune
from recsys.models.pseudo_cold import Rehearsal, rehearse
from recsys.models.recency import Recency
from recsys.models.tune import tuned


@pytest.fixture(autouse=True)
def few_trials(monkeypatch):
    monkeypatch.setattr(tune, "FACTORS", (4, 16))


@pytest.fixture(scope="module")
def rehearsed(platform):
    return rehearse(platform.data, 0.2, 0.2, seed=0)


def timeless(data: TrainingData) -> TrainingData:
    return replace(data, events=replace(data.events, time=np.zeros_like(data.events.time)), as_of=1)


def test_the_same_rehearsal_chooses_the_same(platform, rehearsed):
    one, other = (tuned(rehearsed, platform.cores, rehearsed.viewers) for _ in range(2))
    assert one == other


def test_only_what_is_tried_changes(platform, rehearsed):
    given = replace(
        platform.cores, reference=77, seed=5, item_item=replace(platform.cores.item_item, max_videos=123),
        factors=replace(platform.cores.factors, alpha=3.0), popularity=replace(platform.cores.popularity, ridge=9.0),
    )  # fmt: skip
    found, _ = tuned(rehearsed, given, rehearsed.viewers)
    assert (found.reference, found.seed, found.content) == (77, 5, given.content)
    assert found.item_item.max_videos == 123
    assert (found.factors.alpha, found.factors.iterations) == (3.0, given.factors.iterations)
    assert found.popularity.ridge == 9.0


def test_both_cores_of_behaviour_fade_alike(platform, rehearsed):
    found, _ = tuned(rehearsed, platform.cores, rehearsed.viewers)
    assert found.item_item.recency == found.factors.recency


def test_without_times_the_given_fading_stands(platform):
    data = timeless(platform.data)
    rehearsal = rehearse(data, 0.2, 0.2, seed=0)
    given = Recency(tau_steps=5.0)
    config = replace(platform.cores, item_item=replace(platform.cores.item_item, recency=given))
    assert tuned(rehearsal, config, rehearsal.viewers)[0].item_item.recency == given


def drifting(platform) -> Rehearsal:
    """Viewers whose taste jumps: what they had last is like what they have next, what they had before is not."""
    rng = np.random.default_rng(0)
    n, blocks, size = 120, 6, 12
    data = platform.data
    rows = []
    for viewer in range(n):
        for step, block in enumerate(rng.permutation(blocks)[:3]):
            past = rng.permutation(size)[:8] + block * size
            rows += [(step * 10 + at, viewer, int(video)) for at, video in enumerate(past)]
    time, viewer, video = (np.array(one) for one in zip(*sorted(rows), strict=True))
    events = replace(
        data.events, viewer=viewer.astype(np.int32), video=video.astype(np.int32),
        weight=np.ones(len(rows), np.float32), time=time.astype(np.int64),
    )  # fmt: skip
    return rehearse(replace(data, events=events, as_of=1000), 0.1, 0.1, seed=0)


def test_where_tastes_jump_old_videos_are_made_to_fade(platform):
    rehearsal = drifting(platform)
    found, _ = tuned(rehearsal, platform.cores, rehearsal.viewers)
    assert found.item_item.recency.tau_steps < 20


def test_every_choice_says_what_decided(platform, rehearsed):
    found, choices = tuned(rehearsed, platform.cores, rehearsed.viewers)
    assert [one.setting.split(".")[0] for one in choices].count("item_item") == 4
    by_setting = {one.setting: one for one in choices}
    assert by_setting["factors.factors"].given == platform.cores.factors.factors
    assert by_setting["factors.factors"].chosen == found.factors.factors
    for one in choices:
        clearly = one.ndcg_chosen > one.ndcg_given * (1 + tune.CLEARLY)
        assert clearly == (one.chosen != one.given)
        assert one.line().startswith(f"{one.setting} = {one.chosen:g}")


def test_a_trial_must_be_clearly_better_than_what_is_given():
    values = {1.0: 0.5, 2.0: 0.504, 3.0: 0.6, 4.0: 0.6}
    given = Recency(tau_steps=1.0)

    def best(*trials):
        pairs = [(one, Recency(tau_steps=one)) for one in trials]
        return tune._best("x.tau_steps", lambda trial: values[trial.tau_steps], given, pairs)[0].tau_steps

    assert best(2.0) == 1.0
    assert best(2.0, 4.0, 3.0) == 4.0
