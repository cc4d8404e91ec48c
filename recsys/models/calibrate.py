"""Fit the blend: rehearse on pseudo-cold data, then search the weights that rank the hidden best.

The rehearsal hides a share of the videos wholly (they play the new ones) and each viewer's latest videos, and asks
the cores, refitted without them, for viewers as they are and for the same viewers cut down to a few events or to some
stated tags. `search.fit_blend` finds the weights.
"""

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from recsys.errors import ConfigError, require
from recsys.interactions import Profiles, TrainingData
from recsys.models.blend import DEFAULT, Blend
from recsys.models.hybrid import CoresConfig, HybridModel, fit_cores
from recsys.models.pseudo_cold import Rehearsal, rehearse
from recsys.models.search import Case, fit_blend
from recsys.models.tune import Choice, tuned
from recsys.schema import Floats, Mask, Rows

SCORES_AT_ONCE = 4_000_000
"""Viewers × videos of one core held in memory at a time."""


@dataclass(frozen=True, kw_only=True)
class CalibrateConfig:
    """How to rehearse and search."""

    hidden_videos: float = 0.15
    held_out: float = 0.1
    viewers: int = 1000
    """How many viewers rank with all they have; a sixth as many with each short history."""
    depth: int = 60
    """How many known and as many new videos of each core stay candidates; more changes nothing in the top 20."""
    least_viewers: int = 30
    """With fewer the data is too small to fit anything, and the default blend stands."""
    tune: bool = True
    """Whether to choose the cores' main settings for the data; what `cores` says of them is then only a start."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("hidden_videos", "held_out"):
            value = getattr(self, name)
            require(0 < value < 1, f"calibrate.{name} is {value}; it must be between 0 and 1", ConfigError)


@dataclass(frozen=True, eq=False)
class HybridConfig:
    """The cores and how their blend is found."""

    cores: CoresConfig = CoresConfig()
    calibrate: CalibrateConfig = CalibrateConfig()


def fit_hybrid(data: TrainingData, config: HybridConfig = HybridConfig()) -> HybridModel:
    """Choose settings and blend on a rehearsal, then fit the cores on everything.

    Raises:
        DataError: there is no event of positive weight.
    """
    found = calibrate(data, config)
    return fit_cores(data, found.cores, found.blend)


class Calibrated(NamedTuple):
    """What a rehearsal found best."""

    cores: CoresConfig
    blend: Blend
    choices: tuple[Choice, ...]
    """How the settings of `cores` came about; empty where none was tried."""


def calibrate(data: TrainingData, config: HybridConfig = HybridConfig()) -> Calibrated:
    """The settings of the cores and the blend that rank the hidden part of a rehearsal best."""
    chosen = config.calibrate
    rehearsal = rehearse(data, chosen.hidden_videos, chosen.held_out, chosen.seed)
    if len(rehearsal.viewers) < chosen.least_viewers:
        return Calibrated(config.cores, DEFAULT, ())
    order = np.random.default_rng(chosen.seed).permutation(rehearsal.viewers)
    viewers, few = np.sort(order[: chosen.viewers]), np.sort(order[: max(chosen.viewers // 6, 1)])
    given = config.cores
    cores, choices = tuned(rehearsal, given, order) if chosen.tune else (given, ())
    model = fit_cores(rehearsal.train, cores)
    cases = [_case(model, rehearsal, rehearsal.profiles(viewers), viewers, chosen.depth)]
    cases += [_case(model, rehearsal, rehearsal.profiles(few, k), few, chosen.depth) for k in (1, 2, 5)]
    cases += [_case(model, rehearsal, rehearsal.profiles(few, 0, n_tags), few, chosen.depth) for n_tags in (0, 5)]
    return Calibrated(cores, fit_blend(cases, model.blend), choices)


def _case(model: HybridModel, rehearsal: Rehearsal, profiles: Profiles, viewers: Rows, depth: int) -> Case:
    """Score everything once, keep each core's best known and new videos and the truth; some viewers at a time."""
    pool = np.flatnonzero(rehearsal.cold | rehearsal.known).astype(np.int32)  # what nobody ever had cannot be the truth
    step = max(1, SCORES_AT_ONCE // max(len(pool), 1))
    parts = [
        _part(model, rehearsal, profiles.take(some.astype(np.int32)), viewers[some], pool, depth)
        for some in np.array_split(np.arange(len(viewers)), -(-len(viewers) // step))
    ]
    width = max(part.truth.shape[1] for part in parts)
    return Case(*(np.concatenate([_padded(getattr(part, one.name), width) for part in parts]) for one in fields(Case)))


def _part(model: HybridModel, rehearsal: Rehearsal, profiles: Profiles, viewers: Rows, pool: Rows, depth: int) -> Case:
    videos, cold = rehearsal.train.videos.take(pool), rehearsal.cold[pool]
    kept = rehearsal.profiles(viewers)
    had = kept.history(np.ones(len(kept.index), np.float32))[:, pool].toarray() > 0
    truth = rehearsal.truth[viewers][:, pool].toarray() > 0
    standard = np.nan_to_num(model.standard_scores(profiles, videos))
    candidates = _candidates(np.where(had, -np.inf, standard), cold, truth, depth)
    valid = candidates >= 0
    at = np.where(valid, candidates, 0)
    viewer = model.blend.viewer_share(profiles.n_liked)  # (n, n_knots)
    video = model.blend.video_share(model.counts[pool][at])  # (n, n_candidates, 2)
    scores = np.stack([np.take_along_axis(one, at, 1) for one in standard], axis=-1)  # (n, n_candidates, n_cores)
    features = np.einsum("uvc,ua,uvb->uvcab", scores, viewer, video, optimize=True)
    return Case(
        features.reshape(*at.shape, -1).astype(np.float32),
        np.take_along_axis(truth, at, 1) & valid,
        cold[at] & valid,
        valid & ~np.take_along_axis(had, at, 1),
        np.take_along_axis(rehearsal.older[viewers][:, pool].toarray() > 0, at, 1) & valid,
    )


def _padded(array: np.ndarray, width: int) -> np.ndarray:
    """The same with zeros up to `width` along the second axis."""
    more = [(0, 0)] * array.ndim
    more[1] = (0, width - array.shape[1])
    return np.pad(array, more)


def _candidates(standard: Floats, cold: Mask, truth: Mask, depth: int) -> Rows:
    """(n, n_candidates) each viewer's union of truth and of every core's best known and new; -1 pads."""
    wanted = truth.copy()
    for part in (np.flatnonzero(cold), np.flatnonzero(~cold)):
        n = min(depth, len(part))
        for core in standard if n else ():
            best = part[np.argpartition(-core[:, part], n - 1, axis=1)[:, :n]]
            np.put_along_axis(wanted, best, True, 1)
    width = int(wanted.sum(1).max(initial=1))
    order = np.argsort(~wanted, axis=1, kind="stable")[:, :width]
    return np.where(np.take_along_axis(wanted, order, 1), order, -1).astype(np.int32)
