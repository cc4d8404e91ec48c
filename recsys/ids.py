"""External ids (strings) to catalogue rows (int32) and back; the only place where the two meet."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recsys.errors import DataError, require
from recsys.schema import Rows

UNKNOWN = "surrogatepass"
"""How ids that are looked up are encoded: what is no text becomes bytes that no stored id has."""


class Ids:
    """An immutable set of ids. A row is a position in it.

    Kept as fixed-width UTF-8 bytes, so a bundle can memory-map it; sorted by those bytes, so looking up needs no table.
    Ids that came later are `appended` behind, in their own order, so that older rows stay as they were.

    >>> ids = Ids.of(["b", "a", "c"])
    >>> ids.rows(["c", "nobody"]).tolist(), ids[0], ids.appended(["aa"]).row("aa")
    ([2, -1], 'a', 3)
    """

    def __init__(self, encoded: NDArray[np.bytes_], later: tuple[str, ...] = ()) -> None:
        """Wrap bytes already sorted and unique, as `of` or a bundle makes them.

        Args:
            encoded: (n,) UTF-8 bytes, strictly increasing.
            later: further ids, none of them among the first.
        """
        self.encoded = encoded
        self.later = later

    @classmethod
    def of(cls, ids: Iterable[str]) -> "Ids":
        """Index these ids; repeats count once. DataError where one is empty, no text, or ends in a NUL character."""
        given = list(ids)
        require("" not in given, "an id is empty; every viewer, video and tag needs one")
        require(not any(_ends_in_nul(one) for one in given), "an id ends in a NUL character, which cannot be stored")
        try:
            return cls(np.unique(_encode(given, "strict")))
        except UnicodeEncodeError as error:
            raise DataError(f"the id {error.object!r} holds half a character: {error.reason}") from None

    def appended(self, more: Iterable[str]) -> "Ids":
        """The same rows, and behind them those of `more` that are new, in the order given."""
        new = [one for one in dict.fromkeys(more) if one not in self]
        return Ids(self.encoded, (*self.later, *new)) if new else self

    def rows(self, ids: Sequence[str] | NDArray) -> Rows:
        """(n,) row of each id, -1 where it is unknown."""
        if self.later:
            return np.array([self.row(one) for one in ids], np.int32)
        found = self.rows_of_encoded(_encode(ids))
        found[[_ends_in_nul(one) for one in ids]] = -1  # numpy cannot tell it from the id without
        return found

    def rows_of_encoded(self, encoded: NDArray[np.bytes_]) -> Rows:
        """(n,) row of each id given as UTF-8 bytes, -1 where it is not among the sorted ones."""
        if not len(self.encoded):
            return np.full(len(encoded), -1, np.int32)
        at = np.minimum(np.searchsorted(self.encoded, encoded), len(self.encoded) - 1)
        return np.where(self.encoded[at] == encoded, at, -1).astype(np.int32)

    def row(self, one: str) -> int:
        """The row of one id, -1 where it is unknown."""
        encoded = one.encode(errors=UNKNOWN)
        at = int(np.searchsorted(self.encoded, np.bytes_(encoded)))
        if at < len(self.encoded) and bytes(self.encoded[at]) == encoded:
            return at
        return self._later_rows.get(one, -1) if self.later else -1

    def __getitem__(self, row: int) -> str:
        n = len(self.encoded)
        return bytes(self.encoded[row]).decode() if row < n else self.later[row - n]

    def take(self, rows: Rows) -> list[str]:
        """The ids at these rows."""
        return [self[int(row)] for row in rows]

    def __len__(self) -> int:
        return len(self.encoded) + len(self.later)

    def __contains__(self, one: str) -> bool:
        return self.row(one) >= 0

    @cached_property
    def _later_rows(self) -> dict[str, int]:
        return {one: len(self.encoded) + at for at, one in enumerate(self.later)}


def _encode(ids: Sequence[str] | NDArray, errors: str = UNKNOWN) -> NDArray[np.bytes_]:
    encoded = [one.encode(errors=errors) for one in ids]
    width = max((len(one) for one in encoded), default=1)
    return np.array(encoded, dtype=f"S{max(width, 1)}")


def _ends_in_nul(one: str) -> bool:
    return one.endswith("\0")
