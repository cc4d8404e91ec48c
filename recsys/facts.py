"""What filters ask of videos, turned: for each word the videos that have it, for each number its values.

A word is a field and one value of it, such as `language` and `en` or `attributes.studio` and `north`. A field is then
asked without looking at any video that does not have it, and a bundle's facts stay on disk until they are.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.ids import Ids
from recsys.schema import Doubles, Mask, Rows

FLAG, TEXT, AFTER = "\x1e", "\x1f", "\x20"
"""What stands between a field and its value, a boolean or text; and what sorts behind both."""
MAX_BYTES = 200
"""Longer words cannot be asked for; one would cost the room of all."""
LARGEST = 2**53
"""Whole numbers are exact up to here."""
MAX_DEPTH = 8
"""What lies deeper in an attribute cannot be asked for."""
ATTRIBUTE = "attributes."
"""What the fields of a platform's own attributes begin with."""


@dataclass(frozen=True, eq=False)
class Words:
    """One field's text: which videos have which value."""

    field: str
    values: Sequence[str]
    code: Rows  # (n,) position in `values`
    video: Rows  # (n,) position of the video
    mark: str = TEXT

    def keys(self) -> list[str]:
        """The word of each value; empty where it cannot be one."""
        return [_word(self.field, self.mark, one) for one in self.values]


@dataclass(frozen=True, eq=False)
class Numbers:
    """One field's numbers, one a video at most."""

    field: str
    video: Rows  # (n,) position of the video
    value: Doubles  # (n,)


@dataclass(frozen=True, eq=False)
class Facts:
    """Everything that can be asked of some videos."""

    words: Ids
    holders: sparse.csr_array  # (n_words, n_videos) bool
    fields: Ids
    """Those that hold numbers."""
    numbers: sparse.csr_array  # (n_fields, n_videos) float64; what is stored counts, a 0 too

    @classmethod
    def of(cls, n_videos: int, words: Iterable[Words], numbers: Iterable[Numbers]) -> "Facts":
        """Index them. Values that are empty, too long or no text are left out; of two numbers the larger stays."""
        keys, row, video = _indexed(list(words))
        shape = (len(keys), n_videos)
        once = np.unique(np.stack([row, video]), axis=1) if len(row) else np.empty((2, 0), np.int64)
        holders = sparse.coo_array((np.ones(once.shape[1], bool), (once[0], once[1])), shape=shape).tocsr()
        fields, values = _table(list(numbers), n_videos)
        return cls(keys, holders, fields, values)

    def having(self, key: str) -> Rows:
        """The videos that have a word, in order; see `text` and `flag`."""
        return self._row(self.holders, self.words.row(key))

    def having_any(self, field: str) -> Mask:
        """(n_videos,) which videos have any value of a field."""
        found = np.zeros(self.holders.shape[1], bool)
        ends = [np.bytes_(f"{field}{mark}".encode(errors="surrogatepass")) for mark in (FLAG, AFTER)]
        start, stop = np.searchsorted(self.words.encoded, ends)  # the words of a field lie together
        found[self.holders.indices[self.holders.indptr[start] : self.holders.indptr[stop]]] = True
        found[self.number(field)[0]] = True
        return found

    def number(self, field: str) -> tuple[Rows, Doubles]:
        """The videos that have a number in a field, and what it is."""
        row = self.fields.row(field)
        at = slice(self.numbers.indptr[row], self.numbers.indptr[row + 1]) if row >= 0 else slice(0)
        return self.numbers.indices[at], self.numbers.data[at]

    def _row(self, matrix: sparse.csr_array, row: int) -> Rows:
        return matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]] if row >= 0 else matrix.indices[:0]


def text(field: str, value: str) -> str:
    """The word of a field's text."""
    return f"{field}{TEXT}{value}"


def flag(field: str, value: bool) -> str:
    """The word of a field's boolean."""
    return f"{field}{FLAG}{str(value).lower()}"


