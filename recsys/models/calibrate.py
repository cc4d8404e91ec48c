"""Fit the blend: rehearse on pseudo-cold data, then search the weights that rank the hidden best.

The rehearsal hides a share of the videos wholly (they play the new ones) and each viewer's latest videos, and asks
the cores, refitted without them, for viewers as they are and for the same viewers cut down to a few events or to some
stated tags. Coordinate search then maximises the mean NDCG@20 of three lists: new and known videos mixed, known alone,
new alone.
"""

from dataclasses import dataclass, replace

import numpy as np

from recsys.errors import ConfigError, require
from recsys.interactions import Profiles, TrainingData
from recsys.models.blend import CORES, DEFAULT, Blend
from recsys.models.hybrid import CoresConfig, HybridModel, fit_cores
from recsys.models.pseudo_cold import Rehearsal, ndcg, rehearse
from recsys.models.recency import Recency
from recsys.schema import Floats, Mask, Rows

TAUS = (float("inf"), 16.0, 8.0, 4.0, 2.0)
FACTORS = (0.0, 0.5, 0.7, 1.4, 2.0)


@dataclass(frozen=True, kw_only=True)
class CalibrateConfig:
    """How to rehearse and search."""

    hidden_videos: float = 0.15
    held_out: float = 0.1
    viewers: int = 600
    """How many viewers rank with all they have; a third as many with each short history."""
    depth: int = 60
    """How many known and as many new videos of each core stay candidates; more changes nothing in the top 20."""
    rounds: int = 3
    least_viewers: int = 30
    """With fewer the data is too small to fit anything, and the default blend stands."""
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


@dataclass(frozen=True, eq=False)
class _Case:
    """Candidates of some viewers with everything a trial blend needs."""

    standard: Floats  # (n_cores, n, n_candidates) 0 where a core cannot tell
    shares: Floats  # (4, n, n_candidates) how near each is to the corners, viewer-major
    truth: Mask  # (n, n_candidates)
    cold: Mask  # (n, n_candidates)
    shown: Mask  # (n, n_candidates) false for padding and what the viewer had


def fit_hybrid(data: TrainingData, config: HybridConfig = HybridConfig()) -> HybridModel:
    """Calibrate on a rehearsal, then fit the cores on everything.

    Raises:
        DataError: there is no event of positive weight.
    """
    blend, recency = calibrate(data, config)
    return fit_cores(data, config.cores, blend).with_recency(recency)


def calibrate(data: TrainingData, config: HybridConfig = HybridConfig()) -> tuple[Blend, Recency]:
    """The blend and the fading of histories that rank the hidden part of a rehearsal best."""
    chosen = config.calibrate
    rehearsal = rehearse(data, chosen.hidden_videos, chosen.held_out, chosen.seed)
    if len(rehearsal.viewers) < chosen.least_viewers:
        return DEFAULT, config.cores.item_item.recency
    model = fit_cores(rehearsal.train, config.cores)
    random = np.random.default_rng(chosen.seed)
    order = random.permutation(rehearsal.viewers)
    viewers, few = np.sort(order[: chosen.viewers]), np.sort(order[: max(chosen.viewers // 3, 1)])
    model = model.with_recency(_best_recency(model, rehearsal, viewers))
    asked = [rehearsal.profiles(viewers), *(rehearsal.profiles(few, k) for k in (1, 2, 5))]
    asked.append(rehearsal.profiles(few, 0, n_tags=5))
    cases = [
        _case(model, rehearsal, profiles, viewers if at == 0 else few, chosen.depth)
        for at, profiles in enumerate(asked)
    ]
    return _search(cases, model.blend, chosen.rounds), model.item_item.recency


def _best_recency(model: HybridModel, rehearsal: Rehearsal, viewers: Rows) -> Recency:
    """The fading of histories that lets item_item rank what viewers had last."""
    given = model.item_item.recency
    if len(np.unique(rehearsal.pairs.time)) < 2:
        return given
    profiles = rehearsal.profiles(viewers)
    had = profiles.history(np.ones(len(profiles.index), np.float32)).toarray() > 0
    truth = (rehearsal.truth[viewers].toarray() > 0) & ~rehearsal.cold
    tried = []
    for tau in TAUS:
        recency = replace(given, tau_steps=tau)
        scores = replace(model.item_item, recency=recency).score(profiles, rehearsal.train.videos)
        tried.append(ndcg(np.where(had | np.isnan(scores), -np.inf, scores), truth))
    return replace(given, tau_steps=TAUS[int(np.argmax(tried))])


def _case(model: HybridModel, rehearsal: Rehearsal, profiles: Profiles, viewers: Rows, depth: int) -> _Case:
    """Score everything once, keep each core's best known and new videos and the truth."""
    videos, cold = rehearsal.train.videos, rehearsal.cold
    kept = rehearsal.profiles(viewers)
    had = kept.history(np.ones(len(kept.index), np.float32)).toarray() > 0
    truth = rehearsal.truth[viewers].toarray() > 0
    standard = np.nan_to_num(model.standard_scores(profiles, videos))
    candidates = _candidates(np.where(had, -np.inf, standard), cold, truth, depth)
    valid = candidates >= 0
    at = np.where(valid, candidates, 0)
    pick = np.take_along_axis
    counts = model.counts[at]
    known_viewer = profiles.n_liked / (profiles.n_liked + model.blend.viewer_events)
    known_video = counts / (counts + model.blend.video_events)
    u = np.broadcast_to(known_viewer[:, None], known_video.shape)
    corners = [(1 - u) * (1 - known_video), (1 - u) * known_video, u * (1 - known_video), u * known_video]
    return _Case(
        np.stack([pick(one, at, 1) for one in standard]),
        np.stack(corners).astype(np.float32),
        pick(truth, at, 1) & valid,
        cold[at] & valid,
        valid & ~pick(had, at, 1),
    )


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


def _search(cases: list[_Case], start: Blend, rounds: int) -> Blend:
    """Coordinate search over the corner weights, each multiplied by a few factors in turn."""
    corners = start.corners.copy()
    best = _value(cases, corners)
    for _ in range(rounds):
        before = best
        for place in np.ndindex(corners.shape):
            corners, best = _try(cases, corners, place, best)
        if best - before < 1e-4:
            break
    return replace(start, corners=corners / max(float(corners.max()), 1e-9))


def _try(cases: list[_Case], corners: Floats, place: tuple[int, ...], best: float) -> tuple[Floats, float]:
    """The best of one weight's neighbours, or things as they were."""
    now = float(corners[place])
    for value in [now * factor for factor in FACTORS] if now else [0.1, 0.3]:
        trial = corners.copy()
        trial[place] = value
        found = _value(cases, trial)
        if found > best + 1e-6:
            corners, best = trial, found
    return corners, best


def _value(cases: list[_Case], corners: Floats) -> float:
    """Mean over cases and lists of NDCG@20."""
    return float(np.mean([_case_value(case, corners) for case in cases]))


def _case_value(case: _Case, corners: Floats) -> float:
    weights = np.einsum("cs,suv->cuv", corners.reshape(len(CORES), 4), case.shares, optimize=True)
    scores = np.where(case.shown, (weights * case.standard).sum(0), -np.inf)
    known, new = np.where(case.cold, -np.inf, scores), np.where(case.cold, scores, -np.inf)
    lists = ((scores, case.truth), (known, case.truth & ~case.cold), (new, case.truth & case.cold))
    return float(np.mean([ndcg(*one) for one in lists]))
