"""Choose the cores' hyper-parameters for the data at hand: on a rehearsal, one after the other, each by NDCG@20.

What decides them differs by orders of magnitude between data sets (how dense, how ordered in time, how well tagged),
so no fixed value serves all. item_item is tried on the most watched videos only: it is quick, leaves time to ask more
viewers, and ranks its settings as the whole catalogue does.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np

from recsys.interactions import Profiles, Videos
from recsys.models.base import Scorer
from recsys.models.factors import FactorsConfig, factorise, fit_factors
from recsys.models.hybrid import CoresConfig
from recsys.models.item_item import ItemItemConfig, fit_item_item, head
from recsys.models.popularity import fit_popularity
from recsys.models.pseudo_cold import Rehearsal
from recsys.models.search import ndcg
from recsys.schema import Floats, Mask, Rows

TAUS = (float("inf"), 16.0, 8.0, 4.0, 2.0)
RIDGES = (10.0, 30.0, 100.0, 300.0, 1000.0)
TAG_WEIGHTS = (0.0, 1.0, 5.0, 10.0, 20.0)
VIEWER_POWERS = (0.5, 0.0)
FACTORS = (64, 128, 256)
NEW_SHARES = (0.0, 0.3, 0.6)
HALF_LIVES = (float("inf"), 365.0, 90.0, 30.0, 7.0)
CLEARLY = 0.02
"""By how much, in parts of the value, a trial must be better than what is given."""
HEAD = 3000
"""How many videos item_item is tried on."""
SCORES = 4_000_000
"""Viewers × videos that one trial scores."""
SCORES_OF_HEAD = 12_000_000
"""The same for item_item: it is quick, and what is tried of it differs by less."""


@dataclass(frozen=True)
class Choice:
    """One setting: what it was given as, what it was left at, and the NDCG@20 that decided."""

    setting: str
    given: float
    chosen: float
    n_trials: int
    ndcg_given: float
    ndcg_chosen: float

    def line(self) -> str:
        """For people."""
        name = f"{self.setting} = {self.chosen:g}"
        if self.chosen == self.given:
            return f"{name} stays: none of {self.n_trials} trials is clearly better than {self.ndcg_given:.4f}"
        return f"{name} instead of {self.given:g}: {self.ndcg_chosen:.4f} against {self.ndcg_given:.4f}"


def tuned(rehearsal: Rehearsal, config: CoresConfig, viewers: Rows) -> tuple[CoresConfig, tuple[Choice, ...]]:
    """The config with what ranks the hidden part of the rehearsal best, and each choice that led there.

    Args:
        rehearsal: whose hidden part is the truth.
        config: what is not tried here stays.
        viewers: (n,) rows of those who are asked, in an order that may be cut short.
    """
    small = replace(config.item_item, max_videos=min(HEAD, config.item_item.max_videos))
    covered, _ = head(rehearsal.train.events.video_counts(), small.max_videos)
    everything = np.flatnonzero(rehearsal.cold | rehearsal.known).astype(np.int32)
    exam = _exam(rehearsal, viewers, everything, SCORES)
    exam_of_head = _exam(rehearsal, viewers, covered, SCORES_OF_HEAD)
    item_item_of = cache(partial(fit_item_item, rehearsal.train))
    factorised = cache(partial(factorise, rehearsal.train))
    choices: list[Choice] = []

    def known_videos(trial: ItemItemConfig) -> float:
        return exam_of_head.of(replace(item_item_of(replace(trial, recency=small.recency)), recency=trial.recency))[0]

    @cache
    def new_and_known(trial: FactorsConfig) -> tuple[float, float]:
        done = factorised(replace(trial, new_share=config.factors.new_share))
        known, new = exam.of(fit_factors(rehearsal.train, trial, done))
        return new, known

    def choose(setting: str, value: Callable[[Any], float], given: Any, values: tuple[float, ...]) -> Any:
        path = setting.split(".")[1:]
        found, choice = _best(setting, value, given, [(one, _with(given, path, one)) for one in values])
        choices.append(choice)
        return found

    best = small
    if len(np.unique(rehearsal.pairs.time)) > 1:
        best = choose("item_item.recency.tau_steps", known_videos, best, TAUS)
    best = choose("item_item.ridge", known_videos, best, RIDGES)
    best = choose("item_item.tag_weight", known_videos, best, TAG_WEIGHTS)
    best = choose("item_item.viewer_power", known_videos, best, VIEWER_POWERS)
    one_member = replace(config.factors, members=1, recency=best.recency)
    factors = choose("factors.factors", lambda trial: sum(new_and_known(trial)), one_member, FACTORS)
    factors = choose("factors.new_share", lambda trial: new_and_known(trial)[0], factors, NEW_SHARES)
    popularity = choose(
        "popularity.half_life_days",
        lambda trial: exam.of(fit_popularity(rehearsal.train, trial))[0],
        config.popularity,
        HALF_LIVES,
    )
    found = replace(
        config,
        item_item=replace(best, max_videos=config.item_item.max_videos),
        sequence=replace(config.sequence, recency=best.recency),
        factors=replace(factors, members=config.factors.members),
        popularity=popularity,
    )
    return found, tuple(choices)


@dataclass(frozen=True, eq=False)
class _Exam:
    """Some viewers, the videos to rank for them, and which of those they liked."""

    profiles: Profiles
    videos: Videos
    had: Mask  # (n, n_videos)
    cold: Mask  # (n_videos,)
    truth: Mask  # (n, n_videos)

    def of(self, scorer: Scorer) -> tuple[float, float]:
        """NDCG@20 on known videos and on new ones."""
        scores = scorer.score(self.profiles, self.videos)
        scores = np.where(self.had | np.isnan(scores), -np.inf, scores).astype(np.float32)
        return self._list(scores, ~self.cold), self._list(scores, self.cold)

    def _list(self, scores: Floats, part: Mask) -> float:
        return ndcg(scores[:, part], self.truth[:, part]) if part.any() else 0.0


def _exam(rehearsal: Rehearsal, viewers: Rows, pool: Rows, scores: int) -> _Exam:
    some = np.sort(viewers[: max(1, scores // max(len(pool), 1))])
    profiles = rehearsal.profiles(some)
    had = profiles.history(np.ones(len(profiles.index), np.float32))[:, pool].toarray() > 0
    truth = rehearsal.truth[some][:, pool].toarray() > 0
    return _Exam(profiles, rehearsal.train.videos.take(pool), had, rehearsal.cold[pool], truth)


def _best(
    setting: str, value: Callable[[Any], float], given: Any, trials: list[tuple[float, Any]]
) -> tuple[Any, Choice]:
    """The trial of the highest value; the given one unless that is clearly better: a small lead is luck."""
    stands = value(given)
    before = _of(given, setting.split(".")[1:])
    found, chosen, best = given, before, stands
    for one, trial in trials:
        reached = stands if trial == given else value(trial)
        if reached > max(best, stands * (1 + CLEARLY)):
            found, chosen, best = trial, one, reached
    return found, Choice(setting, before, chosen, len(trials), stands, best)


def _with(config: Any, path: list[str], value: float) -> Any:
    """The config with one setting, of it or of a config in it, at a value."""
    name, *rest = path
    return replace(config, **{name: _with(getattr(config, name), rest, value) if rest else value})


def _of(config: Any, path: list[str]) -> float:
    for name in path:
        config = getattr(config, name)
    return float(config)