def words_of(field: str, values: Sequence[str | None]) -> Words:
    """One value a video, None where there is none."""
    video = np.array([at for at, one in enumerate(values) if one], np.int32)
    names = sorted({one for one in values if one})
    at = {one: code for code, one in enumerate(names)}
    return Words(field, names, np.array([at[values[one] or ""] for one in video.tolist()], np.int32), video)


def attributes(documents: Iterable[tuple[int, str]]) -> tuple[list[Words], list[Numbers]]:
    """What JSON objects hold: text, booleans, numbers, lists of text; an object within one by `outer.inner`.

    Args:
        documents: (position of the video, JSON).
    """
    told: dict[tuple[str, str], list[tuple[str, int]]] = {}
    counted: dict[str, list[tuple[int, float]]] = {}
    for video, document in documents:
        for field, value in _leaves(json.loads(document), ATTRIBUTE, MAX_DEPTH):
            if isinstance(value, bool):
                told.setdefault((field, FLAG), []).append((str(value).lower(), video))
            elif isinstance(value, str):
                told.setdefault((field, TEXT), []).append((value, video))
            else:
                counted.setdefault(field, []).append((video, float(value)))
    return [_told(*key, rows) for key, rows in told.items()], [_counted(field, rows) for field, rows in counted.items()]


def _leaves(value: Any, outer: str, depth: int) -> Iterator[tuple[str, str | bool | int | float]]:
    """(field, value) of everything in an object that can be asked for."""
    for key, one in value.items() if isinstance(value, dict) and depth else ():
        field = f"{outer}{key}"
        if isinstance(one, dict):
            yield from _leaves(one, f"{field}.", depth - 1)
        elif isinstance(one, list):
            yield from ((field, each) for each in one if isinstance(each, str))
        elif isinstance(one, str | bool) or (isinstance(one, int | float) and abs(one) < LARGEST):
            yield field, one


def _told(field: str, mark: str, rows: list[tuple[str, int]]) -> Words:
    values = sorted({value for value, _ in rows})
    at = {one: code for code, one in enumerate(values)}
    code, video = np.array([(at[value], video) for value, video in rows], np.int32).T
    return Words(field, values, code, video, mark)


def _counted(field: str, rows: list[tuple[int, float]]) -> Numbers:
    return Numbers(field, np.array([video for video, _ in rows], np.int32), np.array([value for _, value in rows]))


def _indexed(words: list[Words]) -> tuple[Ids, Rows, Rows]:
    """All words, and (n,) the word and the video of each time that one is had."""
    made = [one.keys() for one in words]
    keys = Ids.of(key for each in made for key in each if key)
    rows, videos = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for one, each in zip(words, made, strict=True):
        at = keys.rows(each)[one.code] if each else one.code
        rows.append(at[at >= 0])
        videos.append(one.video[at >= 0])
    return keys, np.concatenate(rows), np.concatenate(videos)


def _word(field: str, mark: str, value: str) -> str:
    """The word of a field's value; empty where it cannot be one."""
    word = f"{field}{mark}{value}"
    is_plain = value and not set(f"{field}{value}") & {TEXT, FLAG, "\0"}
    return word if is_plain and len(word.encode(errors="surrogatepass")) <= MAX_BYTES and _is_text(word) else ""


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _table(numbers: list[Numbers], n_videos: int) -> tuple[Ids, sparse.csr_array]:
    kept = [one for one in numbers if _word(one.field, TEXT, "0")]
    fields = Ids.of(one.field for one in kept)
    row = np.concatenate([np.empty(0, np.int32), *(np.full(len(one.video), fields.row(one.field)) for one in kept)])
    video = np.concatenate([np.empty(0, np.int32), *(one.video for one in kept)])
    value = np.concatenate([np.empty(0), *(one.value for one in kept)])
    order = np.lexsort((value, video, row))
    row, video, value = row[order], video[order], value[order]
    last = np.append((row[1:] != row[:-1]) | (video[1:] != video[:-1]), True)[: len(row)]
    at = row[last].astype(np.int32), video[last].astype(np.int32)
    return fields, sparse.coo_array((value[last], at), shape=(len(fields), n_videos)).tocsr()
