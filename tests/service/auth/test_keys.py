"""What is kept of a key, and what a key is good for."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from recsys.errors import ConfigError
from service.auth.keys import Scope, hash_of, make_key
from service.auth.ring import FRESH_S, MOST_KEPT, KeyRing
from service.options import prepared_store
from service.settings import Settings
from service.storage.keys import add_key, find_key, is_any_key, list_keys, revoke_key, tenants_of_keys


@pytest.fixture
def store(tmp_path: Path):
    with closing(prepared_store(Settings(store_url=f"sqlite:///{tmp_path}/s.db"))) as one:
        yield one


def made(tenant="default", scope=Scope.READ, now=1):
    return make_key("a name", tenant, scope, None, now)


def test_no_two_secrets_are_alike_and_none_is_in_what_is_kept():
    keys = [made() for _ in range(100)]
    assert len({secret for _, secret in keys}) == 100
    assert all(len(secret) == 46 and secret.startswith("tr_") for _, secret in keys)
    assert all(secret[3:-4] not in str(key) for key, secret in keys)


def test_a_key_knows_its_own_secret_and_no_other():
    (key, secret), (_, other) = made(), made()
    assert key.is_of(hash_of(secret))
    assert not key.is_of(hash_of(other))
    assert not key.is_of(hash_of(secret.upper()))
    assert not key.is_of("")


@pytest.mark.parametrize("tenant", ["", "Acme", "-acme", "a_b", "a/b", "..", "a" * 41, "ä", "acme\n"])
def test_a_name_that_could_leave_its_folder_or_schema_is_no_tenants(tenant: str):
    with pytest.raises(ConfigError, match="a tenant's name is"):
        made(tenant)


def test_scopes_include_those_below():
    assert Scope.READ < Scope.WRITE < Scope.ADMIN


def test_a_stored_key_comes_back_and_the_file_holds_no_secret(store, tmp_path: Path):
    key, secret = make_key("shop", "acme", Scope.WRITE, 60, 5)
    store.write_now(lambda connection: add_key(connection, key))
    with store.reading() as connection:
        assert find_key(connection, key.key_id) == key
        assert find_key(connection, "0" * 12) is None
    on_disk = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert secret.encode() not in on_disk
    assert key.key_hash.encode() in on_disk


def test_keys_are_listed_by_age_for_one_tenant_or_all(store):
    keys = [made(tenant, now=now)[0] for tenant, now in (("b", 3), ("a", 2), ("b", 1))]
    for key in keys:
        store.write_now(lambda connection, key=key: add_key(connection, key))
    with store.reading() as connection:
        assert list_keys(connection) == [keys[2], keys[1], keys[0]]
        assert list_keys(connection, "b") == [keys[2], keys[0]]
        assert list_keys(connection, "c") == []
        assert tenants_of_keys(connection) == ["a", "b"]


def test_a_key_is_revoked_once_by_its_own_tenant_or_by_all_of_them(store):
    key = made("acme")[0]
    store.write_now(lambda connection: add_key(connection, key))
    revoke = lambda now, tenant: store.write_now(lambda c: revoke_key(c, key.key_id, now, tenant))  # noqa: E731
    assert revoke(7, "other") is None
    assert revoke(8, "acme").revoked_at == 8
    assert revoke(9, None).revoked_at == 8
    assert store.write_now(lambda c: revoke_key(c, "nothing", 1)) is None


def test_a_store_whose_keys_are_all_revoked_still_had_one(store):
    key = made()[0]
    with store.reading() as connection:
        assert not is_any_key(connection)
    store.write_now(lambda connection: (add_key(connection, key), revoke_key(connection, key.key_id, 2)))
    with store.reading() as connection:
        assert is_any_key(connection)


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_revoked_key_is_valid_no_longer_than_a_look_holds(store):
    seconds = Seconds()
    ring, (key, secret) = KeyRing(store, seconds), made()
    store.write_now(lambda connection: add_key(connection, key))
    assert ring.of_secret(secret) == key
    store.write_now(lambda connection: revoke_key(connection, key.key_id, 2))
    seconds.now += FRESH_S
    assert ring.of_secret(secret) is None
    assert ring.of_id(key.key_id) is None


def test_a_key_of_whom_a_change_is_known_is_looked_up_at_once(store):
    ring, (key, secret) = KeyRing(store, Seconds()), made()
    assert ring.of_secret(secret) is None
    store.write_now(lambda connection: add_key(connection, key))
    assert ring.of_secret(secret) is None
    ring.forget(key.key_id)
    assert ring.of_secret(secret) == key


def test_what_begins_like_a_key_is_not_that_key(store):
    (key, _), (twin, secret) = made(), made()
    store.write_now(lambda connection: add_key(connection, replace(key, key_id=twin.key_id)))
    assert KeyRing(store).of_secret(secret) is None


def test_guesses_cost_no_memory_and_do_not_shut_out_who_has_a_key(store):
    ring, (key, secret) = KeyRing(store, Seconds()), made()
    store.write_now(lambda connection: add_key(connection, key))
    for guess in range(MOST_KEPT + 10):
        ring.of_id(f"{guess:012x}")
    assert len(ring._kept) <= MOST_KEPT
    assert ring.of_secret(secret) == key
