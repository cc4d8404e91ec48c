"""A store opened to be read and nothing else: no store, folder or table is made, and no setting of SQLite changed."""

from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, create_engine, make_url

from recsys.errors import DataError, require
from service.storage.engine import open_engine
from service.storage.store import Store

CONNECT_S = "5"


def read_only(store_url: str) -> Store:
    """The store at an address, for reading.

    Raises:
        ConfigError: see `open_engine`.
        DataError: it is an SQLite file that is not there.
    """
    url = make_url(store_url)
    if url.get_backend_name() != "sqlite":
        patient = url if "connect_timeout" in url.query else url.update_query_dict({"connect_timeout": CONNECT_S})
        engine = open_engine(patient.render_as_string(hide_password=False))
        return Store(engine.execution_options(postgresql_readonly=True))
    require(bool(url.database), f"{store_url} names no file", DataError)
    path = file_of(url)
    require(path.is_file(), f"there is no {path}", DataError)
    read = URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    return Store(create_engine(read))


def file_of(url: URL) -> Path:
    """The file of an SQLite store."""
    return Path(str(url.database)).absolute()
