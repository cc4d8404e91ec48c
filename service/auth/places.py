"""Where a tenant's store and bundles are: beside the default tenant's, and no part of them."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.schema import CreateSchema

from service.auth.keys import DEFAULT_TENANT, check_tenant
from service.settings import Settings
from service.storage.keys import tenants_of_keys
from service.storage.migrate import migrate, prepare, revision
from service.storage.store import Store

FOLDER = "tenants"


def settings_of(settings: Settings, tenant: str) -> Settings:
    """The settings under which a tenant is served.

    SQLite: `var/store.db` becomes `var/tenants/acme/store.db`. PostgreSQL: the same database, but connections see the
    schema `tenant_acme` and no other.

    Bundles: `var/bundles` becomes `var/tenants/acme/bundles`, and the spool folder likewise. So `var/tenants/acme` is a
    workspace for `tagreel run`, as `var` is the default tenant's. Of the folders whose files jobs may name, a tenant
    has its own in each: `media/acme`.

    Raises:
        ConfigError: that is no tenant's name.
    """
    check_tenant(tenant)
    if tenant == DEFAULT_TENANT:
        return settings
    url = make_url(settings.store_url)
    placed = _beside(url, tenant) if url.get_backend_name() == "sqlite" else _within(url, tenant)
    url_of = placed.render_as_string(hide_password=False)
    folders = {name: _of_tenant(getattr(settings, name), tenant) for name in ("bundles", "spool")}
    roots = tuple(root / tenant for root in settings.media_roots)
    return settings.model_copy(update={"store_url": url_of, "media_roots": roots, **folders})


def places(store_url: str, spool: Path) -> list[tuple[str, Path]]:
    """Where the stores and spool folders of all tenants are, the default one's first.

    Args:
        store_url: of the default tenant's store.
        spool: its spool folder.
    """
    settings = Settings(store_url=store_url, spool=spool)
    store = Store.open(store_url, settings.busy_timeout_s)
    try:
        with store.reading() as connection:
            others = [one for one in tenants_of_keys(connection) if one != DEFAULT_TENANT]
    finally:
        store.close()
    found = (settings_of(settings, one) for one in (DEFAULT_TENANT, *others))
    return [(of.store_url, of.spool) for of in found]


def provide(settings: Settings, store: Store, tenant: str) -> None:
    """Make a new tenant's store; one that is there is only checked. The default tenant's is there.

    Args:
        settings: of the service.
        store: the default tenant's.
        tenant: whose.

    Raises:
        ConfigError: that is no tenant's name, or its store's schema is of another version.
    """
    if tenant == DEFAULT_TENANT:
        return
    placed = _placed(settings, store, tenant)
    try:
        with placed.reading() as connection:
            is_new = revision(connection) is None
        if is_new:
            migrate(placed)
        prepare(placed)
    finally:
        placed.close()


def migrate_tenant(settings: Settings, store: Store, tenant: str) -> str:
    """Bring a tenant's store to the newest schema, and return that schema's revision."""
    placed = _placed(settings, store, tenant)
    try:
        return migrate(placed)
    finally:
        placed.close()


def _placed(settings: Settings, store: Store, tenant: str) -> Store:
    """A tenant's store. In PostgreSQL its schema is made; an SQLite file is made when it is opened."""
    of = settings_of(settings, tenant)
    if tenant != DEFAULT_TENANT and store.engine.dialect.name == "postgresql":
        store.write_now(lambda connection: connection.execute(CreateSchema(_schema(tenant), if_not_exists=True)))
    return Store.open(of.store_url, of.busy_timeout_s)


def _of_tenant(folder: Path, tenant: str) -> Path:
    return folder.parent / FOLDER / tenant / folder.name


def _beside(url: URL, tenant: str) -> URL:
    folder, slash, name = str(url.database).rpartition("/")
    return url.set(database=f"{folder}{slash}{FOLDER}/{tenant}/{name}")


def _within(url: URL, tenant: str) -> URL:
    options = " ".join([*_listed(url.query.get("options", ())), f"-csearch_path={_schema(tenant)}"])
    return url.update_query_dict({"options": options})


def _listed(options: str | tuple[str, ...]) -> tuple[str, ...]:
    return (options,) if isinstance(options, str) else options


def _schema(tenant: str) -> str:
    return f"tenant_{tenant.replace('-', '_')}"  # names hold no _, so no two become one
