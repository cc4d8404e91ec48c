"""Keys of any scope and tenant, written as `tagreel keys create` writes them."""

import shutil
from collections.abc import Callable
from contextlib import closing

import pytest

from recsys.shelf import Shelf
from service.auth.keys import Scope, make_key
from service.auth.places import provide, settings_of
from service.clock import now_ms
from service.options import prepared_store
from service.storage.keys import add_key, revoke_key

Mint = Callable[..., dict[str, str]]


@pytest.fixture
def mint(settings) -> Mint:
    """Makes a key and gives the headers that show it."""

    def minted(scope: str, tenant: str = "default", per_minute: int | None = None) -> dict[str, str]:
        key, secret = make_key(f"{tenant}'s", tenant, Scope[scope.upper()], per_minute, now_ms())
        with closing(prepared_store(settings)) as store:
            provide(settings, store, tenant)
            store.write_now(lambda connection: add_key(connection, key))
        return {"X-API-Key": secret}

    return minted


@pytest.fixture
def revoke(settings) -> Callable[[str], None]:
    def revoked(key_id: str) -> None:
        with closing(prepared_store(settings)) as store:
            assert store.write_now(lambda connection: revoke_key(connection, key_id, now_ms())) is not None

    return revoked


@pytest.fixture
def publish(settings, made) -> Callable[[str, str], None]:
    """Puts a bundle on a tenant's shelf and makes it live."""

    def published(tenant: str, version: str) -> None:
        shelf = Shelf(settings_of(settings, tenant).bundles)
        shutil.copytree(made.root / version, shelf.folder(version))
        shelf.point_to(version)

    return published
