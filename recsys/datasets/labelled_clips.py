"""Made clips whose tags are known, and what imperfect analysers would say of them.

Every clip is about some tags of every dimension: in most shots, large, now and then named in the title. Besides them it
shows or mentions others in passing, which are there but not what it is about. Eight analysers look and listen, each
with misses, false alarms, a confidence that boasts or is shy, and times that are off; some repeat each other's errors.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recsys.errors import ConfigError, require
from recsys.tags.catalogue import TagCatalogue
from recsys.tags.evidence import Box, Evidence
from recsys.tags.fusion.fitting import LabelledVideo
from recsys.tags.fusion.video import TaggedVideo
from recsys.tags.node import Node

N_ABOUT = {
    "category": (1, 2), "object": (1, 3), "scene": (1, 1), "person": (0, 1), "action": (0, 1), "emotion": (0, 1),
    "audio": (0, 1), "place": (0, 1), "logo": (0, 1), "keyword": (0, 1),
}  # fmt: skip
"""How many tags of each dimension a clip is about, least and most."""
N_PASSING = {"object": (2, 4), "scene": (0, 2), "person": (0, 1), "category": (0, 2), "place": (0, 1)}
"""How many it shows or mentions in passing."""
FLAT = ("action", "emotion", "audio", "keyword")
"""Dimensions without levels; of the others clips are about tags below the roots."""
RIGHT, WRONG = (1.6, 1.1), (-0.4, 1.1)
"""Mean and spread of an analyser's inner log-odds where a tag is, and where it is not."""


@dataclass(frozen=True, kw_only=True)
class Analyser:
    """How one analyser sees, and how it errs."""

    name: str
    dimensions: tuple[str, ...]
    found: float
    """Chance of finding a tag in a shot where it is."""
    false_alarms: float
    """Mean number of wrong tags a clip."""
    sharpness: float = 1.0
    """Its stated log-odds are the inner ones times this, …"""
    boast: float = 0.0
    """… plus this."""
    says: str = ""
    """The dimension of its evidence where that is not the tag's own: text, speech or keyword."""
    languages: tuple[str, ...] = ("en",)
    has_boxes: bool = False
    copies: tuple[str, ...] = ()
    """Analysers whose findings and errors it repeats, …"""
    copied: float = 0.0
    """… this share of them."""
    late_ms: int = 0
    """How much too late it is, with a spread as large."""


WORDS = ("category", "object", "scene", "person", "action", "emotion", "place", "logo", "keyword")
ANALYSERS = (
    Analyser(
        name="detector", dimensions=("object", "person", "logo"), found=0.7, false_alarms=3.0, sharpness=1.8, boast=0.8,
        has_boxes=True,
    ),
    Analyser(
        name="classifier", dimensions=("object", "scene"), found=0.55, false_alarms=3.0, sharpness=0.6, boast=-0.6,
        copies=("detector",), copied=0.5,
    ),
    Analyser(
        name="captions", dimensions=WORDS, found=0.1, false_alarms=1.0, sharpness=1.2, says="text",
        languages=("zh", "en"),
    ),
    Analyser(
        name="speech", dimensions=WORDS, found=0.12, false_alarms=1.5, sharpness=1.4, boast=1.0, says="speech",
        languages=("zh", "en"), late_ms=800,
    ),
    Analyser(
        name="keywords", dimensions=WORDS, found=0.02, false_alarms=1.0, sharpness=0.7, says="keyword",
        languages=("zh", "en"), copies=("captions", "speech"), copied=0.8,
    ),
    Analyser(
        name="topics", dimensions=("category", "keyword", "emotion"), found=0.25, false_alarms=2.0, sharpness=0.5,
        boast=-1.0, copies=("keywords",), copied=0.3,
    ),
    Analyser(
        name="sounds", dimensions=("audio", "action"), found=0.6, false_alarms=0.6, sharpness=2.0, boast=0.5,
        late_ms=400,
    ),
    Analyser(
        name="vendor:acme", dimensions=WORDS, found=0.12, false_alarms=2.0, sharpness=0.0, boast=1.4,
        languages=("zh",), late_ms=2000,
    ),
)  # fmt: skip
"""Of the eight, one says nothing of its confidence, and the keywords are made of what was read and heard."""


