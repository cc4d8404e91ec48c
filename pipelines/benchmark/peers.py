"""Other libraries' models, as they come. They know only the viewers they were trained on, by position.

BPR (Rendle et al., UAI 2009) is `implicit`'s. LightFM (Kula, CBRecSys 2015) is `lightfm-next`'s, of the extra `peers`,
with the WARP loss and every video's tags and identity as features; a viewer it never saw gets its biases alone.
"""

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from recsys.errors import require
from recsys.interactions import Profiles, TrainingData, Videos
from recsys.models.base import Parts
from recsys.schema import Floats, Mask, Rows

THREADS = 2
SEED = 0


@dataclass(frozen=True, eq=False)
class TrainedViewers:
    """Vectors of trained viewers and videos; see `recsys.evaluation.measure.ViewerScorer`."""

    viewers: Floats  # (n_viewers, k); a bias is a column of ones on the other side
    videos: Floats  # (n_videos, k)
    tells: Mask  # (n_videos,) whether it can tell anything of a video

    def score_viewers(self, viewers: Rows, videos: Videos) -> Floats:
        """(len(viewers), len(videos)) dot products; NaN for a video it can tell nothing of."""
        scores: Floats = self.viewers[viewers] @ self.videos[videos.rows].T
        scores[:, ~self.tells[videos.rows]] = np.nan
        return scores

    def score(self, profiles: Profiles, videos: Videos) -> Floats:
        """NaN: it knows no viewer by a history."""
        return np.full((len(profiles), len(videos)), np.nan, np.float32)

    def explain(self, profile: Profiles, videos: Videos) -> Parts:
        """Nothing, as it scores nobody by a history."""
        nothing = sparse.csr_array(videos.tags.shape, dtype=np.float32)
        past = np.zeros((len(videos), len(profile.index)), np.float32)
        return Parts(past, nothing, np.zeros(len(videos), np.float32))


def fit_bpr(data: TrainingData, factors: int, regularization: float) -> TrainedViewers:
    """Bayesian personalised ranking."""
    from implicit.cpu.bpr import BayesianPersonalizedRanking  # heavy, and only this method needs it

    liked = _liked(data)
    with threadpool_limits(1, "blas"):
        model = BayesianPersonalizedRanking(
            factors=factors, regularization=regularization, iterations=100, num_threads=THREADS,
            random_state=np.random.default_rng(SEED),
        )  # fmt: skip
        model.fit(liked, show_progress=False)
    watched = np.bincount(liked.indices, minlength=liked.shape[1]) > 0
    return TrainedViewers(np.asarray(model.user_factors), np.asarray(model.item_factors), watched)


def fit_lightfm(data: TrainingData, factors: int, epochs: int) -> TrainedViewers:
    """LightFM with the WARP loss, on the same tag vectors as the hybrid.

    Raises:
        DataError: the extra `peers` is not installed.
    """
    require(lightfm_is_here(), "LightFM is not installed; add it: pip install 'tagreel[peers]'")
    from lightfm import LightFM  # of the extra `peers`

    liked, n_videos = _liked(data), len(data.events.videos)
    known = np.bincount(liked.indices, minlength=n_videos) > 0
    identity = sparse.diags_array(known.astype(np.float32))
    features = sparse.csr_matrix(sparse.hstack([identity, data.tags]))
    model = LightFM(no_components=factors, loss="warp", random_state=SEED)
    model.fit(liked.tocoo(), item_features=features, epochs=epochs, num_threads=THREADS)
    biases, vectors = model.get_item_representations(features)
    _, own = model.get_user_representations()
    seen = np.diff(liked.indptr)[:, None] > 0
    viewers = np.hstack([np.where(seen, own, 0), np.ones((len(own), 1))]).astype(np.float32)
    tells = known | (np.diff(data.tags.indptr) > 0)
    return TrainedViewers(viewers, np.hstack([vectors, biases[:, None]]).astype(np.float32), tells)


def lightfm_is_here() -> bool:
    """Whether the extra is installed."""
    return find_spec("lightfm") is not None


def _liked(data: TrainingData) -> sparse.csr_matrix:
    """(n_viewers, n_videos) 1 where a viewer liked a video."""
    liked = sparse.csr_matrix(data.events.pairs().matrix().maximum(0))
    liked.eliminate_zeros()
    liked.data[:] = 1
    return liked
