"""The few tags whose answers say most of a new viewer.

What people watch varies in tags: the covariance of the tag vectors of watched videos. Asking for a tag explains the
part of it that goes with that tag; the next question is the tag that explains most of what is left (greedy selection
of columns, as pivoted Cholesky does it; Farahat, Ghodsi and Kamel 2011). What was answered already explains first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.bundle import Contents
from recsys.schema import Doubles, Rows

ASKABLE = 500
"""Only so many of the tags that are watched most can be asked for."""
SETTLED = 1e-6
"""A tag of which so small a part is left open tells nothing more."""
EXAMPLES = 3


@dataclass(frozen=True)
class Question:
    """A tag to ask for."""

    tag_id: str
    share: float
    """Of what is watched, how much has it, 0 to 1."""
    says: float
    """Of the variance of what is watched, how much its answer explains beyond the questions before it, 0 to 1."""
    videos: tuple[str, ...]
    """The most watched that have it."""


@dataclass(frozen=True, eq=False)
class Questions:
    """What can be asked, worked out once for a bundle."""

    contents: Contents
    tags: Rows  # (n,) the tags watched most
    covariance: Doubles  # (n, n) of their weights over what is watched
    shares: Doubles  # (n,)

    @classmethod
    def of(cls, contents: Contents) -> "Questions":
        """Measure what is watched."""
        watched = contents.video_events.astype(np.float64) + 1e-3
        watched /= watched.sum() or 1.0
        has = sparse.csr_array(contents.videos.tags > 0, dtype=np.float64)
        every = np.asarray(watched @ has).ravel()
        tags = np.argsort(-every, kind="stable")[: min(ASKABLE, int(np.count_nonzero(every)))].astype(np.int32)
        some = sparse.csr_array(contents.videos.tags[:, tags], dtype=np.float64)
        mean = np.asarray(watched @ some).ravel()
        covariance = (some.T @ (sparse.diags_array(watched) @ some)).toarray() - np.outer(mean, mean)
        return cls(contents, tags, covariance, every[tags])

    def best(self, n: int, answered: Sequence[str] = (), within: frozenset[str] | None = None) -> list[Question]:
        """The next n questions, the one that says most first.

        Args:
            n: how many.
            answered: tags that were asked already.
            within: only these tags are asked for; all by default.
        """
        ids = self.contents.vectorizer.ids
        open_, names = self.covariance.copy(), [ids[int(one)] for one in self.tags]
        total = float(np.trace(open_)) or 1.0
        before = np.diag(open_).copy()
        for known in np.flatnonzero(np.isin(names, list(answered))).tolist():
            _settle(open_, known)
        found: list[Question] = []
        usable = np.array([within is None or one in within for one in names], bool)
        usable &= ~np.isin(names, list(answered))
        while len(found) < n and usable.any():
            left = np.diag(open_)
            gain = np.where(usable & (left > SETTLED * before), (open_**2).sum(0) / np.maximum(left, 1e-12), 0)
            one = int(gain.argmax())
            if gain[one] <= 0:
                break
            found.append(Question(names[one], float(self.shares[one]), float(gain[one]) / total, self._videos(one)))
            _settle(open_, one)
            usable[one] = False
        return found

    def _videos(self, one: int) -> tuple[str, ...]:
        by_tag, tag = self.contents.sketches.by_tag, int(self.tags[one])
        rows = by_tag.indices[by_tag.indptr[tag] : by_tag.indptr[tag + 1]]
        best = rows[np.argsort(-self.contents.video_events[rows], kind="stable")[:EXAMPLES]]
        return tuple(self.contents.ids[int(row)] for row in best)


def _settle(open_: Doubles, one: int) -> None:
    """Take away what goes with one tag."""
    left = open_[one, one]
    if left > 0:
        open_ -= np.outer(open_[:, one], open_[one]) / left
