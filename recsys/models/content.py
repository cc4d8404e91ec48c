"""Content: the tags of what a viewer had, and the tags they stated, matched with a video's tags."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.errors import ConfigError, require
from recsys.interactions import Profiles, TrainingData, Videos
from recsys.models.base import Parts
from recsys.models.recency import Recency
from recsys.schema import Floats


@dataclass(frozen=True, kw_only=True)
class ContentConfig:
    """How a viewer's tag profile is made."""

    recency: Recency = Recency(half_life_days=180.0)
    stated: float = 2.0
    """What one stated tag of weight 1 is worth, in past videos that carry nothing else."""
    doubt: float = 0.5
    """Profiles have a length below 1, and half of 0.7 where what made them is as long as this."""

    def __post_init__(self) -> None:
        require(self.doubt > 0, f"content.doubt is {self.doubt}; it must be above 0", ConfigError)
        require(self.stated >= 0, f"content.stated is {self.stated}; it must be >= 0", ConfigError)


@dataclass(frozen=True, eq=False)
class ContentModel:
    """Nothing is learned here: a new video is scored like an old one, a new viewer by the tags they state."""

    n_tags: int
    config: ContentConfig

    def profile(self, profiles: Profiles) -> sparse.csr_array:
        """(n, n_tags) each viewer's tag weights: faded history times tags, plus stated tags; signed, of length < 1.

        Forgotten tags count only as far as they are stated.
        """
        made = profiles.made.get(self)
        if made is None:
            whole = self._whole(profiles)
            made = profiles.made[self] = sparse.csr_array(sparse.diags_array(self._scales(whole)) @ whole)
        found: sparse.csr_array = made
        return found

    def scale(self, profile: Profiles) -> float:
        """What one viewer's history and stated tags are multiplied by in their profile."""
        return float(self._scales(self._whole(profile))[0])

    def past(self, profile: Profiles) -> sparse.csr_array:
        """(n_past, n_tags) what each of one viewer's past videos adds to each tag, before `scale`."""
        by = self.config.recency.weights(profile)
        each = sparse.csr_array(sparse.diags_array(by) @ profile.videos.tags[profile.index])
        return each if profile.forgotten is None else each - each.multiply(profile.forgotten)

    def _whole(self, profiles: Profiles) -> sparse.csr_array:
        seen = profiles.history(self.config.recency.weights(profiles)) @ profiles.videos.tags
        if profiles.forgotten is not None:
            seen = seen - seen.multiply(profiles.forgotten)
        return sparse.csr_array(seen + profiles.tags * np.float32(self.config.stated))

    def _scales(self, whole: sparse.csr_array) -> Floats:
        squares = np.asarray(whole.multiply(whole).sum(1), np.float64).ravel()
        return ((squares + self.config.doubt**2) ** -0.5).astype(np.float32)

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """Dot products of tag profile and tag vector; NaN without a tag on either side."""
        profile = self.profile(profiles)
        scores = (profile @ videos.tags.T).toarray().astype(np.float32)
        scores[np.diff(profile.indptr) == 0] = np.nan
        scores[:, np.diff(videos.tags.indptr) == 0] = np.nan
        return scores

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """Every part is a tag's."""
        taste = self.profile(profile).toarray()[0]
        parts = sparse.csr_array(videos.tags * taste)
        past = np.zeros((len(videos), len(profile.index)), np.float32)
        return Parts(past, parts, np.zeros(len(videos), np.float32))


def fit_content(data: TrainingData, config: ContentConfig = ContentConfig()) -> ContentModel:
    """Tag vectors are all there is to it; `recsys.tags.vectorizer` fitted them."""
    return ContentModel(data.tags.shape[1], config)