@dataclass(frozen=True, kw_only=True)
class ClipConfig:
    """How many clips to make; the same config makes the same clips."""

    n_clips: int = 200
    seed: int = 7

    def __post_init__(self) -> None:
        """Check the number."""
        require(self.n_clips >= 1, f"n_clips is {self.n_clips}; it must be at least 1", ConfigError)


@dataclass(frozen=True)
class _Shown:
    """A tag, the shots in which it is, and whether the clip is about it."""

    node: Node
    shots: tuple[int, ...]
    is_about: bool


def make_clips(catalogue: TagCatalogue, config: ClipConfig = ClipConfig()) -> list[LabelledVideo]:
    """Clips with their evidence and the tags that they are about.

    Args:
        catalogue: where tags are drawn from; named, with several of each dimension.
        config: how many.
    """
    by_dimension: dict[str, list[Node]] = defaultdict(list)
    for node in catalogue.nodes:
        if (node.status == "active" and node.parent_id is not None) or node.dimension in (
            "action",
            "emotion",
            "audio",
            "keyword",
        ):
            by_dimension[node.dimension].append(node)
    return [_clip(by_dimension, np.random.default_rng([config.seed, at])) for at in range(config.n_clips)]


def _clip(nodes: dict[str, list[Node]], rng: np.random.Generator) -> LabelledVideo:
    shots = _shots(rng)
    about = _drawn(nodes, N_ABOUT, rng)
    passing = [one for one in _drawn(nodes, N_PASSING, rng) if one not in about]
    shown = [_Shown(one, _lasting(len(shots), rng), True) for one in about]
    shown += [_Shown(one, (int(rng.integers(len(shots))),), False) for one in passing]
    evidence: dict[str, list[tuple[Node, Evidence]]] = {}
    for analyser in ANALYSERS:
        evidence[analyser.name] = _said(analyser, shown, shots, nodes, evidence, rng)
    video = TaggedVideo(
        evidence=tuple(one for found in evidence.values() for _, one in found),
        shots=shots,
        title=_words(about, nodes, 0.25, rng),
        description=_words(about, nodes, 0.25, rng),
    )
    return LabelledVideo(video, frozenset(one.tag_id for one in about))


def _shots(rng: np.random.Generator) -> tuple[tuple[int, int], ...]:
    lengths = rng.integers(1_500, 8_000, rng.integers(4, 11))
    return tuple((int(a), int(b)) for a, b in pairwise([0, *np.cumsum(lengths).tolist()]))


def _drawn(nodes: dict[str, list[Node]], how_many: dict[str, tuple[int, int]], rng: np.random.Generator) -> list[Node]:
    found: list[Node] = []
    for dimension, (least, most) in how_many.items():
        given = nodes.get(dimension, [])
        n = min(int(rng.integers(least, most + 1)), len(given))
        found += [given[int(at)] for at in rng.choice(len(given), n, replace=False)] if n else []
    return found


