"""Videos like one video: what a viewer would be shown who had had just that one, popularity set aside."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from recsys.bundle import Contents
from recsys.errors import require
from recsys.interactions import Profiles
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.recommender import Answer, Query, Shortlist, answer, shortlist
from recsys.ranking.viewer import KnownViewer


def shortlist_like(contents: Contents, catalogue: Catalogue, video_id: str, query: Query) -> Shortlist:
    """The videos most like one, whatever the query's `exclude` and `n` say.

    Raises:
        DataError: the video is unknown.
    """
    position = catalogue.position(video_id)
    require(position >= 0, f"video {video_id!r} is unknown; put it first")
    alone = np.array([position], np.int32)
    known = KnownViewer(just_had(catalogue, position), alone, alone)
    return shortlist(contents.without_popularity, catalogue, known, replace(query, include_seen=False))


def answer_like(contents: Contents, catalogue: Catalogue, listed: Shortlist, query: Query) -> Answer:
    """Answer from a shortlist of `shortlist_like`, of the same and for the same query but for `exclude` and `n`."""
    return answer(contents.without_popularity, catalogue, listed, replace(query, include_seen=False))


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
