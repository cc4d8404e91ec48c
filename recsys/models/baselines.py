"""What the hybrid has to beat, each by the name that reports use: chance, popularity, neighbours, and its own cores."""

from collections.abc import Callable
from dataclasses import replace

from scipy import sparse

from recsys.interactions import TrainingData
from recsys.models.base import Scorer
from recsys.models.content import fit_content
from recsys.models.factors import FactorsConfig, fit_factors
from recsys.models.item_item import ItemItemConfig, fit_item_item
from recsys.models.knn import KNNConfig, fit_knn
from recsys.models.popularity import PopularityConfig, fit_popularity
from recsys.models.random_order import fit_random

Fit = Callable[[TrainingData], Scorer]

BASELINES: dict[str, Fit] = {
    "random": fit_random,
    "popularity": lambda data: fit_popularity(data, PopularityConfig(prior_events=0)),
    "recent popularity": lambda data: fit_popularity(data, PopularityConfig(half_life_days=30, prior_events=0)),
    "item-kNN": fit_knn,
    "item-kNN + tags": lambda data: fit_knn(data, KNNConfig(tag_weight=1.0)),
    "content": fit_content,
    "ALS": lambda data: fit_factors(_untagged(data), FactorsConfig(factors=128, tag_weight=0)),
    "ALS + tags": lambda data: fit_factors(data, FactorsConfig(factors=128, tag_weight=0)),
    "EASE": lambda data: fit_item_item(data, ItemItemConfig(ridge=100.0, tag_weight=0)),
}
"""None of them sees more than its name says. `ALS + tags` is ALS on behaviour, then a ridge map from tags to its
factors, for new videos; `content` is also one of the hybrid's cores."""


def _untagged(data: TrainingData) -> TrainingData:
    return replace(data, tags=sparse.csr_array(data.tags.shape, dtype="float32"))