def _lasting(n_shots: int, rng: np.random.Generator) -> tuple[int, ...]:
    """From a third of the shots to all."""
    n = int(rng.integers(max(n_shots // 3, 1), n_shots + 1))
    return tuple(sorted(int(at) for at in rng.choice(n_shots, n, replace=False)))


def _said(
    analyser: Analyser,
    shown: Sequence[_Shown],
    shots: Sequence[tuple[int, int]],
    nodes: dict[str, list[Node]],
    before: dict[str, list[tuple[Node, Evidence]]],
    rng: np.random.Generator,
) -> list[tuple[Node, Evidence]]:
    """Everything that one analyser says of a clip, with the tags that it means."""
    meant: list[tuple[Node, int, bool, bool]] = []  # node, shot, is there, is what the clip is about
    for one in shown:
        if one.node.dimension in analyser.dimensions:
            meant += [(one.node, shot, True, one.is_about) for shot in one.shots if rng.random() < analyser.found]
    for node in _mistaken(analyser, [one.node for one in shown], nodes, rng):
        meant.append((node, int(rng.integers(len(shots))), False, False))
    found = [(node, _evidence(analyser, node, shots[shot], there, large, rng)) for node, shot, there, large in meant]
    copied = [each for other in analyser.copies for each in before[other] if rng.random() < analyser.copied]
    for node, said in copied:
        if node.dimension in analyser.dimensions:
            is_there = any(node is one.node for one in shown)
            found.append((node, _evidence(analyser, node, (said.start_ms, said.end_ms), is_there, False, rng)))
    return found


def _mistaken(
    analyser: Analyser, shown: Sequence[Node], nodes: dict[str, list[Node]], rng: np.random.Generator
) -> Iterable[Node]:
    """Wrong tags: mostly the neighbours of right ones, for that is what analysers take them for."""
    for _ in range(rng.poisson(analyser.false_alarms)):
        dimension = analyser.dimensions[int(rng.integers(len(analyser.dimensions)))]
        beside = {one.parent_id for one in shown if one.dimension == dimension and one.parent_id}
        near = [one for one in nodes[dimension] if one.parent_id in beside]
        pool = [one for one in (near if near and rng.random() < 0.6 else nodes[dimension]) if one not in shown]
        if pool:
            yield pool[int(rng.integers(len(pool)))]


def _evidence(
    analyser: Analyser, node: Node, stretch: tuple[int, int], is_there: bool, is_large: bool, rng: np.random.Generator
) -> Evidence:
    mean, spread = RIGHT if is_there else WRONG
    stated = analyser.sharpness * rng.normal(mean, spread) + analyser.boast
    late = max(int(rng.normal(analyser.late_ms, analyser.late_ms + 1)), -stretch[0])
    language = analyser.languages[int(rng.integers(len(analyser.languages)))]
    words = _name(node, language, rng)
    if analyser.says in ("text", "speech"):
        words = f"今天我们来看{words}吧" if language == "zh" else f"so here we have {words}, right"
    return Evidence(
        dimension=analyser.says or node.dimension,
        label=words,
        language=language,
        confidence=round(float(1 / (1 + np.exp(-stated))), 4),
        start_ms=stretch[0] + late,
        end_ms=stretch[1] + late,
        box=_box(is_large, rng) if analyser.has_boxes else None,
        source=analyser.name,
        version="1",
    )


def _name(node: Node, language: str, rng: np.random.Generator) -> str:
    """Its name in that language, or an alias; of one character, in a sentence, the longest name instead."""
    names = [one.text for one in node.names if one.language == language] or [node.display_name()]
    found = names[0] if rng.random() < 0.6 else names[int(rng.integers(len(names)))]
    return found if len(found) > 1 else max(names, key=len)


def _box(is_large: bool, rng: np.random.Generator) -> Box:
    """Mostly large and near the middle, or mostly small and anywhere."""
    width, height = rng.uniform(0.2, 0.7, 2) if is_large else rng.uniform(0.05, 0.45, 2)
    left, top = (rng.normal(0.5, 0.15, 2) if is_large else rng.uniform(0, 1, 2)) - np.array([width, height]) / 2
    left, top = float(np.clip(left, 0, 1 - width)), float(np.clip(top, 0, 1 - height))
    return round(left, 4), round(top, 4), round(left + float(width), 4), round(top + float(height), 4)


def _words(about: Sequence[Node], nodes: dict[str, list[Node]], chance: float, rng: np.random.Generator) -> str:
    """A title that names some of what the clip is about, and now and then something that it is not."""
    named = [one for one in about if rng.random() < chance]
    if rng.random() < 0.4:
        named.append(nodes["object"][int(rng.integers(len(nodes["object"])))])
    return " · ".join(_name(one, "zh" if rng.random() < 0.5 else "en", rng) for one in named)
