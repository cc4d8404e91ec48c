"""One tag of a taxonomy with all that is said of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from recsys.errors import require
from recsys.schema import DIMENSIONS, MAX_ID_LENGTH, TAG_STATUSES

MAX_NAME = 500
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}([-_][A-Za-z0-9]{1,8}){0,4}", re.ASCII)


@dataclass(frozen=True, order=True)
class Name:
    """What a tag is called in one language."""

    language: str
    text: str
    is_alias: bool = False

    @property
    def fault(self) -> str | None:
        """What is wrong with it; None where nothing is."""
        if not self.text.strip() or len(self.text) > MAX_NAME or not self.text.isprintable():
            return f"a name has 1 to {MAX_NAME} printable characters"
        return None if _LANGUAGE.fullmatch(self.language) else "a language looks like en or zh-Hans"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A tag, its place and its names.

    Raises:
        DataError: an id is empty, too long or holds a control character; the dimension or status is none; a name is
            empty or there twice; a merge without a target, or a target without a merge.
    """

    tag_id: str
    dimension: str = "custom"
    parent_id: str | None = None
    status: str = "active"
    merged_into: str | None = None
    names: tuple[Name, ...] = ()
    iab: str | None = None
    """The id in the IAB Content Taxonomy 3.1 that fits best."""

    def __post_init__(self) -> None:
        """Check every field."""
        for what in ("tag_id", "parent_id", "merged_into"):
            one = getattr(self, what)
            fine = one is None or (one.strip() and len(one) <= MAX_ID_LENGTH and one.isprintable())
            require(bool(fine), f"{what} is {one!r}; an id has 1 to {MAX_ID_LENGTH} printable characters")
        what = f"tag {self.tag_id!r}"
        require(
            self.dimension in DIMENSIONS,
            f"{what} has the dimension {self.dimension!r}; it must be one of {', '.join(DIMENSIONS)}",
        )
        require(
            self.status in TAG_STATUSES,
            f"{what} has the status {self.status!r}; it must be one of {', '.join(TAG_STATUSES)}",
        )
        require(
            (self.status == "merged") == (self.merged_into is not None),
            f"{what} is {self.status} and merged into {self.merged_into!r}; merged tags, and only those, name a target",
        )
        require(
            self.iab is None or (self.iab.isalnum() and self.iab.isascii()), f"{what} has {self.iab!r} as its IAB id"
        )
        self._check_names(what)

    def _check_names(self, what: str) -> None:
        for one in self.names:
            require(one.fault is None, f"{what} has the name {one.text[:50]!r} in {one.language!r}; {one.fault}")
        twice = len({(one.language, one.text) for one in self.names}) != len(self.names)
        require(not twice, f"{what} has a name twice in one language")

    def display_name(self, language: str = "en") -> str:
        """Its name in that language; else in another, else its id."""
        ordered = sorted(self.names, key=lambda one: (one.is_alias, one.language != language))
        return ordered[0].text if ordered else self.tag_id


def names_of(by_language: Iterable[tuple[str, str, Iterable[str]]]) -> tuple[Name, ...]:
    """Names out of (language, name, aliases); an empty one and repeats are left out."""
    found: dict[tuple[str, str], Name] = {}
    for language, name, aliases in by_language:
        for position, text in enumerate((name, *aliases)):
            if text.strip():
                found.setdefault((language, text.strip()), Name(language, text.strip(), is_alias=position > 0))
    return tuple(found.values())
