"""A taxonomy's file, its form told by its ending."""

from collections.abc import Callable
from pathlib import Path

from recsys.errors import ConfigError, DataError, require
from recsys.tags.catalogue import TagCatalogue
from recsys.tags.exchange.csv_form import from_csv, to_csv
from recsys.tags.exchange.json_form import from_json, to_json
from recsys.tags.exchange.skos_form import from_skos, to_skos

MAX_BYTES = 64 * 2**20
FORMS: dict[str, tuple[Callable[[TagCatalogue], bytes], Callable[[bytes], TagCatalogue]]] = {
    ".json": (to_json, from_json), ".csv": (to_csv, from_csv),
    ".rdf": (to_skos, from_skos), ".xml": (to_skos, from_skos),
}  # fmt: skip


def written(catalogue: TagCatalogue, path: Path) -> bytes:
    """What a file of that name holds; ConfigError for an ending that is none of `FORMS`."""
    return _form(path)[0](catalogue)


def read(path: Path) -> TagCatalogue:
    """The taxonomy in a file.

    Raises:
        ConfigError: the file's ending is none of `FORMS`.
        DataError: hostile, damaged, or no taxonomy; the message names the file and the place in it.
    """
    _, from_bytes = _form(path)
    require(path.stat().st_size <= MAX_BYTES, f"{path} has {path.stat().st_size} bytes; {MAX_BYTES} are allowed")
    try:
        return from_bytes(path.read_bytes())
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def _form(path: Path) -> tuple[Callable[[TagCatalogue], bytes], Callable[[bytes], TagCatalogue]]:
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise ConfigError(f"{path} ends in {path.suffix!r}; a taxonomy is a file that ends in {', '.join(FORMS)}")
    return form
