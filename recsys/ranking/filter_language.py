"""The filter language: `tags has any ("cats", "dogs") and duration_s < 300 and not source = "vendor:x"`.

A clause asks one field; clauses are joined by `and`, `or`, `not` and parentheses. What a video does not tell is not
matched by any clause, so `not` matches it.

    filter  = either;             either = both {"or" both};    both = negated {"and" negated}
    negated = "not" negated | "(" either ")" | clause
    clause  = field ("=" | "!=" | "<" | "<=" | ">" | ">=") value | field "in" "(" value {"," value} ")"
            | field "has" ["any" | "all"] (value | "(" value {"," value} ")") | field "exists"
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias

from recsys.facts import ATTRIBUTE
from recsys.ranking.filter_tokens import FilterError, Token, tokens

MAX_DEPTH = 32
MAX_VALUES = 500
"""In one list."""
TEXTS = frozenset({"video_id", "language", "source", "state"})
NUMBERS = frozenset({"duration_s", "age_days"})
TIMES = frozenset({"published_at"})
TAGS = "tags"
OWN = frozenset({*TEXTS, *NUMBERS, *TIMES, TAGS})
"""Fields that every video has; any other name is an attribute of the platform's own."""
Value: TypeAlias = str | float | bool
Span = tuple[int, int]


@dataclass(frozen=True)
class Compare:
    """A field beside one value."""

    name: str
    sign: str
    """One of = != < <= > >=."""
    value: Value
    span: Span = field(compare=False, default=(0, 0))


@dataclass(frozen=True)
class Has:
    """A field of several values, such as tags, that has any or all of these."""

    name: str
    values: tuple[Value, ...]
    is_all: bool = False
    span: Span = field(compare=False, default=(0, 0))


@dataclass(frozen=True)
class Exists:
    """A field that has any value."""

    name: str
    span: Span = field(compare=False, default=(0, 0))


@dataclass(frozen=True)
class Both:
    """Everything in it."""

    parts: tuple["Node", ...]
    span: Span = field(compare=False, default=(0, 0))


@dataclass(frozen=True)
class Either:
    """Anything in it."""

    parts: tuple["Node", ...]
    span: Span = field(compare=False, default=(0, 0))


@dataclass(frozen=True)
class Not:
    """The opposite."""

    part: "Node"
    span: Span = field(compare=False, default=(0, 0))


Clause: TypeAlias = Compare | Has | Exists
Node: TypeAlias = Clause | Both | Either | Not


@dataclass(frozen=True)
class Filter:
    """A filter that was read."""

    root: Node
    text: str = field(compare=False, default="")

    @property
    def clauses(self) -> tuple[Node, ...]:
        """What all have to match, one by one."""
        return self.root.parts if isinstance(self.root, Both) else (self.root,)

    def wording(self, node: Node) -> str:
        """A part of it as it was written."""
        return self.text[slice(*node.span)]


@lru_cache(maxsize=1024)
def parse(text: str) -> Filter:
    """Read a filter.

    Raises:
        FilterError: it cannot be read; the message says what was expected and where.
        DataError: it is too long.

    >>> parse('language = "en" and age_days < 7').clauses[1].value
    7.0
    >>> parse("duration_s < and")
    Traceback (most recent call last):
    recsys.ranking.filter_tokens.FilterError: expected a number, got `and`, at character 14
    duration_s < and
                 ^
    """
    reader = _Reader(text)
    root = reader.either(0)
    reader.expect("end", "", "expected `and`, `or` or the end")
    return Filter(root, text)


def tagged(tag_id: str) -> Filter:
    """The filter of the videos with a tag or one below it."""
    return Filter(Has(TAGS, (tag_id,)))


def named(*video_ids: str) -> Filter:
    """The filter of these videos."""
    return Filter(Has("video_id", video_ids))


def in_state(state: str) -> Filter:
    """The filter of the videos that are `cold`, `warming` or `warm`."""
    return Filter(Compare("state", "=", state))


