"""One question put to every method: what it may be fitted on, who asks, what they are known by, what they then liked.

`splits` makes folds; a fold that would leak what it asks for cannot be built.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from recsys.errors import LeakError, require
from recsys.interactions import Interactions, Profiles, TrainingData
from recsys.schema import DAY_MS, Mask, Rows, Times
from recsys.timeline import require_known_before


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of the tested viewers when they ask."""

    pairs: Interactions
    """Folded history; only the tested viewers' rows are read."""
    now: Times
    """(n_tested,) when each viewer asks, ms; every pair of theirs is strictly earlier."""
    stated: sparse.csr_array | None = None
    """(n_tested, n_tags) weights of the tags they stated themselves; None if nobody did."""

    def of(self, some: Rows) -> "Known":
        """The same of the tested viewers at these positions only."""
        return Known(self.pairs, self.now[some], None if self.stated is None else self.stated[some])


@dataclass(frozen=True, eq=False)
class Slice:
    """A part of the question: some of the truth, ranked among some of the videos.

    A viewer whose row of `truth` is empty is not tested in this slice.
    """

    name: str
    """all, warm, cold, or by what the viewer is known by: k0, k0_tags5, k1, k2, …"""
    truth: sparse.csr_array  # (n_tested, n_videos) the positives to find
    candidates: Mask  # (n_videos,) the videos that are ranked
    exclude: sparse.csr_array  # (n_tested, n_videos) per viewer, candidates that are masked: seen, or other positives
    known: Known

    @property
    def viewers_tested(self) -> Mask:
        """(n_tested,) who has something to find in this slice."""
        return np.diff(self.truth.indptr) > 0


@dataclass(frozen=True, eq=False)
class Fold:
    """Training data, and the slices that are asked of what was fitted on it.

    Raises:
        LeakError: a viewer's truth is in the training events or in their known history, or a known pair is not
            strictly before the viewer asks.
        DataError: shapes differ, or a truth is no candidate or is masked, so that nothing could find it.
    """

    name: str
    split: str
    train: TrainingData
    viewers: Rows  # (n_tested,) rows of the tested viewers in the training data's ids
    slices: tuple[Slice, ...]

    def __post_init__(self) -> None:
        trained = pair_matrix(self.train.events, self.viewers)
        for part in self.slices:
            where = f"fold {self.name!r} of {self.split}, slice {part.name!r}"
            _check_shapes(part, len(self.viewers), len(self.train.events.videos), where)
            _refuse_overlap(part.truth, trained, f"{where}: a positive to find is in the training events")
            known = pair_matrix(part.known.pairs, self.viewers)
            _refuse_overlap(part.truth, known, f"{where}: a positive to find is in the viewer's known history")
            _check_times(part.known, self.viewers, where)
            _check_findable(part, where)

    def sampled(self, n: int, seed: int = 0) -> "Fold":
        """The same question asked of n of the viewers at most, drawn at random; the training data stays whole."""
        if len(self.viewers) <= n:
            return self
        some = np.sort(np.random.default_rng(seed).choice(len(self.viewers), n, replace=False)).astype(np.int32)
        known = {id(part.known): part.known.of(some) for part in self.slices}  # slices go on sharing what they shared
        slices = tuple(
            replace(part, truth=part.truth[some], exclude=part.exclude[some], known=known[id(part.known)])
            for part in self.slices
        )
        return replace(self, viewers=self.viewers[some], slices=slices)

    def profiles(self, known: Known) -> Profiles:
        """(n_tested,) the tested viewers by what is known of them; ages count back from when each one asks."""
        as_of = int(known.now.max(initial=0))
        profiles = Profiles.of(known.pairs, self.train.videos, as_of, self.viewers, known.stated)
        earlier = ((as_of - known.now) / DAY_MS)[profiles.viewer]
        return replace(profiles, ages_days=np.maximum(profiles.ages_days - earlier, 0).astype(np.float32))


def pair_matrix(events: Interactions, viewers: Rows) -> sparse.csr_array:
    """(len(viewers), n_videos) float32, 1 where a viewer has any event with a video, whatever its weight."""
    at = np.full(len(events.viewers), -1)
    at[viewers] = np.arange(len(viewers))
    row = at[events.viewer]
    mine = row >= 0
    shape = (len(viewers), len(events.videos))
    ones = np.ones(int(mine.sum()), np.float32)
    matrix = sparse.coo_array((ones, (row[mine], events.video[mine])), shape=shape).tocsr()
    matrix.data[:] = 1
    return matrix


def only(matrix: sparse.csr_array, rows: Mask | None = None, columns: Mask | None = None) -> sparse.csr_array:
    """The same shape with the entries of only these rows and columns."""
    row, column = matrix.nonzero()
    keep = np.ones(len(row), bool)
    keep &= True if rows is None else rows[row]
    keep &= True if columns is None else columns[column]
    return sparse.coo_array((np.ones(int(keep.sum()), np.float32), (row[keep], column[keep])), matrix.shape).tocsr()


def _check_shapes(part: Slice, n_tested: int, n_videos: int, where: str) -> None:
    for name, shape in (("truth", part.truth.shape), ("exclude", part.exclude.shape)):
        require(shape == (n_tested, n_videos), f"{where}: {name} is {shape}; it must be {(n_tested, n_videos)}")
    require(len(part.candidates) == n_videos, f"{where}: {len(part.candidates)} candidates for {n_videos} videos")
    require(len(part.known.now) == n_tested, f"{where}: {len(part.known.now)} times for {n_tested} viewers")


def _check_findable(part: Slice, where: str) -> None:
    stray = only(part.truth, columns=~part.candidates).nnz
    require(not stray, f"{where}: {stray} positives are not among the candidates; leave them out of the truth")
    masked = part.truth.multiply(part.exclude).nnz
    require(not masked, f"{where}: {masked} positives are masked; leave them out of the truth or of `exclude`")


def _refuse_overlap(truth: sparse.csr_array, seen: sparse.csr_array, what: str) -> None:
    row, column = truth.multiply(seen).nonzero()
    if len(row):
        message = f"{what}: {len(row)} pairs, first the viewer at position {row[0]} with video row {column[0]}"
        raise LeakError(message + "; take all events of such a pair out of what is known")


def _check_times(known: Known, viewers: Rows, where: str) -> None:
    at = np.full(len(known.pairs.viewers), -1)
    at[viewers] = np.arange(len(viewers))
    row = at[known.pairs.viewer]
    mine = row >= 0
    require_known_before(known.pairs.time[mine], known.now[row[mine]], f"{where}: the known history")
