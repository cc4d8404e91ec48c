"""Where a tenant's store and bundles are: beside the default tenant's, and no part of them."""

from sqlalchemy import URL, make_url
from sqlalchemy.schema import CreateSchema

from service.auth.keys import DEFAULT_TENANT, check_tenant
from service.settings import Settings
from service.storage.store import Store

FOLDER = "tenants"


def settings_of(settings: Settings, tenant: str) -> Settings:
    """The settings under which a tenant is served.

    SQLite: `var/store.db` becomes `var/tenants/acme/store.db`. PostgreSQL: the same database, but connections see the
    schema `tenant_acme` and no other. Bundles: `tenants/acme` on the shelf.

    Raises:
        ConfigError: that is no tenant's name.
    """
    check_tenant(tenant)
    if tenant == DEFAULT_TENANT:
        return settings
    url = make_url(settings.store_url)
    placed = _beside(url, tenant) if url.get_backend_name() == "sqlite" else _within(url, tenant)
    where = {"store_url": placed.render_as_string(hide_password=False), "bundles": settings.bundles / FOLDER / tenant}
    return settings.model_copy(update=where)


def make_schema(store: Store, tenant: str) -> None:
    """Make room for a tenant in the default tenant's database; SQLite needs none, its file is made when opened."""
    if tenant != DEFAULT_TENANT and store.engine.dialect.name == "postgresql":
        store.write_now(lambda connection: connection.execute(CreateSchema(_schema(tenant), if_not_exists=True)))


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
