"""External ids (strings) to catalogue rows (int32) and back; the only place where the two meet."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recsys.errors import require
from recsys.schema import Rows


class Ids:
    """An immutable, sorted set of ids. A row is a position in it.

    Kept as fixed-width UTF-8 bytes, so a bundle can memory-map it; sorted by those bytes, so looking up needs no table.

    >>> ids = Ids.of(["b", "a", "c"])
    >>> ids.rows(["c", "nobody"]).tolist(), ids[0]
    ([2, -1], 'a')
    """

    def __init__(self, encoded: NDArray[np.bytes_]) -> None:
        """Wrap bytes already sorted and unique, as `of` or a bundle makes them.

        Args:
            encoded: (n,) UTF-8 bytes, strictly increasing.
        """
        self.encoded = encoded

    @classmethod
    def of(cls, ids: Iterable[str]) -> "Ids":
        """Index these ids; repeats count once. DataError where one is empty or ends in a NUL character."""
        encoded = _encode(list(ids))
        require(not (encoded == b"").any(), "an id is empty; every viewer, video and tag needs one")
        return cls(np.unique(encoded))

    def rows(self, ids: Sequence[str] | NDArray) -> Rows:
        """(n,) row of each id, -1 where it is unknown."""
        return self.rows_of_encoded(_encode(ids))

    def rows_of_encoded(self, encoded: NDArray[np.bytes_]) -> Rows:
        """(n,) row of each id given as UTF-8 bytes, -1 where it is unknown."""
        if not len(self.encoded):
            return np.full(len(encoded), -1, np.int32)
        at = np.minimum(np.searchsorted(self.encoded, encoded), len(self.encoded) - 1)
        return np.where(self.encoded[at] == encoded, at, -1).astype(np.int32)

    def row(self, one: str) -> int:
        """The row of one id, -1 where it is unknown."""
        return self._lookup.get(one, -1)

    def __getitem__(self, row: int) -> str:
        return bytes(self.encoded[row]).decode()

    def take(self, rows: Rows) -> list[str]:
        """The ids at these rows."""
        return [bytes(one).decode() for one in self.encoded[rows]]

    def __len__(self) -> int:
        return len(self.encoded)

    def __contains__(self, one: str) -> bool:
        return self.row(one) >= 0

    def union(self, more: "Ids") -> "Ids":
        """Both sets in one index."""
        return Ids(np.union1d(self.encoded, more.encoded))

    @cached_property
    def _lookup(self) -> dict[str, int]:
        return {bytes(one).decode(): row for row, one in enumerate(self.encoded)}


def _encode(ids: Sequence[str] | NDArray) -> NDArray[np.bytes_]:
    encoded = [one.encode() for one in ids]
    width = max((len(one) for one in encoded), default=1)
    require(not any(one.endswith(b"\0") for one in encoded), "an id ends in a NUL character, which cannot be stored")
    return np.array(encoded, dtype=f"S{max(width, 1)}")
