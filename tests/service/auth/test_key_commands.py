"""`tagreel keys`, and how `tagreel serve` and `tagreel migrate` follow it, run as a user runs them."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from service.storage.migrate import newest_revision, upgrade
from service.storage.store import Store

CODE = "from pipelines.cli.main import main; main()"


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TAGREEL_")}


@pytest.fixture
def tagreel(tmp_path: Path):
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", CODE, *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=120
        )

    return run


def test_the_secret_is_printed_once_and_alone(tagreel, tmp_path: Path):
    made = tagreel("keys", "create", "--name", "shop", "--scope", "read", "--per-minute", "600", "--tenant", "acme")
    assert made.returncode == 0, made.stderr
    secret = made.stdout.strip()
    assert secret.startswith("tr_")
    assert len(made.stdout.splitlines()) == 1
    assert "(shop), scope read, tenant acme, 600 requests a minute" in made.stderr
    assert "store: sqlite:///var/tenants/acme/store.db\nbundles: var/tenants/acme/bundles\n" in made.stderr
    assert (tmp_path / "var/tenants/acme/store.db").exists()
    listed = tagreel("keys", "list")
    assert listed.returncode == 0
    assert secret not in listed.stdout
    assert secret[-4:] in listed.stdout
    assert secret.encode() not in (tmp_path / "var/store.db").read_bytes()


def test_for_machines_everything_is_json(tagreel):
    made = json.loads(tagreel("keys", "create", "--json").stdout)
    assert (made["scope"], made["tenant"], made["per_minute"], made["revoked_at"]) == ("write", "default", None, None)
    secret = made.pop("secret")
    assert made["last_four"] == secret[-4:]
    assert (len(made.pop("rpc_secret")), len(made.pop("vod_callback_key"))) == (43, 32)
    assert json.loads(tagreel("keys", "list", "--json").stdout) == {"keys": [made]}
    revoked = json.loads(tagreel("keys", "revoke", made["key_id"], "--json").stdout)
    assert revoked == {**made, "revoked_at": revoked["revoked_at"]}
    assert json.loads(tagreel("keys", "list", "--tenant", "acme", "--json").stdout) == {"keys": []}


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        (["create", "--tenant", "../up"], 1, "a tenant's name is"),
        (["list", "--tenant", "A"], 1, "a tenant's name is"),
        (["create", "--name", ""], 1, "--name is ''"),
        (["create", "--store", "mysql://x/y"], 1, "sqlite or postgresql"),
        (["create", "--scope", "root"], 2, "root"),
        (["create", "--per-minute", "0"], 2, "per-minute"),
        (["revoke", "0" * 12], 1, "tagreel keys list"),
        (["revoke"], 2, "KEY"),
    ],
)
def test_bad_use_says_what_to_do_and_makes_no_key(tagreel, arguments, code, said):
    ran = tagreel("keys", *arguments)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert said in ran.stderr
    assert "no key was made yet" in tagreel("keys", "list").stdout


def test_migrate_brings_every_tenants_store_along(tagreel, tmp_path: Path):
    for tenant in ("acme", "globex"):
        assert tagreel("keys", "create", "--tenant", tenant).returncode == 0
    (tmp_path / "var/tenants/acme/store.db").unlink()
    with closing(Store.open(f"sqlite:///{tmp_path}/var/tenants/acme/store.db")) as old:
        old.write_now(lambda connection: upgrade(connection, "0001"))
    assert "tagreel migrate" in tagreel("keys", "create", "--tenant", "acme").stderr
    ran = tagreel("migrate")
    newest = newest_revision()
    assert ran.stdout.splitlines() == [
        f"the store's schema is {newest}",
        f"the schema of tenant acme is {newest}",
        f"the schema of tenant globex is {newest}",
    ]
    assert tagreel("keys", "create", "--tenant", "acme").returncode == 0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def serving(tmp_path: Path, until):
    """Starts `tagreel serve` and gives a client once it answers."""
    started: list[tuple[subprocess.Popen, httpx.Client]] = []

    def serve(*arguments: str) -> httpx.Client:
        port = free_port()
        command = [sys.executable, "-c", CODE, "serve", "--port", str(port), *arguments]
        process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)
        started.append((process, client))

        def answers() -> bool:
            assert process.poll() is None, "it ended by itself"
            try:
                return client.get("/healthz").status_code == 200
            except httpx.TransportError:
                return False

        until(answers, within_s=60)
        return client

    yield serve
    for process, client in started:
        client.close()
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.mark.slow
def test_a_service_for_others_needs_a_key_or_the_word_for_it(tagreel, serving):
    refused = tagreel("serve", "--host", "0.0.0.0", "--port", str(free_port()))
    assert refused.returncode == 1
    assert "tagreel keys create" in refused.stderr
    assert "--open" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert serving("--host", "0.0.0.0", "--open").get("/v1/tags").status_code == 200
    secret = tagreel("keys", "create").stdout.strip()
    closed = serving("--host", "0.0.0.0")
    assert closed.get("/v1/tags").status_code == 401
    assert closed.get("/v1/tags", headers={"X-API-Key": secret}).status_code == 200


@pytest.mark.slow
def test_several_workers_know_of_a_key_and_of_its_end_within_a_second(tagreel, serving, until):
    client = serving("--workers", "2")
    assert client.get("/v1/tags").status_code == 200
    made = json.loads(tagreel("keys", "create", "--json").stdout)
    key = {"X-API-Key": made["secret"]}

    def all_say(status: int, headers: dict[str, str]) -> bool:
        """Connections of their own, so that both workers are asked."""
        asked = [httpx.get(client.base_url.join("/v1/tags"), headers=headers).status_code for _ in range(12)]
        return asked == [status] * 12

    until(lambda: all_say(401, {}))
    until(lambda: all_say(200, key))
    tagreel("keys", "revoke", made["key_id"])
    until(lambda: all_say(401, key))
