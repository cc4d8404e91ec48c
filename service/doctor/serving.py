"""What is served: the shelf, its live bundle, what the store has that the bundle lacks, and the memory it takes."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from recsys.shelf import Shelf
from recsys.timeline import iso
from service.doctor.findings import Finding, failed, ok, warning
from service.doctor.machine import look_at_memory
from service.settings import Settings
from service.snapshot import Snapshot, caught_up, open_snapshot, tried
from service.storage.store import Store
from service.storage.tables import EVENTS, TAGGINGS, VIDEOS

DAY_S = 86_400
OLD_DAYS = 7
MOST_LACKING = 0.2
"""Share of the store's videos that a bundle may not know before it is time to train."""
TRAIN = "run `tagreel run`, which trains, evaluates and publishes"


def look_at_shelf(settings: Settings, store: Store | None, workers: int, now: int) -> Iterator[Finding]:
    """The shelf, the live bundle and what it takes to serve it.

    Args:
        settings: of the service.
        store: read-only, at this version's schema; None where there is none.
        workers: how many processes are to answer.
        now: ms.
    """
    shelf = Shelf(settings.bundles)
    history = shelf.history()
    if not history:
        yield failed("shelf", f"no bundle is published in {settings.bundles}", TRAIN)
        return
    before = f", {history[-2]} before it" if len(history) > 1 else ", none before it to roll back to"
    yield ok("shelf", f"{settings.bundles}: {history[-1]} is live{before}")
    folder = shelf.folder(history[-1])
    snapshot = tried(open_snapshot(folder), now)
    size = sum(one.stat().st_size for one in folder.resolve().rglob("*") if one.is_file())
    yield ok("bundle", f"{len(snapshot.catalogue):,} videos, {size / 2**20:,.0f} MiB, every hash right, and it answers")
    yield _age(snapshot, now)
    if store is not None:
        snapshot = caught_up(snapshot, store, 0, now)
        with store.reading() as connection:
            yield _lacks(connection, snapshot)
    yield from look_at_memory(workers, size)


def _age(snapshot: Snapshot, now: int) -> Finding:
    days = (now - snapshot.bundle.as_of) / 1000 / DAY_S
    what = f"knows what happened until {iso(snapshot.bundle.as_of)}, {max(days, 0):.1f} days ago"
    return warning("age", what, TRAIN) if days > OLD_DAYS else ok("age", what)


def _lacks(connection: Connection, snapshot: Snapshot) -> Finding:
    """New videos are ranked by their tags alone, and what happened since moves nobody else's list."""
    ids, as_of = snapshot.bundle.contents.ids, snapshot.bundle.as_of
    listed = list(connection.scalars(select(VIDEOS.c.video_id).where(~VIDEOS.c.deleted)))
    videos = int((ids.rows(listed) < 0).sum()) if listed else 0
    taggings = _count(connection, TAGGINGS.c.known_at >= as_of)
    events = _count(connection, EVENTS.c.received_at >= as_of)
    what = f"the bundle lacks {videos:,} of {len(listed):,} videos, {taggings:,} taggings and {events:,} events"
    return warning("news", what, TRAIN) if videos > MOST_LACKING * len(listed) else ok("news", what)


def _count(connection: Connection, where: object) -> int:
    return connection.scalar(select(func.count()).where(where)) or 0  # type: ignore[arg-type]
