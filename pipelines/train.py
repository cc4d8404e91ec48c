"""The training step: the joined set in, a candidate bundle out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipelines.join.joined import Joined
from pipelines.join.storage import read_joined
from pipelines.progress import Progress, quiet
from pipelines.toml_config import as_dict
from pipelines.workspace import content_hash, replacing
from recsys.bundle import Contents, write_bundle
from recsys.ids import Ids
from recsys.models.blend import CORES
from recsys.models.calibrate import fit_hybrid
from recsys.schema import NEVER, Times
from recsys.timeline import iso, to_ms

if TYPE_CHECKING:
    from pipelines.config import PipelineConfig

LATEST = "latest"
"""The one candidate: training again replaces it."""


@dataclass(frozen=True)
class TrainSummary:
    """What training made."""

    version: str
    as_of: str
    n_videos: int
    n_viewers: int
    n_events: int
    corners: dict[str, list[list[float]]]
    """The blend: per core, for new, beginning and known viewers, the weight on new and on known videos."""

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"candidate {self.version}: {self.n_events:,} events of {self.n_viewers:,} viewers"
            f" on {self.n_videos:,} videos before {self.as_of}",
            *(f"  {name:<11}{_in_words(weights)}" for name, weights in self.corners.items()),
        ]


def train(config: "PipelineConfig", progress: Progress = quiet) -> TrainSummary:
    """Fit the hybrid on everything joined and leave it as the workspace's candidate."""
    folders = config.folders
    joined = read_joined(folders.joined)
    progress("fitting the hybrid", None)
    model = fit_hybrid(joined.data, config.train)
    contents = _contents(joined, model, folders.tables)
    progress("writing the candidate", None)
    with replacing(folders.candidates / LATEST) as folder:
        version = write_bundle(folder, contents, _about(config, joined))
    events = joined.data.events
    corners = dict(zip(CORES, model.blend.corners.tolist(), strict=True))
    counts = (len(events.videos), len(events.viewers), len(events))
    return TrainSummary(version, iso(joined.data.as_of), *counts, corners)


def _contents(joined: Joined, model: Any, tables: Path) -> Contents:
    data = joined.data
    start, end = _windows(tables, data.events.videos)
    counts = data.events.video_events()
    return Contents(data.events.videos, joined.vectorizer, data.videos, data.published, start, end, counts, model)


def _windows(tables: Path, ids: Ids) -> tuple[Times, Times]:
    """When each video may be shown, from and until, in row order; NEVER where it is open."""
    names = ["available_from", "available_until"]
    frame = pd.read_parquet(tables / "videos.parquet", columns=["video_id", *names])
    frame = frame[frame[names].notna().any(axis=1)]
    rows = ids.rows(list(frame["video_id"]))
    start, end = (np.full(len(ids), NEVER, np.int64) for _ in names)
    start[rows], end[rows] = to_ms(frame[names[0]]), to_ms(frame[names[1]])
    return start, end


def _about(config: "PipelineConfig", joined: Joined) -> dict[str, Any]:
    """What the manifest tells of how the bundle was made; no paths and no times of day."""
    chosen = {name: as_dict(getattr(config, name)) for name in ("weights", "tags", "join", "train")}
    for without_effect in ("memory", "threads"):
        del chosen["join"][without_effect]
    events = joined.data.events
    data = {
        "as_of": joined.data.as_of,
        "tables_hash": content_hash(config.folders.tables, "*.parquet"),
        "n_events": len(events),
        "n_viewers": len(events.viewers),
        "n_videos": len(events.videos),
    }
    return {"config": chosen, "data": data}


def _in_words(weights: list[list[float]]) -> str:
    named = zip(("new", "beginning", "known"), weights, strict=True)
    return "  ".join(f"{name} viewer: {new:.2f} new, {known:.2f} known videos" for name, (new, known) in named)
