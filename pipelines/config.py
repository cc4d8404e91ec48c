"""The pipeline's configuration: one TOML file, each table of it the config of one step.

A new step adds one line here. `tagreel.toml` in the current folder is read unless --config names another.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.evaluate_config import EvaluateConfig
from pipelines.ingest.config import SourceConfig
from pipelines.join.config import JoinConfig
from pipelines.toml_config import read_config
from pipelines.workspace import Workspace
from recsys.errors import ConfigError, require
from recsys.events import EventWeights
from recsys.models.calibrate import HybridConfig
from recsys.tags.vectorizer import TagConfig

DEFAULT_FILE = Path("tagreel.toml")


@dataclass(frozen=True, kw_only=True)
class StoreConfig:
    """The database that the service serves from."""

    url: str | None = None
    """SQLAlchemy's address, `sqlite:///var/store.db` or `postgresql+psycopg://…`; without it nothing is loaded.
    `$NAME` takes it from the environment, so that a password need not stand in the file."""

    @property
    def address(self) -> str | None:
        """The address with a `$NAME` looked up."""
        if self.url is None or not self.url.startswith("$"):
            return self.url
        found = os.environ.get(self.url[1:])
        require(bool(found), f"store.url is {self.url}, but the environment has no {self.url[1:]}; set it", ConfigError)
        return found


@dataclass(frozen=True, kw_only=True)
class PipelineConfig:
    """Everything a run can be told."""

    workspace: Path = Path("var")
    """The folder of the run's outputs."""
    source: SourceConfig = SourceConfig()
    store: StoreConfig = StoreConfig()
    weights: EventWeights = EventWeights()
    tags: TagConfig = TagConfig()
    join: JoinConfig = JoinConfig()
    train: HybridConfig = HybridConfig()
    evaluate: EvaluateConfig = EvaluateConfig()

    @property
    def folders(self) -> Workspace:
        """The workspace's folders."""
        return Workspace(self.workspace)


def read_pipeline_config(path: Path | None = None, overrides: Sequence[str] = ()) -> PipelineConfig:
    """The config from a file, from `tagreel.toml` where there is one, or from the defaults; `overrides` win.

    Raises:
        ConfigError: see `read_config`.
    """
    if path is None and DEFAULT_FILE.exists():
        path = DEFAULT_FILE
    config = read_config(PipelineConfig, path, overrides)
    if path is None or any(one.startswith("store.url") for one in overrides):
        return config
    return replace(config, store=StoreConfig(url=_anchored(config.store.url, path.parent.resolve())))


def _anchored(url: str | None, folder: Path) -> str | None:
    """An SQLite address whose relative path starts at the config's folder, like every path in it."""
    head, slashes, file = (url or "").partition(":///")
    if not head.startswith("sqlite") or not file or file.startswith((":memory:", "/", "file:")):
        return url
    return f"{head}{slashes}{folder / file}"
