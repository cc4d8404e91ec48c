"""The store: can it be reached and written, is it at this version's schema, is there room?"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, func, make_url, select

from recsys.timeline import iso
from service.auth.keys import DEFAULT_TENANT
from service.auth.places import settings_of
from service.doctor.findings import Finding, failed, ok, tried, warning
from service.doctor.reading import file_of, read_only
from service.settings import Settings
from service.storage.engine import shown_address
from service.storage.keys import tenants_of_keys
from service.storage.migrate import newest_revision, revision
from service.storage.store import Store
from service.storage.tables import EVENTS, METADATA

LEAST_FREE = 2**30
"""Bytes on the store's disk, and never less than the store itself takes."""
OLDEST_POSTGRES = 13
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
SKEW_S = 5.0
"""How far clocks may lie apart before it matters."""
MIGRATE = "run `tagreel migrate` with this version"


def look_at_store(settings: Settings, store: Store, now: int) -> Iterator[Finding]:
    """The default tenant's store, then every other tenant's.

    Args:
        settings: of the service.
        store: read-only.
        now: ms.
    """
    yield ok("store", shown_address(settings.store_url))
    url = make_url(settings.store_url)
    if url.get_backend_name() == "sqlite":
        yield from _sqlite(file_of(url), store)
    else:
        yield from _postgres(store)
    with store.reading() as connection:
        yield _schema("schema", revision(connection))
    if not is_current(store):
        return
    with store.reading() as connection:
        yield _clock(connection, now)
        tenants = [one for one in tenants_of_keys(connection) if one != DEFAULT_TENANT]
    for tenant in tenants:
        yield from _tenant(settings, tenant)


def is_current(store: Store) -> bool:
    """Whether a store is at this version's schema."""
    with store.reading() as connection:
        return revision(connection) == newest_revision()


def _schema(check: str, found: str | None) -> Finding:
    wanted = newest_revision()
    if found == wanted:
        return ok(check, f"revision {found}, as this version needs it")
    if found is not None and found > wanted:
        return failed(check, f"revision {found}; this version needs {wanted}", "install the newer version of Tagreel")
    return failed(check, f"revision {found or 'missing'}; this version needs {wanted}", MIGRATE)


def _clock(connection: Connection, now: int) -> Finding:
    """Events are stamped by whoever took them in: one from the future was stamped by a clock that is ahead."""
    last = connection.scalar(select(func.max(EVENTS.c.received_at)))
    if last is None:
        return ok("clock", "no event yet to compare it with")
    ahead = (last - now) / 1000
    if ahead > SKEW_S:
        what = f"the last event was received {ahead:.0f} s in the future, at {iso(last)}"
        return warning("clock", what, "synchronise the clocks of all machines (NTP)")
    return ok("clock", f"the last event was received {_ago(-ahead)} ago")


def _ago(seconds: float) -> str:
    for unit, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{max(seconds, 0):.0f} seconds"


def _tenant(settings: Settings, tenant: str) -> Iterator[Finding]:
    check, of = f"tenant {tenant}", settings_of(settings, tenant)

    def look() -> Iterator[Finding]:
        store = read_only(of.store_url)
        try:
            with store.reading() as connection:
                yield _schema(check, revision(connection))
        finally:
            store.close()

    yield from tried(check, look, f"`tagreel migrate` makes it; {shown_address(of.store_url)} must be readable")


def _sqlite(path: Path, store: Store) -> Iterator[Finding]:
    with store.reading() as connection:
        mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
    if mode == "wal":
        yield ok("journal", "WAL: readers wait for no writer")
    else:
        yield warning("journal", f"{mode}, not WAL", "start the service once; it sets WAL, but on network disks cannot")
    unwritable = [one for one in (path, path.parent) if not os.access(one, os.W_OK)]
    if unwritable:
        yield failed("writing", f"this user may not write {unwritable[0]}", "give it to the user that serves")
    size, free = path.stat().st_size, shutil.disk_usage(path).free
    what = f"{size / 2**20:,.0f} MiB in use, {free / 2**30:,.1f} GiB free"
    if free < max(LEAST_FREE, size):
        yield warning("disk", what, "make room: a migration or a VACUUM needs as much again as the store takes")
    else:
        yield ok("disk", what)


def _postgres(store: Store) -> Iterator[Finding]:
    with store.reading() as connection:
        version = connection.dialect.server_version_info or (0,)
        told = f"PostgreSQL {'.'.join(map(str, version))}"
        if int(version[0]) < OLDEST_POSTGRES:
            yield failed("server", f"{told} is too old", f"move to {OLDEST_POSTGRES} or newer")
        else:
            yield ok("server", told)
        lacking = [f"{right} on {table}" for table, right in _lacking(connection)]
        may_create = connection.scalar(select(func.has_schema_privilege(func.current_schema(), "CREATE")))
    if lacking:
        yield failed("privileges", f"this user lacks {', '.join(lacking[:3])}", "GRANT them to the user that serves")
    elif not may_create:
        yield warning("privileges", "reads and writes, but makes no tables", "run `tagreel migrate` as the owner")
    else:
        yield ok("privileges", "reads, writes, and makes tables")


def _lacking(connection: Connection) -> Iterator[tuple[str, str]]:
    """Of the tables that are there."""
    there = set(connection.dialect.get_table_names(connection))
    for table in sorted(there & set(METADATA.tables)):
        for right in RIGHTS:
            if not connection.scalar(select(func.has_table_privilege(table, right))):
                yield table, right
