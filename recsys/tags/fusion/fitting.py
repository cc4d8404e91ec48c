"""Fusion's model out of labelled videos: calibrators, correlations of errors, relevance, and the threshold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from recsys.errors import require
from recsys.schema import Doubles, Mask
from recsys.tags.fusion.belief import Correlations, pair
from recsys.tags.fusion.calibration import Calibrator, Kind, fit_calibrator
from recsys.tags.fusion.fuse import judged, ranked
from recsys.tags.fusion.mapping import Mapper
from recsys.tags.fusion.model import FEATURES, FusionModel, Relevance, features
from recsys.tags.fusion.video import TaggedVideo

RIDGE = 0.1
"""Pull of the relevance's weights towards their priors."""
MOST_CORRELATED = 0.95
FEW_ERRORS = 10
"""Of each of two sources; with fewer their correlation is not measured."""


@dataclass(frozen=True)
class LabelledVideo:
    """A video and the tags that it is about."""

    video: TaggedVideo
    tags: frozenset[str]
    """Ids; the tags above them are true too, and need not be said."""


def fit_fusion(labelled: Sequence[LabelledVideo], mapper: Mapper, kind: Kind = "auto") -> FusionModel:
    """Learn from labelled videos what `fuse` needs.

    Args:
        labelled: at least one; some dozens make it worth the while.
        mapper: as it will be used.
        kind: of the calibrators.
    """
    require(bool(labelled), "no labelled videos are given; without any use FusionModel() as it is")
    truths = [closed(one.tags, mapper) for one in labelled]
    said = [_said(one.video, mapper) for one in labelled]
    first = FusionModel(
        calibrators=_calibrators(said, truths, kind), correlations=_correlations(said, truths), n_videos=len(labelled)
    )
    return fit_relevance(first, labelled, mapper)


def fit_relevance(
    model: FusionModel, labelled: Sequence[LabelledVideo], mapper: Mapper, names: Sequence[str] = FEATURES
) -> FusionModel:
    """The same model with its relevance and threshold fitted anew; features that are not named count nothing."""
    truths = [closed(one.tags, mapper) for one in labelled]
    second = replace(model, relevance=_relevance(labelled, truths, mapper, model, names))
    stated = [{tag.tag_id: tag.confidence for tag in ranked(one.video, mapper, second)} for one in labelled]
    return replace(second, threshold=best_threshold(stated, truths))


def closed(tags: frozenset[str], mapper: Mapper) -> frozenset[str]:
    """The tags and all above them."""
    return tags | {above for one in tags for above in mapper.parents(one)}


def best_threshold(confidences: Sequence[Mapping[str, float]], truths: Sequence[frozenset[str]]) -> float:
    """The least confidence to keep at which the mean F1 of videos is highest, half-way to the next lower one."""
    levels = sorted({round(one, 3) for found in confidences for one in found.values()}) or [0.5]
    tried = np.unique(np.quantile(levels, np.linspace(0, 1, 200), method="nearest"))
    scores = [mean_f1([kept(found, least) for found in confidences], truths) for least in tried]
    best = int(np.argmax(scores))
    below = float(tried[best - 1]) if best else 0.0
    return round((float(tried[best]) + below) / 2, 6)


def kept(confidences: Mapping[str, float], least: float) -> frozenset[str]:
    """The tags of a video that are sure enough."""
    return frozenset(tag_id for tag_id, sure in confidences.items() if sure >= least)


def mean_f1(found: Sequence[frozenset[str]], truths: Sequence[frozenset[str]]) -> float:
    """Over videos, each counting the same."""
    return float(np.mean([f1(tags, truth) for tags, truth in zip(found, truths, strict=True)]))


def f1(found: frozenset[str], truth: frozenset[str]) -> float:
    """Harmonic mean of precision and recall of one video's tags; 1 where there is nothing to find and nothing found.

    >>> f1(frozenset("ab"), frozenset("ac")), f1(frozenset(), frozenset())
    (0.5, 1.0)
    """
    return 2 * len(found & truth) / (len(found) + len(truth)) if found or truth else 1.0


