"""The pipeline's step: tables in, the joined set out."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipelines.join.config import JoinConfig
from pipelines.join.engine import engine
from pipelines.join.features import as_of_features
from pipelines.join.in_order import read_in_order
from pipelines.join.joined import Joined
from pipelines.join.layout import settled_since, settled_tags, tag_history
from pipelines.join.reading import Catalogue, read_events, read_taggings, read_tags
from pipelines.join.storage import write_joined
from pipelines.progress import Progress, quiet
from pipelines.workspace import content_hash
from recsys.events import EventWeights
from recsys.interactions import Interactions, TrainingData
from recsys.schema import NEVER
from recsys.tags.taxonomy import Taxonomy
from recsys.tags.vectorizer import TagConfig, evidence, fit_vectors
from recsys.timeline import iso, to_ms

if TYPE_CHECKING:
    from pipelines.config import PipelineConfig


@dataclass(frozen=True)
class JoinSummary:
    """What a join did."""

    n_events: int
    n_viewers: int
    n_videos: int
    n_tags: int
    as_of: str
    content: str
    """The sha256 of what was written; the same tables and settings give the same."""

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"{self.n_events:,} events of {self.n_viewers:,} viewers before {self.as_of}",
            f"{self.n_videos:,} videos, {self.n_tags:,} tags",
        ]


def join(config: "PipelineConfig", progress: Progress = quiet) -> JoinSummary:
    """Join the workspace's tables and replace its joined set."""
    folders = config.folders
    joined = join_tables(folders.tables, config.join, config.weights, config.tags, folders.root, progress)
    progress("writing", None)
    write_joined(joined, folders.joined)
    events = joined.data.events
    return JoinSummary(
        n_events=len(events),
        n_viewers=len(events.viewers),
        n_videos=len(events.videos),
        n_tags=len(joined.vectorizer.ids),
        as_of=iso(joined.data.as_of),
        content=content_hash(folders.joined),
    )


def join_tables(
    tables: Path,
    config: JoinConfig = JoinConfig(),
    weights: EventWeights = EventWeights(),
    tags: TagConfig = TagConfig(),
    spill: Path | None = None,
    progress: Progress = quiet,
) -> Joined:
    """Join a folder of tables in memory.

    Args:
        tables: the folder that ingest or the simulator wrote, see `recsys.tables`.
        config: the join's own settings.
        weights: what an event says of taste.
        tags: how taggings become vectors.
        spill: where DuckDB may put temporary files; the system's place for them by default.
        progress: told of each part.

    Raises:
        DataError: tables are missing or were not checked by ingest.
    """
    progress("reading events", 0.0)
    with ThreadPoolExecutor(1) as aside:
        taggings_read = aside.submit(read_taggings, tables)
        events, catalogue = _events(tables, config, weights, spill or Path(tempfile.gettempdir()))
        taggings = taggings_read.result()
    progress("weighing tags", 0.5)
    as_of = _end(events, taggings) if config.cutoff_ms is None else config.cutoff_ms
    return _joined(events, catalogue, taggings, read_tags(tables), as_of, config, tags, progress)


def _events(tables: Path, config: JoinConfig, weights: EventWeights, spill: Path) -> tuple[Interactions, Catalogue]:
    """As they lie if they are in order; otherwise an engine sorts them."""
    found = read_in_order(tables, weights, config.cutoff_ms, config.threads)
    if found is not None:
        return found
    with engine(tables, spill, config.memory, config.threads) as opened:
        return read_events(opened, weights, config.cutoff_ms)


def _joined(
    events: Interactions,
    catalogue: Catalogue,
    taggings: pd.DataFrame,
    tags: pd.DataFrame,
    as_of: int,
    config: JoinConfig,
    tag_config: TagConfig,
    progress: Progress,
) -> Joined:
    taxonomy, n_videos = Taxonomy.of(tags, taggings["tag_id"]), len(catalogue.ids)
    given = evidence(taggings, catalogue.ids, taxonomy, tag_config)
    del taggings
    since = settled_since(given, n_videos, as_of, tag_config)
    changed = given.where(since[given.video] >= events.time[0]) if len(events) else given  # of others none will ask
    with ThreadPoolExecutor(1) as aside:
        history = aside.submit(tag_history, changed, n_videos, taxonomy, tag_config)
        vectorizer, vectors = fit_vectors(given, n_videos, taxonomy, as_of, tag_config)
    data = TrainingData(events, vectors, catalogue.published, as_of)
    progress("looking back from each event", 0.7)
    settled = settled_tags(vectors, since)
    features, profiles = as_of_features(data, history.result(), vectorizer.idf, settled, config)
    return Joined(data, features, vectorizer, profiles)


def _end(events: Interactions, taggings: pd.DataFrame) -> int:
    """The first millisecond after everything that events and taggings say happened."""
    known_at = to_ms(taggings["known_at"])
    return max(events.as_of, int(np.max(known_at[known_at != NEVER], initial=-1)) + 1)
