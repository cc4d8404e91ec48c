"""The words of the filter language, and how an error points at one."""

import re
from dataclasses import dataclass

from recsys.errors import DataError, require

MAX_LENGTH = 2_000
"""Characters of a filter."""
KEYWORDS = frozenset({"and", "or", "not", "in", "has", "any", "all", "exists", "true", "false"})
_TOKEN = re.compile(
    r"""\s+
    | (?P<name>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w))
    | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<sign><=|>=|!=|[<>=(),])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class FilterError(DataError):
    """A filter cannot be read; the message says what was expected and points at the character."""

    def __init__(self, text: str, start: int, expected: str) -> None:
        begin = text.rfind("\n", 0, start) + 1
        line = text[begin:].split("\n", 1)[0]
        first = max(start - begin - 60, 0)
        shown = line[first : first + 120].replace("\t", " ")
        caret = " " * (start - begin - first) + "^"
        super().__init__(f"{expected}, at character {start + 1}\n{shown}\n{caret}")
        self.start, self.expected = start, expected


@dataclass(frozen=True)
class Token:
    """One word of a filter and where it stands."""

    kind: str
    """`name`, `keyword`, `number`, `text`, `sign` or `end`."""
    value: str
    """Of text, what it says, without quotes and escapes."""
    start: int
    stop: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f'"{self.value}"' if self.kind == "text" else f"`{self.value}`"


def tokens(text: str) -> list[Token]:
    """The words of a filter, with one of kind `end` behind them. FilterError where a character begins none."""
    require(len(text) <= MAX_LENGTH, f"a filter has at most {MAX_LENGTH} characters; this one has {len(text)}")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FilterError(text, at, _strange(text[at]))
        at = match.end()
        if match.lastgroup is not None:
            found.append(_token(text, match.lastgroup, match))
    return [*found, Token("end", "", len(text), len(text))]


def _token(text: str, kind: str, match: re.Match[str]) -> Token:
    value = match.group()
    if kind == "name" and value.lower() in KEYWORDS:
        kind, value = "keyword", value.lower()
    if kind == "text":
        value = _unescaped(text, match.start() + 1, match.end() - 1)
    return Token(kind, value, match.start(), match.end())


def _unescaped(text: str, start: int, stop: int) -> str:
    parts: list[str] = []
    while start < stop:
        one = text[start]
        if one == "\\":
            start += 1
            if text[start] not in _ESCAPES:
                raise FilterError(text, start - 1, 'expected \\", \\\\, \\n or \\t')
            one = _ESCAPES[text[start]]
        parts.append(one)
        start += 1
    return "".join(parts)


def _strange(character: str) -> str:
    match character:
        case '"':
            return 'text that begins here has no closing "'
        case "'":
            return 'expected text in double quotes, such as "cats"'
        case "&" | "|" | "!":
            return f"{character} is no word of filters; they have and, or, not and !="
    return f"{character!r} begins no name, number, text or sign"
