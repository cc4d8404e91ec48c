"""`tagreel benchmark fusion`: tags by fusion, by each analyser alone and by plain unions, on made clips of known truth.

Half of the clips fit the model and every method's threshold; the other half is asked once. F1 is the mean over clips.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.progress import Progress, quiet
from recsys.datasets.labelled_clips import ANALYSERS, ClipConfig, make_clips
from recsys.errors import ConfigError, require
from recsys.evaluation.reliability import Bins, reliability_chart
from recsys.evaluation.significance import Paired, intervals, paired_test
from recsys.tags.fusion.belief import Correlations
from recsys.tags.fusion.calibration import Platt, reliability
from recsys.tags.fusion.fitting import LabelledVideo, best_threshold, closed, f1, fit_fusion, fit_relevance, kept
from recsys.tags.fusion.fuse import ranked
from recsys.tags.fusion.mapping import Mapper
from recsys.tags.fusion.model import FusionModel
from recsys.tags.shipped import default_taxonomy
from recsys.tags.vocabulary import Vocabulary

FEWEST = 60
Confidences = dict[str, float]
Method = Callable[[LabelledVideo], Confidences]


@dataclass(frozen=True)
class Scored:
    """One method on the clips that were held out."""

    method: str
    f1: float
    low: float
    high: float
    precision: float
    recall: float
    threshold: float
    n_clips: int


@dataclass(frozen=True)
class FusionBenchmark:
    """All methods, fusion first."""

    config: ClipConfig
    scored: list[Scored]
    paired: dict[str, Paired]
    """Fusion minus another method, clip by clip."""
    bins: dict[str, tuple[Bins, float]]
    """Reliability of fusion's confidences and of the union's."""

    def lines(self) -> list[str]:
        """For people."""
        head = f"{'method':<28}{'F1':>7}  {'95% interval':<16}{'precision':>10}{'recall':>8}"
        rows = [
            f"{x.method:<28}{x.f1:>7.3f}  [{x.low:.3f}, {x.high:.3f}]  {x.precision:>10.3f}{x.recall:>8.3f}"
            for x in self.scored
        ]
        notes = [
            f"fusion minus {name}: {x.difference:+.3f} [{x.low:+.3f}, {x.high:+.3f}], p = {x.p:.4f}"
            for name, x in self.paired.items()
        ]
        return [
            head,
            *rows,
            *notes,
            *(f"calibration error of {name}: {error:.3f}" for name, (_, error) in self.bins.items()),
        ]

    def figures(self) -> dict[str, Any]:
        """For machines."""
        return {
            "config": asdict(self.config),
            "methods": [asdict(one) for one in self.scored],
            "fusion_minus": {name: asdict(one) for name, one in self.paired.items()},
            "reliability": {
                name: {"ece": error, "bins": [dict(zip(("stated", "true", "n"), row, strict=True)) for row in rows]}
                for name, (rows, error) in self.bins.items()
            },
        }

    def write(self, folder: Path) -> None:
        """`fusion.json` and `fusion-reliability.svg`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "fusion.json").write_text(json.dumps(self.figures(), indent=1) + "\n")
        (folder / "fusion-reliability.svg").write_text(reliability_chart(self.bins))