class _Reader:
    """Goes through the words of a filter, one step a rule."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._at = text, tokens(text), 0

    def either(self, depth: int) -> Node:
        """Parts joined by `or`."""
        parts = [self._both(depth)]
        while self._take("keyword", "or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts), (parts[0].span[0], parts[-1].span[1]))

    def expect(self, kind: str, value: str, expected: str) -> Token:
        """Take a word. FilterError where another stands there."""
        found = self._take(kind, value)
        if found is None:
            raise self._error(expected)
        return found

    def _both(self, depth: int) -> Node:
        parts = [self._negated(depth)]
        while self._take("keyword", "and"):
            parts.append(self._negated(depth))
        flat = tuple(inner for one in parts for inner in (one.parts if isinstance(one, Both) else (one,)))
        return parts[0] if len(parts) == 1 else Both(flat, (parts[0].span[0], parts[-1].span[1]))

    def _negated(self, depth: int) -> Node:
        start = self._next.start
        if depth >= MAX_DEPTH:
            raise FilterError(self._text, start, f"a filter is at most {MAX_DEPTH} parts deep")
        if self._take("keyword", "not"):
            part = self._negated(depth + 1)
            return Not(part, (start, part.span[1]))
        if self._take("sign", "("):
            inside = self.either(depth + 1)
            closed = self.expect("sign", ")", "expected `and`, `or` or `)`")
            return replace(inside, span=(start, closed.stop))
        return self._clause()

    def _clause(self) -> Node:
        named = self._next
        if named.kind != "name":
            raise self._error("expected a field, such as tags, duration_s or attributes.studio, `not` or `(`")
        self._at += 1
        name = named.value if named.value in OWN or named.value.startswith(ATTRIBUTE) else f"{ATTRIBUTE}{named.value}"
        word = self._next
        self._at += 1
        if word.kind == "keyword" and word.value == "exists":
            return Exists(name, (named.start, word.stop))
        if word.kind == "keyword" and word.value == "in":
            return self._has(name, named.start, is_all=False)
        if word.kind == "keyword" and word.value == "has":
            is_all = self._take("keyword", "all") is not None
            if not is_all:
                self._take("keyword", "any")
            return self._has(name, named.start, is_all)
        self._at -= 1
        if word.kind == "sign" and word.value in "<=>=!=" and name != TAGS:
            return self._compare(name, named)
        signs = "`has`" if name == TAGS else "=, !=, <, <=, >, >=, `in`, `has`"
        raise self._error(f"expected {signs} or `exists`")

    def _compare(self, name: str, named: Token) -> Node:
        sign = self._next
        if sign.value not in ("=", "!=") and name in TEXTS:
            raise self._error(f"expected = or !=: {name} is text")
        self._at += 1
        ordered = sign.value not in ("=", "!=")
        value = self._value(name, is_number=ordered and name not in TIMES)
        return Compare(name, sign.value, value, (named.start, self._tokens[self._at - 1].stop))

    def _has(self, name: str, start: int, is_all: bool) -> Node:
        if not self._take("sign", "("):
            return Has(name, (self._value(name),), is_all, (start, self._tokens[self._at - 1].stop))
        values = [self._value(name)]
        while self._take("sign", ","):
            if len(values) == MAX_VALUES:
                raise FilterError(self._text, self._next.start, f"a list has at most {MAX_VALUES} values")
            values.append(self._value(name))
        closed = self.expect("sign", ")", "expected `,` or `)`")
        return Has(name, tuple(values), is_all, (start, closed.stop))

    def _value(self, name: str, is_number: bool = False) -> Value:
        found = self._next
        value, expected = _read(found, name, is_number)
        if value is None:
            raise self._error(f"expected {expected}")
        self._at += 1
        return value

    @property
    def _next(self) -> Token:
        return self._tokens[min(self._at, len(self._tokens) - 1)]

    def _take(self, kind: str, value: str) -> Token | None:
        found = self._next
        if found.kind != kind or found.value != value:
            return None
        self._at += 1
        return found

    def _error(self, expected: str) -> FilterError:
        return FilterError(self._text, self._next.start, f"{expected}, got {self._next}")


def _read(found: Token, name: str, is_number: bool) -> tuple[Value | None, str]:
    """A word as a value of a field, None where it is none, and what would be one."""
    text = found.value if found.kind == "text" else None
    number = float(found.value) if found.kind == "number" else None
    if name in TIMES:
        return _time(text), 'a time, such as "2026-01-01" or "2026-01-01T12:00:00Z"'
    if name in NUMBERS or is_number:
        return number, "a number"
    if name in TEXTS or name == TAGS:
        return text, 'text in double quotes, such as "cats"'
    is_flag = found.kind == "keyword" and found.value in ("true", "false")
    plain = (found.value == "true") if is_flag else text if text is not None else number
    return plain, "text in double quotes, a number, true or false"


def _time(text: str | None) -> float | None:
    """ms since 1970; a time without an offset is UTC."""
    try:
        parsed = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return round((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1000)
