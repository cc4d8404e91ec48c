"""What the hybrid is measured against: every method with the settings it may choose from on the validation.

All have at most `BUDGET` trials; a method with nothing to choose has one. The hybrid is asked with its defaults: what
it chooses, it chooses inside the training data.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
from scipy import sparse

from pipelines.benchmark.peers import fit_bpr, fit_lightfm
from recsys.interactions import TrainingData
from recsys.models.base import Scorer
from recsys.models.calibrate import fit_hybrid
from recsys.models.content import ContentConfig, fit_content
from recsys.models.factors import FactorsConfig, fit_factors
from recsys.models.item_item import ItemItemConfig, fit_item_item
from recsys.models.knn import KNNConfig, fit_knn
from recsys.models.popularity import PopularityConfig, fit_popularity
from recsys.models.random_order import fit_random
from recsys.models.recency import Recency

BUDGET = 6
HYBRID = "hybrid"
Settings = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """One method."""

    fit: Callable[..., Scorer]
    """Takes the training data and one of the settings by name."""
    trials: tuple[Settings, ...] = ({},)
    refitted: bool = field(default=False, kw_only=True)
    """Whether it is also asked once fitted on all that is known by the test, where a protocol has that."""


def grid(**choices: tuple[Any, ...]) -> tuple[Settings, ...]:
    """Every combination.

    >>> grid(a=(1, 2), b=("x",))
    ({'a': 1, 'b': 'x'}, {'a': 2, 'b': 'x'})
    """
    return tuple(dict(zip(choices, values, strict=True)) for values in product(*choices.values()))


def _popularity(data: TrainingData, half_life_days: float = float("inf")) -> Scorer:
    return fit_popularity(data, PopularityConfig(half_life_days=half_life_days, prior_events=0))


def _knn(data: TrainingData, **settings: Any) -> Scorer:
    return fit_knn(data, KNNConfig(**settings))


def _content(data: TrainingData, half_life_days: float) -> Scorer:
    return fit_content(data, ContentConfig(recency=Recency(half_life_days=half_life_days)))


def _als(data: TrainingData, **settings: Any) -> Scorer:
    return _als_tags(replace(data, tags=sparse.csr_array(data.tags.shape, dtype=np.float32)), **settings)


def _als_tags(data: TrainingData, **settings: Any) -> Scorer:
    """ALS on behaviour, then a ridge map from tags to its factors, for new videos."""
    return fit_factors(data, FactorsConfig(members=1, tag_weight=0, **settings))


def _ease(data: TrainingData, tag_weight: float = 0, tau_steps: float = float("inf"), **settings: Any) -> Scorer:
    config = ItemItemConfig(tag_weight=tag_weight, viewer_power=0, recency=Recency(tau_steps=tau_steps), **settings)
    return fit_item_item(data, config)


ALS = grid(factors=(64, 128, 256), alpha=(3.0, 20.0))
CONTENDERS = {
    "random": Contender(fit_random),
    "popularity": Contender(_popularity),
    "recent popularity": Contender(_popularity, grid(half_life_days=(1.0, 7.0, 30.0, 90.0, 365.0, 1000.0))),
    "item-kNN": Contender(_knn, grid(neighbours=(50, 200), weighting=("none", "tfidf", "bm25"))),
    "item-kNN + tags": Contender(_knn, grid(neighbours=(50, 200), tag_weight=(0.3, 1.0, 3.0))),
    "content": Contender(_content, grid(half_life_days=(float("inf"), 1000.0, 180.0, 30.0, 7.0, 1.0))),
    "BPR": Contender(fit_bpr, grid(factors=(63, 127), regularization=(0.001, 0.01, 0.1))),
    "ALS": Contender(_als, ALS),
    "ALS + tags": Contender(_als_tags, ALS),
    "LightFM + tags": Contender(fit_lightfm, grid(factors=(32, 64, 128), epochs=(10, 30))),
    "EASE": Contender(_ease, grid(ridge=(30.0, 100.0, 300.0), tau_steps=(float("inf"), 4.0))),
    "EASE + tags": Contender(
        _ease, grid(ridge=(50.0, 150.0), tag_weight=(5.0,), tau_steps=(float("inf"), 8.0, 4.0)), refitted=True
    ),
    HYBRID: Contender(fit_hybrid, refitted=True),
}
"""By the name that results use."""
