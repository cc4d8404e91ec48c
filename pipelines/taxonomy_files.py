"""Taxonomies between files and the store."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.store import opened_store, prepare_store
from pipelines.tag_store import TagStore, writing
from recsys.tags.catalogue import TagCatalogue
from recsys.tags.exchange.files import read, written
from recsys.tags.shipped import default_taxonomy


@dataclass(frozen=True, kw_only=True)
class TaxonomySummary:
    """What was moved."""

    where: str
    tags: int
    version: str
    changed: int
    kept: tuple[str, ...] = ()
    """Tags that stay merged or banned in the store though the file has them active."""

    def lines(self) -> list[str]:
        """The summary in words."""
        first = f"{self.where}: {self.tags} tags, version {self.version}, {self.changed} of them new or changed"
        return [first, *([f"still merged or banned: {', '.join(self.kept)}"] if self.kept else [])]


def import_taxonomy(url: str, given: TagCatalogue) -> TaxonomySummary:
    """Put a taxonomy's tags into the store, all or none; tags that the store has besides stay, and so do its merges.

    Raises:
        DataError: together with the store's own tags it would be no taxonomy.
    """
    prepare_store(url)
    with opened_store(url) as engine, writing(engine) as store:
        before = store.catalogue()
        joined, kept = before.joined(given)
        wanted = [joined.by_id[one.tag_id] for one in given.nodes]
        changed = store.put(wanted, _now_ms())
    return TaxonomySummary(
        where=url_shown(url), tags=len(joined.nodes), version=joined.version, changed=changed, kept=kept
    )


def export_taxonomy(given: TagCatalogue, path: Path) -> TaxonomySummary:
    """Write a taxonomy into a file, whole or not at all. Where it is there already, its history goes on.

    Raises:
        ConfigError: the file's ending is none.
        DataError: the file that is there is no taxonomy, or its form cannot hold this one.
    """
    at = datetime.now(UTC).isoformat(timespec="seconds")
    before = read(path) if path.exists() else TagCatalogue(())
    told = before.followed_by(given.with_iab_of(before), at) if path.exists() else given
    return _placed(told, path, before)


def replace_taxonomy(made: TagCatalogue, path: Path) -> TaxonomySummary:
    """Put an edited taxonomy, with its own history, in the place of the file that it was read from."""
    return _placed(made, path, read(path))


def _placed(told: TagCatalogue, path: Path, before: TagCatalogue) -> TaxonomySummary:
    data = written(told, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    changed = sum(before.by_id.get(one.tag_id) != one for one in told.nodes)
    return TaxonomySummary(where=str(path), tags=len(told.nodes), version=told.version, changed=changed)


def stored_taxonomy(url: str) -> TagCatalogue:
    """The store's taxonomy, with the IAB ids of the shipped tags in it."""
    with opened_store(url) as engine, engine.connect() as connection:
        return TagStore(connection).catalogue().with_iab_of(default_taxonomy())


def url_shown(url: str) -> str:
    """The store's address without its password."""
    head, at, tail = url.rpartition("@")
    return f"{head.rpartition(':')[0]}:…@{tail}" if at and head.count(":") > 1 else url


def _now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)
