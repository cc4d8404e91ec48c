"""Popularity: what everybody watches, lately and ever; for a new video, what its tags let expect."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import lsqr

from recsys.errors import ConfigError, require
from recsys.interactions import Profiles, TrainingData, Videos
from recsys.models.base import Parts
from recsys.schema import Floats
from recsys.timeline import ages_days, decay


@dataclass(frozen=True, kw_only=True)
class PopularityConfig:
    """How to count."""

    half_life_days: float = float("inf")
    """Age at which an event counts half."""
    prior_events: float = 5.0
    """How many events the guess from a video's tags is worth; 0 leaves new videos unscored."""
    ridge: float = 3.0
    """Penalty of the regression of popularity on tags."""

    def __post_init__(self) -> None:
        require(
            self.half_life_days > 0, f"popularity.half_life_days is {self.half_life_days}; must be > 0", ConfigError
        )
        require(self.prior_events >= 0, f"popularity.prior_events is {self.prior_events}; must be >= 0", ConfigError)
        require(self.ridge > 0, f"popularity.ridge is {self.ridge}; must be > 0", ConfigError)


@dataclass(frozen=True, eq=False)
class PopularityModel:
    """One number a video, and what each tag adds to the guess for a new one."""

    popularity: Floats  # (n_videos,) log(1 + decayed events), smoothed towards the guess
    tag_weights: Floats  # (n_tags,)
    mean: float
    guesses: bool

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """The same row for every viewer; NaN for a new video if the model does not guess."""
        return np.tile(self.of(videos), (len(profiles), 1))

    def of(self, videos: Videos) -> Floats:
        """(len(videos),) popularity on a log scale."""
        known = (videos.rows >= 0) & (videos.rows < len(self.popularity))
        guess = videos.tags[:, : len(self.tag_weights)] @ self.tag_weights + np.float32(self.mean)
        unknown = guess if self.guesses else np.full(len(videos), np.nan, np.float32)
        safe = np.where(known, videos.rows, 0)
        return np.where(known, self.popularity[safe], unknown).astype(np.float32)

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """All of the score belongs to the video."""
        nothing = sparse.csr_array(videos.tags.shape, dtype=np.float32)
        return Parts(np.zeros((len(videos), len(profile.index)), np.float32), nothing, np.nan_to_num(self.of(videos)))


def fit_popularity(data: TrainingData, config: PopularityConfig = PopularityConfig()) -> PopularityModel:
    """Count events of positive weight, decayed to `data.as_of`, and regress the log of the counts on the tags.

    A video with n events of any weight gets (n · popularity + m · guess) / (n + m), m = `prior_events`: with few events
    its tags decide, with many its events do.
    """
    events = data.events
    gained = np.maximum(events.weight, 0) * decay(ages_days(events.time, data.as_of), config.half_life_days)
    counted = np.log1p(np.bincount(events.video, gained, len(events.videos))).astype(np.float32)
    n = events.video_events()
    warm = n > 0
    mean = float(counted[warm].mean()) if warm.any() else 0.0
    tag_weights = np.zeros(data.tags.shape[1], np.float32)
    if warm.any() and data.tags.nnz and config.prior_events > 0:
        fitted = lsqr(data.tags[warm], counted[warm] - mean, damp=config.ridge**0.5, iter_lim=50)
        tag_weights = fitted[0].astype(np.float32)
    guess = data.tags @ tag_weights + mean
    m = config.prior_events
    smoothed = (n * counted + m * guess) / np.maximum(n + m, 1e-9) if m > 0 else np.where(warm, counted, np.nan)
    return PopularityModel(smoothed.astype(np.float32), tag_weights, mean, m > 0)
