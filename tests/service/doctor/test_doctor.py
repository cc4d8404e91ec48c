"""`tagreel doctor` on deployments that are well, and on each way in which one is not."""

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, text

from recsys.shelf import Shelf
from service.auth.keys import Scope, make_key
from service.clock import now_ms
from service.doctor import machine, running, serving, storing
from service.doctor.command import doctor
from service.settings import Settings
from service.storage.events import EVENTS
from service.storage.keys import add_key, revoke_key
from service.storage.migrate import migrate
from service.storage.store import Store

HOUR_MS = 3_600_000


@pytest.fixture
def store(settings: Settings):
    opened = Store.open(settings.store_url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def seen(settings: Settings, capsys) -> Callable[..., dict[str, tuple[str, str]]]:
    """Run the doctor and return, by check, the state and the whole of what it says."""

    def see(**more):
        given = {"url": None, "key": None, "host": "127.0.0.1", "workers": 1, "as_json": True}
        places = {"store": settings.store_url, "bundles": settings.bundles}
        try:
            doctor(**{**given, **places, **more})
            code = 0
        except BaseException as stopped:  # typer.Exit
            code = stopped.exit_code
        told = json.loads(capsys.readouterr().out)
        assert code == (0 if told["ok"] else 1)
        assert told["ok"] == all(one["state"] != "failed" for one in told["findings"])
        assert all(one["then"] for one in told["findings"] if one["state"] != "ok")
        return {one["check"]: (one["state"], f"{one['what']} → {one['then']}") for one in told["findings"]}

    return see


def states(found):
    return {check: state for check, (state, _) in found.items()}


def hashes(folder: Path) -> dict[str, str]:
    """Of all files but SQLite's own log, which every reader of a store in WAL mode makes where it is not there."""
    files = [one for one in sorted(folder.rglob("*")) if one.is_file() and not one.name.endswith(("-wal", "-shm"))]
    return {str(one): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


def test_a_deployment_that_is_well(store, seen, monkeypatch):
    monkeypatch.setattr(serving, "OLD_DAYS", 10**6)
    assert set(states(seen()).values()) == {"ok"}


def test_nothing_is_changed_or_made(settings, store, seen, shelf, tmp_path):
    store.close()
    before = hashes(tmp_path)
    seen()
    assert hashes(tmp_path) == before
    seen(store=f"sqlite:///{tmp_path}/none/store.db", bundles=tmp_path / "nowhere")
    assert hashes(tmp_path) == before
    assert not (tmp_path / "none").exists()


def test_neither_store_nor_bundle(seen, tmp_path):
    found = seen(store=f"sqlite:///{tmp_path}/none.db", bundles=tmp_path / "nowhere")
    assert (found["store"][0], found["bundle" if "bundle" in found else "shelf"][0]) == ("failed", "failed")
    assert "tagreel run" in found["shelf"][1]


@pytest.mark.parametrize("url, says", [
    ("mysql://x/y", "sqlite or postgresql"), ("not an address", "Could not parse"), ("sqlite://", "names no file"),
    ("postgresql+psycopg://nobody:secret@127.0.0.1:1/x", "refused"),
])  # fmt: skip
def test_a_store_that_cannot_be_reached(seen, url, says):
    if "psycopg" in url:
        pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
    found = seen(store=url)
    [told] = [what for state, what in found.values() if state == "failed"]
    assert says in told
    assert "secret" not in str(found)


def test_settings_that_break_a_rule_end_it_at_once(seen, monkeypatch):
    monkeypatch.setenv("TAGREEL_RELOAD_S", "-1")
    found = seen()
    assert list(found) == ["settings"]
    assert "TAGREEL_RELOAD_S" in found["settings"][1]


def test_a_schema_that_is_older_or_missing_or_newer(store, seen, settings, tmp_path):
    sqlite3.connect(tmp_path / "empty.db").close()
    assert "tagreel migrate" in seen(store=f"sqlite:///{tmp_path}/empty.db")["schema"][1]
    for revision, says in (("0001", "tagreel migrate"), ("9999", "newer version of Tagreel")):
        store.write_now(
            lambda c, to=revision: c.execute(text("update alembic_version set version_num = :to"), {"to": to})
        )
        found = seen()
        assert found["schema"][0] == "failed"
        assert says in found["schema"][1]
        assert "keys" not in found


def test_a_tenant_whose_store_is_not_there(store, seen):
    key, _ = make_key("shop", "acme", Scope.READ, None, now_ms())
    store.write_now(lambda connection: add_key(connection, key))
    assert seen()["tenant acme"][0] == "failed"


def test_a_journal_that_is_not_wal_and_a_full_disk_are_warnings(store, seen, settings, tmp_path, monkeypatch):
    store.close()
    plain = sqlite3.connect(tmp_path / "store.db")
    plain.execute("pragma journal_mode = delete")
    plain.close()
    monkeypatch.setattr(storing, "LEAST_FREE", 2**60)
    found = states(seen())
    assert (found["journal"], found["disk"]) == ("warning", "warning")


def test_an_event_from_the_future_tells_of_a_clock_that_is_ahead(store, seen):
    at = now_ms() + HOUR_MS
    row = {
        "event_id": "e",
        "viewer_id": "u",
        "video_id": "v",
        "event_type": "play",
        "occurred_at": at,
        "received_at": at,
    }
    store.write_now(lambda connection: connection.execute(insert(EVENTS), [row]))
    state, what = seen()["clock"]
    assert state == "warning"
    assert "in the future" in what


def test_videos_that_the_bundle_lacks(store, seen):
    rows = [{"id": f"new-{i}"} for i in range(9)]
    put = text("insert into videos (video_id, changed_at, deleted) values (:id, 1, false)")
    store.write_now(lambda connection: connection.execute(put, rows))
    state, what = seen()["news"]
    assert state == "warning"
    assert "lacks 9 of 9 videos" in what


def test_a_bundle_with_a_broken_file_and_a_damaged_pointer(store, seen, shelf: Shelf):
    next(shelf.folder(str(shelf.live())).glob("*.npy")).write_bytes(b"broken")
    state, what = seen()["bundle"]
    assert state == "failed"
    assert "rollback" in what
    (shelf.root / "LIVE.json").write_text("{")
    assert "damaged" in seen()["bundle"][1]


def test_keys_against_the_address(store, seen, monkeypatch):
    assert seen()["keys"][0] == "ok"
    assert "will not start" in seen(host="0.0.0.0")["keys"][1]
    monkeypatch.setenv("TAGREEL_AUTH", "open")
    assert (seen()["keys"][0], seen(host="0.0.0.0")["keys"][0]) == ("ok", "warning")
    monkeypatch.setenv("TAGREEL_AUTH", "required")
    assert "everybody is turned away" in seen()["keys"][1]
    writer, _ = make_key("shop", "default", Scope.WRITE, None, now_ms())
    store.write_now(lambda connection: add_key(connection, writer))
    assert "none of scope admin" in seen(host="0.0.0.0")["keys"][1]
    admin, _ = make_key("boss", "default", Scope.ADMIN, None, now_ms())
    store.write_now(lambda connection: add_key(connection, admin))
    assert seen(host="0.0.0.0")["keys"][0] == "ok"
    for one in (writer, admin):
        store.write_now(lambda connection, key=one.key_id: revoke_key(connection, key, now_ms()))
    assert seen()["keys"][0] == "failed"


def test_more_workers_than_cores_or_memory(store, seen, monkeypatch):
    assert seen(workers=256)["cores"][0] == "warning"
    for available, state in ((2**20, "failed"), (2**50, "ok")):
        monkeypatch.setattr(machine, "_available_bytes", lambda of=available: of)
        assert seen(workers=4)["memory"][0] == state


def test_an_extra_that_is_needed_and_missing(seen, monkeypatch):
    monkeypatch.setattr(machine, "_is_there", lambda _module: False)
    found = seen(store="postgresql+psycopg://x@127.0.0.1:1/x")
    assert "tagreel[postgres]" in found["extras"][1]


def address(client) -> str:
    return str(client.base_url)


def test_a_service_that_runs(client, seen):
    client.get("/v1/viewers/u/recommendations")
    found = seen(url=address(client))
    assert {found[one][0] for one in ("ready", "its clock", "errors", "impressions")} == {"ok"}


def test_a_service_with_another_bundle_or_none_or_refused_keys(serve, settings, seen, made, tmp_path, monkeypatch):
    other = serve(settings.model_copy(update={"reload_s": 3600.0}))
    Shelf(settings.bundles).point_to(made.versions[1])
    assert "is another folder" in seen(url=address(other))["ready"][1]
    none = serve(settings.model_copy(update={"bundles": tmp_path / "none"}))
    found = seen(url=address(none))["ready"]
    assert found[0] == "failed"
    assert "no bundle" in found[1]
    closed = serve(settings.model_copy(update={"auth": "required"}))
    assert seen(url=address(closed))["metrics"][0] == "warning"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ftp://x", "nonsense"])
def test_nothing_answers_there(store, seen, url):
    assert seen(url=url)["service"][0] == "failed"


NUMBERS = """\
# TYPE tagreel_requests counter
tagreel_requests_total{method="GET",route="/x",status="200",tenant=""} 90
tagreel_requests_total{method="GET",route="/x",status="503",tenant=""} 10
# TYPE tagreel_impressions_dropped counter
tagreel_impressions_dropped_total{tenant="default"} 7
"""


def test_numbers_that_tell_of_trouble():
    found = {one.check: (one.state, one.what) for one in running._numbers(NUMBERS)}
    assert found["errors"] == ("warning", "10 of 100 answers were errors of the service's (5xx)")
    assert found["impressions"][0] == "warning"


def test_people_get_a_line_a_check_and_the_command_an_exit_code(store, settings, tmp_path):
    tagreel = Path(sys.executable).parent / "tagreel"
    command = [tagreel, "doctor", "--store", settings.store_url, "--bundles", tmp_path / "nowhere"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr == ""
    lines = ran.stdout.splitlines()
    assert all(one.split()[0] in ("ok", "warning", "failed") for one in lines)
    assert [one for one in lines if one.startswith("failed")] == [
        f"failed   shelf          no bundle is published in {tmp_path}/nowhere"
        " → run `tagreel run`, which trains, evaluates and publishes"
    ]


def test_postgresql_from_empty_to_served_by_a_user_with_few_rights(seen, postgres):
    assert "tagreel migrate" in seen(store=postgres)["schema"][1]
    opened = Store.open(postgres)
    migrate(opened)
    opened.close()
    found = seen(store=postgres)
    assert {found[one][0] for one in ("store", "server", "privileges", "schema", "clock", "keys", "news")} == {"ok"}
    engine = create_engine(postgres)
    with engine.begin() as connection:
        for one in (
            "create user few",
            "grant usage on schema public to few",
            "grant select on all tables in schema public to few",
        ):
            connection.execute(text(one))
    assert "lacks INSERT" in seen(store=postgres.replace("owner@", "few@"))["privileges"][1]
    with engine.begin() as connection:
        connection.execute(text("grant insert, update, delete on all tables in schema public to few"))
    assert seen(store=postgres.replace("owner@", "few@"))["privileges"][0] == "warning"
    engine.dispose()
