"""One TOML file into nested frozen dataclasses, led by their type hints; and back into plain values for manifests.

A field may be int, float, bool, str, Path, Literal, tuple[X, ...], dict[str, X], a dataclass, or a union of these with
None. A relative path is relative to the file's folder; a path given on the command line, to the current one.
"""

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from pipelines.toml_values import Override, Place, converted, described, plain
from recsys.errors import ConfigError, require

T = TypeVar("T")


def read_config(kind: type[T], path: Path | None = None, overrides: Sequence[str] = ()) -> T:
    """Build a config from a TOML file and `dotted.key=value` overrides.

    Args:
        kind: a dataclass; fields it does not get keep their defaults.
        path: the file; None reads only the overrides, relative to the current folder.
        overrides: each wins over the file.

    Raises:
        ConfigError: the file cannot be read, a key is unknown or missing, a value is of the wrong type or range.
    """
    values = _parsed(path) if path else {}
    for override in overrides:
        _override(values, override)
    return build(kind, values, Place(str(path or "--set"), (path.parent if path else Path()).resolve()))


def build(kind: type[T], values: dict[str, Any], place: Place) -> T:
    """One dataclass from the values of one TOML table."""
    hints = get_type_hints(kind)
    known = [one for one in fields(kind) if one.init]  # type: ignore[arg-type]
    for key in values:
        require(
            key in {one.name for one in known}, _unknown(place.at(key), key, [one.name for one in known]), ConfigError
        )
    given = {one.name: place.folder / one.default for one in known if isinstance(one.default, Path)}
    given |= {key: converted(value, hints[key], place.at(key), build) for key, value in values.items()}
    try:
        return kind(**given)
    except ConfigError as error:
        raise ConfigError(str(error) if place.says(str(error)) else f"{place.file}: {error}") from None
    except TypeError:
        lacking = [one for one in known if one.name not in given and described(one) == "required"]
        if not lacking:
            raise
        keys = ", ".join(place.at(one.name).key for one in lacking)
        raise ConfigError(f"{place.file}: {keys} is missing; it has no default, so set it") from None


def as_dict(config: Any) -> dict[str, Any]:
    """A config as values that JSON and `build` take: paths as text, infinity as "inf", passwords as ***."""
    require(is_dataclass(config), f"as_dict takes a config dataclass; got {type(config).__name__}", ConfigError)
    return plain(config)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; name the configuration with --config FILE") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None


def _override(values: dict[str, Any], override: str) -> None:
    """Set one dotted key."""
    dotted, equals, text = override.partition("=")
    keys = [key.strip() for key in dotted.split(".")]
    require(bool(equals) and all(keys), f"--set {override!r} must look like key=value or table.key=value", ConfigError)
    for depth, key in enumerate(keys[:-1]):
        values = values.setdefault(key, {})
        parent = ".".join(keys[: depth + 1])
        require(isinstance(values, dict), f"--set {override!r}: {parent} is a value, not a table of keys", ConfigError)
    values[keys[-1]] = Override(text.strip())


def _unknown(place: Place, key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    prefix = place.key.removesuffix(key)
    hint = f"the nearest known key is {prefix}{near[0]}" if near else f"known keys: {', '.join(sorted(known))}"
    return f"{place.file}: unknown key {place.key}; {hint}"
