"""A vendor's payload, read with suspicion: strict JSON within limits, and every complaint names the place in it."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from recsys.errors import DataError, require

MAX_DIGITS = 18
"""Of a whole number: what a 64-bit integer can hold."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How large a payload may be."""

    n_bytes: int = 16 * 2**20
    n_values: int = 1_000_000
    """Objects, lists and what they hold; memory grows with these, not with bytes."""
    depth: int = 32
    n_characters: int = 20_000
    """Of one name or sentence. Longer texts only where they hold JSON."""


@dataclass(frozen=True)
class Field:
    """One value of a payload, and where it stands. A missing one is a field that holds None."""

    value: Any
    path: str
    limits: Limits

    def fail(self, rule: str) -> DataError:
        """An error that names this place, what stands there and the rule it breaks."""
        return DataError(f"{self.path} is {_shown(self.value)}; {rule}")

    def __getitem__(self, key: str) -> "Field":
        """The value at a key of this object."""
        if self.value is None:
            return Field(None, f"{self.path}.{key}", self.limits)
        if not isinstance(self.value, dict):
            raise self.fail(f"it must be an object, with {key!r} in it")
        return Field(self.value.get(key), f"{self.path}.{key}", self.limits)

    def __iter__(self) -> Iterator["Field"]:
        """Each item of this list; none where it is missing."""
        if not isinstance(self.value, list | None):
            raise self.fail("it must be a list")
        for position, one in enumerate(self.value or ()):
            yield Field(one, f"{self.path}[{position}]", self.limits)

    def __bool__(self) -> bool:
        """Whether anything stands here."""
        return self.value is not None

    def keys(self) -> list[str]:
        """The keys of this object."""
        if not isinstance(self.value, dict | None):
            raise self.fail("it must be an object")
        return list(self.value or ())

    def first(self, *keys: str) -> "Field":
        """The value at the first of these keys that holds one; the last key's where none does."""
        found = [self[key] for key in keys]
        return next((one for one in found if one), found[-1])

    def text(self) -> str:
        """A text without blanks around it; empty where it is missing or null. Numbers count as their digits."""
        if self.value is None:
            return ""
        if not isinstance(self.value, str | int | float) or isinstance(self.value, bool):
            raise self.fail("it must be text")
        found = str(self.value).strip()
        if len(found) > self.limits.n_characters:
            raise self.fail(f"it has {len(found)} characters, {self.limits.n_characters} are allowed")
        return found

    def number(self) -> float:
        """A number, or a text that is one."""
        if isinstance(self.value, int | float) and not isinstance(self.value, bool):
            return float(self.value)
        try:
            found = float(self.value) if isinstance(self.value, str) else float("nan")
        except ValueError:
            raise self.fail("it must be a number") from None
        if found - found != 0:  # neither NaN nor infinite
            raise self.fail("it must be a finite number")
        return found

    def embedded(self) -> "Field":
        """The JSON inside this text; itself where it is no text, and missing where that is blank."""
        if not isinstance(self.value, str):
            return self
        if not self.value.strip():
            return Field(None, self.path, self.limits)
        return parsed(self.value.encode(errors="surrogatepass"), self.limits, self.path)


def parsed(data: bytes, limits: Limits = Limits(), path: str = "$") -> Field:
    """Read JSON of an untrusted origin.

    Args:
        data: UTF-8, with or without a byte order mark.
        limits: how large it may be.
        path: what to call its top in messages.

    Raises:
        DataError: it is no JSON, too large or too deep, has a key twice, a number that is not finite or too long, or a
            text that is no Unicode; the message names the place.

    >>> parsed(b'{"a": [1, {"b": 2, "b": 3}]}')
    Traceback (most recent call last):
    recsys.errors.DataError: $.a[1] has the key 'b' twice
    """
    require(len(data) <= limits.n_bytes, f"{path} has {len(data)} bytes; {limits.n_bytes} are allowed")
    n_values = data.count(b",") + data.count(b"[") + data.count(b"{")  # never fewer than there are, commas in texts too
    require(n_values <= limits.n_values, f"{path} holds up to {n_values} values; {limits.n_values} are allowed")
    try:
        value = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_object, parse_int=_whole, parse_float=_real,
            parse_constant=_Refused,
        )  # fmt: skip
    except RecursionError:
        raise DataError(f"{path} is nested too deep; {limits.depth} levels are allowed") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{path} is not JSON at character {error.pos}: {error.msg}") from None
    _check(value, limits, path)
    return Field(value, path, limits)


@dataclass(frozen=True)
class _Refused:
    """Stands in the tree where a value cannot be taken, until the walk that knows its place."""

    value: str
    complaint: Callable[[str], str] = "is {}; JSON numbers are finite".format


def _object(pairs: list[tuple[str, Any]]) -> Any:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
    return _Refused(twice, lambda key: f"has the key {_shown(key)} twice")


def _whole(digits: str) -> Any:
    if len(digits) <= MAX_DIGITS:
        return int(digits)
    return _Refused(digits, lambda text: f"has {len(text)} digits; {MAX_DIGITS} are allowed")


def _real(digits: str) -> Any:
    found = float(digits)
    return found if found - found == 0 else _Refused(digits)


@dataclass(frozen=True, slots=True)
class _Trail:
    """The keys that lead to a value, the last of them here."""

    key: Any
    above: "_Trail | None" = None
    depth: int = 0

    def __str__(self) -> str:
        if self.above is None:
            return str(self.key)
        return (
            f"{self.above}[{self.key}]" if isinstance(self.key, int) else f"{self.above}.{ascii(self.key)[1:-1][:80]}"
        )


def _check(top: Any, limits: Limits, path: str) -> None:
    """Walk the tree once, with a stack of its own."""
    waiting = [(top, _Trail(path))]
    while waiting:
        value, trail = waiting.pop()
        if isinstance(value, str):
            _check_text(value, trail)
        elif isinstance(value, dict | list):
            if trail.depth >= limits.depth:
                raise DataError(f"{trail} is nested too deep; {limits.depth} levels are allowed")
            if isinstance(value, dict):
                for key in value:
                    _check_text(key, trail)
            items: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
            waiting.extend((one, _Trail(key, trail, trail.depth + 1)) for key, one in items if not _is_plain(one))
        elif isinstance(value, _Refused):
            raise DataError(f"{trail} {value.complaint(value.value)}")


def _is_plain(value: Any) -> bool:
    """Whether nothing can be wrong with a value by itself."""
    return (
        value is None
        or isinstance(value, int | float)
        or (isinstance(value, str) and value.isascii() and "\0" not in value)
    )


def _check_text(text: str, trail: _Trail) -> None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise DataError(f"{trail} holds half a character; texts must be Unicode") from None
    if "\0" in text:
        raise DataError(f"{trail} holds a NUL character")


def _shown(value: Any) -> str:
    names = {dict: "an object", list: "a list", type(None): "missing", bool: "true or false"}
    return names.get(type(value)) or ascii(value)[:80]
