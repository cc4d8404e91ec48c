"""The command `tagreel doctor`."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from recsys.errors import BundleError, ConfigError
from recsys.shelf import Shelf
from service.clock import now_ms
from service.doctor.admitting import look_at_keys
from service.doctor.findings import Finding, failed, ok, tried
from service.doctor.machine import look_at_cores, look_at_extras
from service.doctor.reading import read_only
from service.doctor.running import look_at_running
from service.doctor.serving import look_at_shelf
from service.doctor.storing import MIGRATE, is_current, look_at_store
from service.options import BundlesOption, StoreOption, settings_from
from service.settings import Settings
from service.threads import limit_blas


def doctor(
    url: Annotated[str | None, typer.Option(help="Address of a running service, to look at it too.")] = None,
    key: Annotated[
        str | None, typer.Option(envvar="TAGREEL_KEY", help="An admin key, for the running service's numbers.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address that the service listens at, or will.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(min=1, max=256, help="How many processes answer, or will.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    store: StoreOption = None,
    bundles: BundlesOption = None,
) -> None:
    """Look at a deployment, change nothing, and say line by line what is well, what is not and what to do next.

    Exit code 1 if anything failed; warnings do not count.

    Examples:

        tagreel doctor

        tagreel doctor --workers 4 --host 0.0.0.0 --store postgresql+psycopg://localhost/tagreel

        TAGREEL_KEY=… tagreel doctor --url http://127.0.0.1:8080 --json
    """
    found = []
    for one in _findings(url, key, host, workers, store, bundles):
        found.append(one)
        if not as_json:
            print(one.line(), flush=True)
    is_well = all(one.state != "failed" for one in found)
    if as_json:
        print(json.dumps({"ok": is_well, "findings": [asdict(one) for one in found]}, indent=2, ensure_ascii=False))
    if not is_well:
        raise typer.Exit(1)


def _findings(
    url: str | None, key: str | None, host: str, workers: int, store: StoreOption, bundles: BundlesOption
) -> Iterator[Finding]:
    try:
        settings = settings_from(store, bundles)
        is_postgres = make_url(settings.store_url).get_backend_name() == "postgresql"
    except (ConfigError, ArgumentError) as error:
        yield failed("settings", str(error), "mend that; everything else rests on it")
        return
    limit_blas(settings.blas_threads)
    yield ok("settings", "readable")
    yield from look_at_extras("postgres" if is_postgres else None)
    yield from look_at_cores(workers)
    is_sound = True
    for one in tried("store", lambda: _of_store(settings, host), f"make it reachable; then {MIGRATE}"):
        is_sound &= one.state != "failed"
        yield one
    then = "publish again, or `tagreel publish --rollback`"
    yield from tried("bundle", lambda: _of_shelf(settings, workers, is_sound), then)
    if url:
        then = "is it started, and reachable from here?"
        yield from tried("service", lambda: look_at_running(url, key, _live(settings)), then)


def _of_store(settings: Settings, host: str) -> Iterator[Finding]:
    store = read_only(settings.store_url)
    try:
        yield from look_at_store(settings, store, now_ms())
        if is_current(store):
            yield from look_at_keys(host, settings, store)
    finally:
        store.close()


def _of_shelf(settings: Settings, workers: int, with_store: bool) -> Iterator[Finding]:
    store = read_only(settings.store_url) if with_store else None
    try:
        yield from look_at_shelf(settings, store, workers, now_ms())
    finally:
        if store is not None:
            store.close()


def _live(settings: Settings) -> str | None:
    try:
        return Shelf(settings.bundles).live()
    except BundleError:
        return None
