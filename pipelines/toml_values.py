"""One TOML value to the type that a config's field declares, and back to a plain value."""

import math
import re
import tomllib
import types
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from recsys.errors import ConfigError

Build = Callable[[Any, dict[str, Any], "Place"], Any]
PASSWORD = re.compile(r"(?<=://)([^:/@]*):[^@]*@")


@dataclass(frozen=True)
class Override:
    """A value from the command line, read as TOML only where the field is not text."""

    text: str


@dataclass(frozen=True)
class Place:
    """Where a value stands: for messages, and for relative paths."""

    file: str
    folder: Path
    key: str = ""

    def at(self, key: str) -> "Place":
        """The place of a key below this one."""
        return Place(self.file, self.folder, f"{self.key}.{key}" if self.key else key)

    def says(self, message: str) -> bool:
        """Whether a message already names the file."""
        return message.startswith(f"{self.file}: ")


def converted(value: Any, hint: Any, place: Place, build: Build) -> Any:
    """The value as its hint wants it; `build` makes nested dataclasses. ConfigError names key, value and type."""
    if isinstance(value, Override):
        value, place = _typed(value, hint), Place("--set", Path.cwd(), place.key)
    if is_dataclass(hint):
        return build(hint, value, place) if isinstance(value, dict) else _refuse(value, hint, place)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _one_of(value, inner, place, build)
    if origin is Literal:
        return value if value in inner else _refuse(value, hint, place)
    if origin is tuple and isinstance(value, list):
        return tuple(converted(one, inner[0], place.at(str(at)), build) for at, one in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: converted(one, inner[1], place.at(key), build) for key, one in value.items()}
    return _scalar(value, hint, place)


def _scalar(value: Any, hint: Any, place: Place) -> Any:
    if hint is float and value in ("inf", "-inf"):
        return float(value)
    if hint is float:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)
        return float(value) if is_number else _refuse(value, hint, place)
    if hint is str and isinstance(value, (date, datetime)):
        return value.isoformat()  # TOML has times of its own
    if hint is Path and isinstance(value, str) and value:
        return place.folder / Path(value).expanduser()
    return value if type(value) is hint else _refuse(value, hint, place)


def _one_of(value: Any, hints: tuple[Any, ...], place: Place, build: Build) -> Any:
    """A union: None, else the only other type, else the first of several that takes the value."""
    if value is None and type(None) in hints:
        return None
    others = [one for one in hints if one is not type(None)]
    if len(others) == 1:
        return converted(value, others[0], place, build)
    for one in others:
        try:
            return converted(value, one, place, build)
        except ConfigError:
            continue
    return _refuse(value, tuple(others), place)


def _typed(given: Override, hint: Any) -> Any:
    """Text stays text where text is wanted; anything else is read as a TOML value."""
    try:
        value = tomllib.loads(f"value = {given.text}")["value"]
    except tomllib.TOMLDecodeError:
        return given.text
    wanted = {str, Path} & {hint, *(get_args(hint) if get_origin(hint) in (Union, types.UnionType) else ())}
    return given.text if wanted and not isinstance(value, (str, list, dict)) else value


def _refuse(value: Any, hint: Any, place: Place) -> Any:
    raise ConfigError(f"{place.file}: {place.key} is {value!r}; it must be {_name(hint)}")


def _name(hint: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(hint, tuple):
        return " or ".join(_name(one) for one in hint)
    if origin is Literal:
        return "one of " + ", ".join(repr(one) for one in inner)
    if origin is tuple:
        return f"a list, each {_name(inner[0])}"
    if origin is dict:
        return f"a table, each value {_name(inner[1])}"
    if origin in (Union, types.UnionType):
        return " or ".join(_name(one) for one in inner)
    if is_dataclass(hint):
        return "a table with keys " + ", ".join(one.name for one in fields(hint))
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text", Path: "a path"}
    return words.get(hint, str(hint))


def described(one: "Field[Any]") -> str:
    """`required` where a field has no default, else `optional`."""
    return "required" if one.default is MISSING and one.default_factory is MISSING else "optional"


def plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, str):
        return PASSWORD.sub(r"\1:***@", value)
    return str(value) if isinstance(value, Path) else value
