"""Videos like one video: what a viewer would be shown who had had just that one, popularity set aside."""

import numpy as np
from scipy import sparse

from recsys.bundle import Contents
from recsys.errors import require
from recsys.interactions import Profiles
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.recommender import Answer, Query, ranked, told, wanted
from recsys.ranking.viewer import KnownViewer


def similar(contents: Contents, catalogue: Catalogue, video_id: str, query: Query) -> Answer:
    """Rank the catalogue by likeness to one video.

    Raises:
        DataError: the video is unknown.
    """
    position = catalogue.position(video_id)
    require(position >= 0, f"video {video_id!r} is unknown; put it first")
    model = contents.model.without_popularity()
    alone = np.array([position], np.int32)
    known = KnownViewer(just_had(catalogue, position), alone, alone)
    left = wanted(catalogue, known, query)
    left[alone] = False
    return told(model, catalogue, ranked(contents, model, catalogue, known, left, query.n), query)


def just_had(catalogue: Catalogue, position: int) -> Profiles:
    """The profile of a viewer who has had one video, just now."""
    return Profiles(
        videos=catalogue.videos(np.array([position], np.int32)),
        indptr=np.array([0, 1], np.int64),
        index=np.zeros(1, np.int32),
        weights=np.ones(1, np.float32),
        ages_days=np.zeros(1, np.float32),
        tags=sparse.csr_array((1, len(catalogue.vectorizer.ids)), dtype=np.float32),
    )
