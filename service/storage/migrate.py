"""The store's schema, brought up to date by the migrations that come with the package."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from recsys.errors import ConfigError, require
from service.storage.store import Store
from service.storage.tables import METADATA

_SCRIPTS = Path(__file__).parent.parent / "migrations"


def migrate(store: Store) -> str:
    """Bring the store to the newest schema, all of it or nothing, and return that schema's revision."""
    store.write_now(upgrade)
    return newest_revision()


def prepare(store: Store) -> None:
    """Make sure that the store can be used: an empty SQLite store is set up, any other must be up to date.

    Raises:
        ConfigError: the schema is missing, older or newer than this version's.
    """
    with store.reading() as connection:
        found = revision(connection)
        is_empty = found is None and not set(inspect(connection).get_table_names()) & set(METADATA.tables)
    if is_empty and store.engine.dialect.name == "sqlite":
        migrate(store)
        return
    wanted = newest_revision()
    what = f"the store's schema is {found or 'missing'}, this version needs {wanted}"
    require(found == wanted, f"{what}: run `tagreel migrate` with the newer of the two", ConfigError)


def revision(connection: Connection) -> str | None:
    """The schema's revision, None before the first migration."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The revision that this version of the package uses."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def upgrade(connection: Connection, to: str = "head") -> None:
    """Take the schema to a revision, in the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
