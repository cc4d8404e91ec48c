"""A platform to serve: simulated, trained, published and loaded, kept in its workspace for the next run."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from pipelines.benchmark.clock import Clock
from pipelines.benchmark.setting import Setting
from pipelines.benchmark.steps import STEPS
from pipelines.config import StoreConfig
from pipelines.load import load
from pipelines.progress import Progress, quiet
from pipelines.store import prepare_store
from recsys.shelf import Shelf

EVENTS_A_VIEWER = 50
DONE = "loaded"
STORE = "store.db"


def prepared(workspace: Path, n_videos: int, progress: Progress = quiet) -> Setting:
    """The setting of a platform with so many videos, everything of it made.

    Args:
        workspace: where it is, or will be.
        n_videos: how many videos; events and viewers grow more slowly, as on a platform with a long tail.
        progress: told of each step.
    """
    n_viewers = max(2_000, n_videos // 20)
    setting = Setting(
        workspace=str(workspace / f"{n_videos}"), n_events=EVENTS_A_VIEWER * n_viewers, n_viewers=n_viewers,
        n_videos=n_videos, n_tags=5_000, tags_per_video=8,
    )  # fmt: skip
    done = Path(setting.workspace) / DONE
    if done.exists() and done.read_text() == str(asdict(setting)):
        return setting
    for name in ("simulate", "ingest", "join", "train", "publish"):
        progress(f"{n_videos:,} videos: {name}", None)
        STEPS[name].run(setting, Clock())
    progress(f"{n_videos:,} videos: load", None)
    url = f"sqlite:///{_store(setting)}"
    _store(setting).unlink(missing_ok=True)
    prepare_store(url)
    load(replace(setting.config(), store=StoreConfig(url=url)))
    done.write_text(str(asdict(setting)))
    return setting


@contextmanager
def copied_store(setting: Setting) -> Iterator[str]:
    """The address of a copy of the platform's store, to write into; gone afterwards."""
    with TemporaryDirectory(dir=setting.workspace) as folder:
        shutil.copy(_store(setting), folder)
        os.sync()  # not while something is measured
        yield f"sqlite:///{Path(folder).resolve()}/{STORE}"


def shelf(setting: Setting) -> Shelf:
    """The platform's bundles."""
    return Shelf(setting.folders.bundles)


def viewers_of(setting: Setting, n: int) -> list[str]:
    """The n viewers whose events are nearest to 50 in number, in an order drawn at random."""
    events = pd.read_parquet(setting.folders.tables / "events.parquet", columns=["viewer_id", "event_type"])
    counts = events["viewer_id"][events["event_type"] != "impression"].value_counts().sort_index()
    nearest = (counts - EVENTS_A_VIEWER).abs().sort_values(kind="stable").index[:n]
    return list(np.random.default_rng(setting.seed).permutation(nearest))


def _store(setting: Setting) -> Path:
    return (Path(setting.workspace) / STORE).resolve()