def run_fusion(config: ClipConfig = ClipConfig(), progress: Progress = quiet) -> FusionBenchmark:
    """Make the clips, fit on the first half, ask the second.

    Args:
        config: at least 60 clips.
        progress: told of each method.
    """
    require(config.n_clips >= FEWEST, f"n_clips is {config.n_clips}; it must be at least {FEWEST}", ConfigError)
    taxonomy = default_taxonomy()
    progress("making clips", None)
    clips = make_clips(taxonomy, config)
    given, asked = clips[: len(clips) // 2], clips[len(clips) // 2 :]
    mapper = Mapper(Vocabulary.of(taxonomy.nodes))
    progress("fitting fusion", None)
    contest = _Contest(mapper, given, asked)
    values: dict[str, list[float]] = {}
    scored: dict[str, Scored] = {}
    stated: dict[str, list[Confidences]] = {}
    for name, method in _methods(mapper, given).items():
        progress(name, len(scored) / (len(ANALYSERS) + 9))
        scored[name], values[name], stated[name] = contest.score(name, method)
    single = max((one.name for one in ANALYSERS), key=lambda name: contest.on_given[name])
    others = {
        f"best analyser ({single})": single,
        "union, surest": "union, surest",
        "union, noisy-or": "union, noisy-or",
    }
    return FusionBenchmark(
        config=config,
        scored=list(scored.values()),
        paired={told: paired_test(np.array(values["fusion"]), np.array(values[name])) for told, name in others.items()},
        bins={name: contest.reliability(stated[name]) for name in ("fusion", "union, surest")},
    )


class _Contest:
    """Scores methods, each with the threshold that was best for it on the clips that were given."""

    def __init__(self, mapper: Mapper, given: Sequence[LabelledVideo], asked: Sequence[LabelledVideo]) -> None:
        self.given, self.asked = given, asked
        self.truths = [closed(one.tags, mapper) for one in given], [closed(one.tags, mapper) for one in asked]
        self.on_given: dict[str, float] = {}

    def score(self, name: str, method: Method) -> tuple[Scored, list[float], list[Confidences]]:
        """The method's figures, its F1 a clip, and what it stated."""
        first, second = [method(one) for one in self.given], [method(one) for one in self.asked]
        least = best_threshold(first, self.truths[0])
        self.on_given[name] = float(np.mean(self._f1s(first, least, self.truths[0])))
        found, truths = [kept(one, least) for one in second], self.truths[1]
        each = self._f1s(second, least, truths)
        low, high = intervals(np.array(each)[:, None])[0]
        hits = sum(len(tags & truth) for tags, truth in zip(found, truths, strict=True))
        return (
            Scored(
                method=name, f1=round(float(np.mean(each)), 4), low=round(float(low), 4), high=round(float(high), 4),
                precision=round(hits / max(sum(map(len, found)), 1), 4),
                recall=round(hits / max(sum(map(len, truths)), 1), 4), threshold=least, n_clips=len(each),
            ),
            each,
            second,
        )  # fmt: skip

    def reliability(self, stated: Sequence[Confidences]) -> tuple[Bins, float]:
        """Of every confidence stated on the clips that were asked."""
        rows = [
            (sure, tag in truth)
            for found, truth in zip(stated, self.truths[1], strict=True)
            for tag, sure in found.items()
        ]
        sure, right = zip(*rows, strict=True)
        return reliability(np.array(sure, np.float64), np.array(right, bool))

    @staticmethod
    def _f1s(stated: Sequence[Confidences], least: float, truths: Sequence[frozenset[str]]) -> list[float]:
        return [f1(kept(one, least), truth) for one, truth in zip(stated, truths, strict=True)]


def _methods(mapper: Mapper, given: Sequence[LabelledVideo]) -> dict[str, Method]:
    """Fusion, fusion without one of its parts, unions, and each analyser."""
    whole = fit_fusion(given, mapper)
    as_stated = replace(whole, calibrators={one.name: Platt(1.0, 0.0) for one in ANALYSERS})
    as_independent = replace(whole, correlations=Correlations({}, 0.0, 0.0))
    models = {
        "fusion": whole,
        "fusion, confidence as stated": fit_relevance(as_stated, given, mapper),
        "fusion, all independent": fit_relevance(as_independent, given, mapper),
        "fusion, without salience": fit_relevance(whole, given, mapper, ("belief", "agreement")),
        "fusion, nothing fitted": FusionModel(),
    }
    unions: dict[str, Callable[[list[float]], float]] = {
        "union, surest": max,
        "union, noisy-or": lambda given: 1 - float(np.prod([1 - one for one in given])),
        "union, votes": lambda given: len(given) / len(ANALYSERS),
    }
    fused = {name: _fused(mapper, model) for name, model in models.items()}
    joined = {name: _joined(mapper, join, None) for name, join in unions.items()}
    return {**fused, **joined, **{one.name: _joined(mapper, max, one.name) for one in ANALYSERS}}


def _fused(mapper: Mapper, model: FusionModel) -> Method:
    return lambda clip: {one.tag_id: one.confidence for one in ranked(clip.video, mapper, model)}


def _joined(mapper: Mapper, join: Callable[[list[float]], float], only: str | None) -> Method:
    """Of each tag the surest confidence of every source, or of one alone, joined; parents as sure as their children."""

    def method(clip: LabelledVideo) -> Confidences:
        surest: dict[str, dict[str, float]] = defaultdict(dict)
        for one, tags in zip(clip.video.evidence, mapper.tags(clip.video.evidence), strict=True):
            for tag_id in tags if only in (None, one.source) else ():
                surest[tag_id][one.source] = max(surest[tag_id].get(one.source, 0.0), one.confidence)
        return _with_parents({tag_id: join(list(said.values())) for tag_id, said in surest.items()}, mapper)

    return method


def _with_parents(found: Mapping[str, float], mapper: Mapper) -> Confidences:
    whole = dict(found)
    for tag_id, sure in found.items():
        for above in mapper.parents(tag_id):
            whole[above] = max(whole.get(above, 0.0), sure)
    return whole
