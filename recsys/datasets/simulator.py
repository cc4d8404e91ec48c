"""A simulated short-video platform: as many viewers, videos, tags and events as wanted, with the truth beside them.

Tags decide what viewers like, but taggings miss some and get some wrong; videos and viewers come over time; what is
fresh and good draws more; tastes drift; what is shown higher is seen more, and how likely it was to be shown is known.
The same config gives the same bytes.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pandas as pd
import pyarrow as pa

from recsys.datasets.simulation.config import SimulatorConfig
from recsys.datasets.simulation.entities import TRUE_TAGS, Entities
from recsys.datasets.simulation.platform import blocks
from recsys.datasets.simulation.records import IMPRESSIONS, TRUTH, Records
from recsys.datasets.simulation.world import World
from recsys.datasets.simulation.writer import PieceWriter
from recsys.errors import require
from recsys.schema import TABLES
from recsys.tables import Tables, arrow_schema

__all__ = ["Simulation", "SimulatorConfig", "simulate", "simulate_in_memory", "simulated_tables"]

Progress = Callable[[int, int], None]
"""Told how many events are done, of how many."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """A simulation in memory."""

    tables: Tables
    impressions: pd.DataFrame  # see `simulation.records.IMPRESSIONS`
    truth: pd.DataFrame  # see `simulation.records.TRUTH`; row for row with the impressions
    true_tags: pd.DataFrame  # see `simulation.entities.TRUE_TAGS`


def simulated_tables(config: SimulatorConfig) -> Tables:
    """The tables of a small simulation, in memory; the same rows that `simulate` writes."""
    return simulate_in_memory(config).tables


def simulate_in_memory(config: SimulatorConfig) -> Simulation:
    """A small simulation with its impressions and its truth, in memory."""
    entities = Entities(World.of(config))
    parts = list(_records(entities))
    frames = {name: pa.concat_tables(part[name] for part in parts).to_pandas() for name in parts[0]}
    taggings = pa.concat_tables(entities.taggings()).to_pandas()
    small = {name: one.to_pandas() for name, one in entities.small().items()}
    return Simulation(
        tables=Tables(**small, taggings=taggings, events=frames["events"]),
        impressions=frames["impressions"],
        truth=frames["truth"],
        true_tags=pa.concat_tables(entities.true_tags()).to_pandas(),
    )


def simulate(
    config: SimulatorConfig, folder: Path, progress: Progress | None = None, rows_at_once: int = 250_000
) -> int:
    """Write a simulation as a folder of tables that `Tables.read` reads, in bounded memory.

    Beside the tables lie `impressions.parquet` and what no platform knows: `truth.parquet` (per impression) and
    `true_tags.parquet`. Files appear together at the end; one that dies half-way leaves what was there before.

    Args:
        config: how large and how strong.
        folder: made if need be; tables of the same names in it are replaced.
        progress: called after every block of time.
        rows_at_once: rows of a row group. Rows do not depend on it; memory does.

    Returns:
        How many events were written.

    Raises:
        DataError: the folder's place is taken by a file, or `rows_at_once` is below 1.
    """
    require(rows_at_once >= 1, f"rows_at_once is {rows_at_once}; it must be at least 1")
    require(not folder.exists() or folder.is_dir(), f"{folder} is a file; name a folder for the tables")
    folder.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix=".simulating-", dir=folder))
    try:
        n_events = _write(config, made, progress or (lambda done, total: None), rows_at_once)
        for file in sorted(made.iterdir()):
            os.replace(file, folder / file.name)
    finally:
        shutil.rmtree(made)
    return n_events


def _write(config: SimulatorConfig, folder: Path, progress: Progress, rows_at_once: int) -> int:
    entities = Entities(World.of(config))
    for name, whole in entities.small().items():
        _write_pieces(folder / f"{name}.parquet", whole.schema, [whole], rows_at_once)
    _write_pieces(folder / "taggings.parquet", arrow_schema(TABLES["taggings"]), entities.taggings(), rows_at_once)
    _write_pieces(folder / "true_tags.parquet", TRUE_TAGS, entities.true_tags(), rows_at_once)
    schemas = {"events": arrow_schema(TABLES["events"]), "impressions": IMPRESSIONS, "truth": TRUTH}
    done = 0
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(PieceWriter(folder / f"{name}.parquet", schema, rows_at_once))
            for name, schema in schemas.items()
        }
        for block in _records(entities):
            for name, writer in writers.items():
                writer.add(block[name])
            done += len(block["events"])
            progress(done, config.n_events)
    return done


def _write_pieces(path: Path, schema: pa.Schema, pieces: Iterable[pa.Table], rows_at_once: int) -> None:
    with PieceWriter(path, schema, rows_at_once) as writer:
        for piece in pieces:
            writer.add(piece)


def _records(entities: Entities) -> Iterator[dict[str, pa.Table]]:
    records = Records(entities)
    for slates, events in blocks(entities.world):
        yield records.next(slates, events)
