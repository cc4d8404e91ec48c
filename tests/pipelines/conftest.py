import pytest
from sqlalchemy import BigInteger, Boolean, Column, Double, MetaData, String, Table, Text, create_engine

from pipelines.config import PipelineConfig, StoreConfig
from pipelines.ingest.config import SourceConfig
from recsys.schema import TABLES

TYPES = {"id": String(200), "text": Text(), "choice": String(32), "json": Text(), "time": BigInteger(),
         "real": Double(), "whole": BigInteger(), "flag": Boolean()}  # fmt: skip


@pytest.fixture
def store_url(tmp_path):
    """An SQLite store with the shared tables, as the service makes them."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    metadata = MetaData()
    for table in TABLES.values():
        columns = [Column(c.name, TYPES[c.kind], primary_key=c.name in table.key) for c in table.columns]
        if table.name == "videos":
            columns += [Column("changed_at", BigInteger, nullable=False, server_default="0")]
            columns += [Column("origin", String(64)), Column("deleted", Boolean, nullable=False, server_default="0")]
        Table(table.name, metadata, *columns)
    engine = create_engine(url)
    metadata.create_all(engine)
    engine.dispose()
    return url


@pytest.fixture
def make_config(tmp_path):
    """A config of files: `make_config(events=FileConfig(...))`, its workspace below tmp_path."""

    def make(store=None, workspace="var", **source):
        return PipelineConfig(
            workspace=tmp_path / workspace, source=SourceConfig(**source), store=StoreConfig(url=store)
        )

    return make
