"""The audience of a video, released or not: the viewers in whose lists it would stand highest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.bundle import Contents
from recsys.errors import require
from recsys.interactions import Profiles
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.explain import Reason, reasons
from recsys.ranking.viewer import KnownViewer, Viewer, known_viewer
from recsys.schema import Rows

SCORES_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Reached:
    """A viewer whom the video would reach."""

    viewer_id: str
    place: int
    """Where it would stand in the viewer's list of everything available that they have not had, from 1."""
    score: float
    reasons: tuple[Reason, ...]


def audience(
    contents: Contents,
    catalogue: Catalogue,
    viewers: Sequence[tuple[str, Viewer]],
    video_id: str,
    now: int,
    n: int = 20,
) -> list[Reached]:
    """The viewers in whose lists a video would stand highest; of equal places the higher score comes first.

    Args:
        contents: the bundle's.
        catalogue: has the video; see `Catalogue.with_changes` for one that is not released yet.
        viewers: ids and what is known of them; those who had the video are left out.
        video_id: which video.
        now: ms.
        n: how many viewers.

    Raises:
        DataError: the video is unknown.
    """
    position = catalogue.position(video_id)
    require(position >= 0, f"video {video_id!r} is unknown; put it first")
    known = [(name, known_viewer(viewer, catalogue, now)) for name, viewer in viewers]
    known = [(name, one) for name, one in known if position not in one.seen]
    if not known:
        return []
    others = np.flatnonzero(catalogue.available(now)).astype(np.int32)
    others = others[others != position]
    places, scores = _places(contents, catalogue, [one for _, one in known], others, position)
    best = np.lexsort((-scores, places))[:n]
    return [
        Reached(known[i][0], int(places[i]), float(scores[i]), _why(contents, catalogue, known[i][1], position))
        for i in best
    ]


def _places(
    contents: Contents, catalogue: Catalogue, known: list[KnownViewer], others: Rows, position: int
) -> tuple[np.ndarray, np.ndarray]:
    """(n_viewers,) the video's place in each viewer's list, and its score there; the last place where it has none."""
    videos = catalogue.videos(np.append(others, position).astype(np.int32))
    profiles, step = together(known, catalogue), max(1, SCORES_AT_ONCE // len(videos))
    places, scores = np.empty(len(known), np.int64), np.empty(len(known), np.float32)
    for start in range(0, len(known), step):
        some = np.arange(start, min(start + step, len(known)), dtype=np.int32)
        every = np.nan_to_num(contents.model.score(profiles.take(some), videos), nan=-np.inf)
        mine, theirs = every[:, -1], every[:, :-1]
        for row, viewer in enumerate(some):
            theirs[row, np.isin(others, known[viewer].seen)] = -np.inf
        places[some], scores[some] = 1 + (theirs >= mine[:, None]).sum(1), mine
    return places, scores


def together(known: Sequence[KnownViewer], catalogue: Catalogue) -> Profiles:
    """Several viewers' profiles as one set over a common table of videos."""
    positions, index = np.unique(np.concatenate([one.past for one in known]), return_inverse=True)
    parts = [one.profile for one in known]
    return Profiles(
        videos=catalogue.videos(positions.astype(np.int32)),
        indptr=np.concatenate([[0], np.cumsum([len(one.past) for one in known])]).astype(np.int64),
        index=index.astype(np.int32),
        weights=np.concatenate([one.weights for one in parts]),
        ages_days=np.concatenate([one.ages_days for one in parts]),
        tags=sparse.csr_array(sparse.vstack([one.tags for one in parts], format="csr")),
        forgotten=_forgotten(parts),
    )


def _forgotten(parts: Sequence[Profiles]) -> sparse.csr_array | None:
    if all(one.forgotten is None for one in parts):
        return None
    nothing = sparse.csr_array(parts[0].tags.shape, dtype=np.float32)
    rows = [nothing if one.forgotten is None else one.forgotten for one in parts]
    return sparse.csr_array(sparse.vstack(rows, format="csr"))


def _why(contents: Contents, catalogue: Catalogue, known: KnownViewer, position: int) -> tuple[Reason, ...]:
    video = catalogue.videos(np.array([position], np.int32))
    scores = contents.model.score(known.profile, video)[0]
    return reasons(contents.model.explain(known.profile, video), scores, known.past, catalogue)[0]