def _said(video: TaggedVideo, mapper: Mapper) -> dict[str, dict[str, float]]:
    """By source and tag, the highest confidence with which it was said."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for one, tags in zip(video.evidence, mapper.tags(video.evidence), strict=True):
        for tag_id, fit in tags.items():
            found[one.source][tag_id] = max(found[one.source].get(tag_id, 0.0), one.confidence * fit)
    return dict(found)


def _calibrators(
    said: Sequence[dict[str, dict[str, float]]], truths: Sequence[frozenset[str]], kind: Kind
) -> dict[str, Calibrator]:
    rows: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for found, truth in zip(said, truths, strict=True):
        for source, tags in found.items():
            rows[source] += [(confidence, tag_id in truth) for tag_id, confidence in tags.items()]
    columns = {source: tuple(zip(*given, strict=True)) for source, given in sorted(rows.items())}
    return {
        source: fit_calibrator(np.array(confidence, np.float64), np.array(right, bool), kind)
        for source, (confidence, right) in columns.items()
    }


def _correlations(said: Sequence[dict[str, dict[str, float]]], truths: Sequence[frozenset[str]]) -> Correlations:
    """Of each two sources the phi coefficient of their false alarms, over all videos and all tags that anybody said."""
    wrong: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for at, (found, truth) in enumerate(zip(said, truths, strict=True)):
        for source, tags in found.items():
            wrong[source] |= {(at, tag_id) for tag_id in tags if tag_id not in truth}
    n = len(said) * max(len({tag for found in said for tags in found.values() for tag in tags}), 1)
    pairs = {
        pair(a, b): _phi(len(wrong[a]), len(wrong[b]), len(wrong[a] & wrong[b]), n)
        for a, b in combinations(sorted(wrong), 2)
        if min(len(wrong[a]), len(wrong[b])) >= FEW_ERRORS
    }
    return Correlations(pairs)


def _phi(first: int, second: int, both: int, n: int) -> float:
    spread = (first * (n - first) * second * (n - second)) ** 0.5
    return round(float(np.clip((n * both - first * second) / spread, 0.0, MOST_CORRELATED)), 4) if spread else 0.0


def _relevance(
    labelled: Sequence[LabelledVideo], truths: Sequence[frozenset[str]], mapper: Mapper, model: FusionModel,
    names: Sequence[str],
) -> Relevance:  # fmt: skip
    """Logistic regression of being true on belief and salience, drawn towards the priors."""
    rows, right = [], []
    for one, truth in zip(labelled, truths, strict=True):
        for tag_id, (belief, salience) in judged(one.video, mapper, model).items():
            given = features(belief, salience)
            rows.append([given[name] for name in names])
            right.append(tag_id in truth)
    prior, is_right = Relevance(), np.array(right, bool)
    centre = np.array([prior.offset, *(prior.weights[name] for name in names)])
    if is_right.any() and not is_right.all():
        centre = _logistic(np.array(rows, np.float64), is_right, centre)
    fitted = dict(zip(names, centre[1:].round(6).tolist(), strict=True))
    return Relevance({name: fitted.get(name, 0.0) for name in FEATURES}, round(float(centre[0]), 6))


def _logistic(rows: Doubles, is_right: Mask, centre: Doubles) -> Doubles:
    """(1 + n_features,) offset and weights of least log-loss, drawn towards `centre`."""
    given = np.column_stack([np.ones(len(rows)), rows])

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        odds = given @ weights
        away = weights - centre
        slope = given.T @ (expit(odds) - is_right) + RIDGE * away
        return float((np.logaddexp(0, odds) - is_right * odds).sum() + RIDGE / 2 * away @ away), slope

    return np.asarray(minimize(loss, centre, jac=True, method="BFGS").x, np.float64)
