"""The training step: the joined set in, a candidate bundle out."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipelines.facts import facts_of
from pipelines.join.joined import Joined
from pipelines.join.storage import read_joined
from pipelines.progress import Progress, quiet
from pipelines.toml_config import as_dict
from pipelines.workspace import content_hash, replacing
from recsys.bundle import Contents, write_bundle
from recsys.ids import Ids
from recsys.interactions import TrainingData
from recsys.models.blend import CORES
from recsys.models.calibrate import Calibrated, calibrate
from recsys.models.hybrid import fit_cores
from recsys.models.sketches import sketch
from recsys.models.tune import Choice
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
    data: str
    """What of the data decides how it is learned from, in words."""
    choices: list[dict[str, Any]]
    """Settings that were chosen for this data; see `recsys.models.tune.Choice`."""
    corners: dict[str, list[list[float]]]
    """The blend: per core, for new, beginning and known viewers, the weight on new and on known videos."""

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"candidate {self.version}: {self.n_events:,} events of {self.n_viewers:,} viewers"
            f" on {self.n_videos:,} videos before {self.as_of}",
            self.data,
            *(["chosen on a rehearsal that hides a part, by NDCG@20:"] if self.choices else []),
            *(f"  {Choice(**one).line()}" for one in self.choices),
            "what each core weighs:",
            *(f"  {name:<11}{_in_words(weights)}" for name, weights in self.corners.items()),
        ]


def train(config: "PipelineConfig", progress: Progress = quiet) -> TrainSummary:
    """Fit the hybrid on everything joined and leave it as the workspace's candidate."""
    folders = config.folders
    joined = read_joined(folders.joined)
    progress("choosing settings and blend on a rehearsal", None)
    found = calibrate(joined.data, config.train)
    progress("fitting it on everything", None)
    model = fit_cores(joined.data, found.cores, found.blend)
    contents = _contents(joined, model, folders.tables)
    progress("writing the candidate", None)
    with replacing(folders.candidates / LATEST) as folder:
        version = write_bundle(folder, contents, _about(config, joined, found))
    events = joined.data.events
    corners = dict(zip(CORES, model.blend.corners.tolist(), strict=True))
    counts = (len(events.videos), len(events.viewers), len(events))
    choices = [asdict(one) for one in found.choices]
    return TrainSummary(version, iso(joined.data.as_of), *counts, _seen(joined.data), choices, corners)


def _contents(joined: Joined, model: Any, tables: Path) -> Contents:
    data = joined.data
    start, end = _windows(tables, data.events.videos)
    counts = data.events.video_events()
    return Contents(
        data.events.videos,
        joined.vectorizer,
        data.videos,
        data.published,
        start,
        end,
        counts,
        model,
        sketch(model.factors, data.tags),
        facts_of(tables, data.events.videos, data.as_of),
    )


def _windows(tables: Path, ids: Ids) -> tuple[Times, Times]:
    """When each video may be shown, from and until, in row order; NEVER where it is open."""
    names = ["available_from", "available_until"]
    frame = pd.read_parquet(tables / "videos.parquet", columns=["video_id", *names])
    frame = frame[frame[names].notna().any(axis=1)]
    rows = ids.rows(list(frame["video_id"]))
    start, end = (np.full(len(ids), NEVER, np.int64) for _ in names)
    start[rows], end[rows] = to_ms(frame[names[0]]), to_ms(frame[names[1]])
    return start, end


def _about(config: "PipelineConfig", joined: Joined, found: Calibrated) -> dict[str, Any]:
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
    return {"config": chosen, "chosen": as_dict(found.cores), "data": data}


def _seen(data: TrainingData) -> str:
    """How much is tagged, whether there is an order in time, and whether anything was turned down."""
    tagged = float((np.diff(data.tags.indptr) > 0)[data.events.video].mean()) if len(data.events) else 0.0
    timed = len(np.unique(data.events.time)) > 1
    return ", ".join((
        f"{tagged:.0%} of events are on tagged videos",
        "events are timed" if timed else "events have no times: nothing fades and no order is learned",
        "some videos were turned down" if (data.events.weight < 0).any() else "nothing was turned down",
    ))  # fmt: skip


def _in_words(weights: list[list[float]]) -> str:
    named = zip(("new", "beginning", "known"), weights, strict=True)
    return "  ".join(f"{name} viewer: {new:.2f} new, {known:.2f} known videos" for name, (new, known) in named)
