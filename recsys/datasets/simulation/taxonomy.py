"""Simulated tags: roots of eight dimensions, children below them, and the direction of taste each stands for."""

from dataclasses import dataclass

import numpy as np

from recsys.datasets.simulation.config import SimulatorConfig
from recsys.schema import Doubles, Floats, Rows

WORDS = {
    "category": ("cooking", "travel", "games", "sports", "music", "comedy", "news", "beauty", "cars", "science"),
    "object": ("phone", "guitar", "bicycle", "cake", "camera", "robot", "ball", "book"),
    "scene": ("beach", "kitchen", "stadium", "forest", "street", "stage", "office", "snow"),
    "action": ("dancing", "running", "cutting", "singing", "jumping", "driving", "drawing", "laughing"),
    "emotion": ("joy", "surprise", "calm", "fear", "pride", "anger"),
    "person": ("chef", "child", "athlete", "singer", "teacher", "crowd"),
    "place": ("paris", "tokyo", "lagos", "lima", "delhi", "sydney"),
    "audio": ("piano", "drums", "speech", "birdsong", "bass", "silence"),
}
"""The roots by dimension."""
N_FACTORS = 16
"""Length of a direction of taste."""


@dataclass(frozen=True, eq=False)
class SimulatedTags:
    """All tags, by row."""

    tag_id: list[str]
    name: list[str]
    dimension: list[str]
    parent: Rows  # (n_tags,) -1 at a root
    popularity: Doubles  # (n_tags,) how often each is used, sums to 1
    direction: Floats  # (n_tags, N_FACTORS) of length 1; children lie near their parent


def simulate_tags(config: SimulatorConfig) -> SimulatedTags:
    """The first roots of every dimension in turn, then their children in turn."""
    rng = np.random.default_rng([config.seed, 1])
    roots = _roots()[: max(config.n_tags // 4, 8)]
    parent = np.array([_parent(row, len(roots)) for row in range(config.n_tags)], np.int32)
    own = _unit(rng.standard_normal((config.n_tags, N_FACTORS)))
    above = np.where(parent >= 0, parent, np.arange(config.n_tags))
    names = [_name(row, [word for _, word in roots]) for row in range(config.n_tags)]
    dimension = [roots[row % len(roots)][0] for row in range(config.n_tags)]
    ranks = rng.permutation(config.n_tags) + 1
    return SimulatedTags(
        tag_id=[f"{one}:{name.replace(' ', '-')}" for one, name in zip(dimension, names, strict=True)],
        name=names,
        dimension=dimension,
        parent=parent,
        popularity=ranks**-0.7 / (ranks**-0.7).sum(),
        direction=_unit(own[above] + 0.8 * own),
    )


def _roots() -> list[tuple[str, str]]:
    """(dimension, word), one of every dimension before the second of any."""
    longest = max(map(len, WORDS.values()))
    return [(dimension, words[at]) for at in range(longest) for dimension, words in WORDS.items() if at < len(words)]


def _parent(row: int, n_roots: int) -> int:
    return -1 if row < n_roots else row % n_roots


def _name(row: int, roots: list[str]) -> str:
    generation, root = divmod(row, len(roots))
    return roots[root] if generation == 0 else f"{roots[root]} {generation}"


def _unit(vectors: np.ndarray) -> Floats:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
