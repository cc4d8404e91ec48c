"""The publishing step: the candidate onto the shelf and live, if its report lets it; and back again."""

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.gate import Check
from pipelines.progress import Progress, quiet
from pipelines.train import LATEST
from pipelines.workspace import Workspace, replacing
from recsys.bundle import open_bundle, read_manifest, save_manifest
from recsys.errors import BundleError, DataError, RecsysError, require
from recsys.shelf import Shelf

if TYPE_CHECKING:
    from pipelines.config import PipelineConfig


class RefusedError(RecsysError):
    """The candidate did not pass the gate."""


@dataclass(frozen=True)
class PublishSummary:
    """Which bundle is live now."""

    version: str
    forced: bool
    checks: list[dict[str, Any]]

    def lines(self) -> list[str]:
        """For people."""
        how = "by force, against the gate" if self.forced else "having passed every check"
        return [*(Check(**one).line() for one in self.checks), f"live: {self.version}, {how}"]


@dataclass(frozen=True)
class RollbackSummary:
    """Which bundle is live again."""

    version: str

    def lines(self) -> list[str]:
        """For people."""
        return [f"live again: {self.version}"]


def publish(config: "PipelineConfig", force: bool = False, progress: Progress = quiet) -> PublishSummary:
    """Move the candidate onto the shelf and point to it.

    Args:
        config: the workspace.
        force: publish in spite of failed checks; the manifest then says so.
        progress: told of each part.

    Raises:
        RefusedError: a check failed; the live bundle stays.
        DataError: the candidate was not evaluated.
        BundleError: there is no whole candidate.
    """
    folders = config.folders
    progress("verifying the candidate", None)
    version = open_bundle(folders.candidates / LATEST).version
    gate = _gate(folders, version, force)
    failed = [Check(**one) for one in gate["checks"] if not one["passed"]]
    if failed and not force:
        told = "\n".join(f"  {one.line()}" for one in failed)
        raise RefusedError(f"candidate {version} is not published:\n{told}\nthe live bundle stays; --force overrides")
    forced = bool(failed) or not gate["checks"]
    progress("moving it onto the shelf", None)
    _shelve(folders, version, {"forced": forced, **gate})
    Shelf(folders.bundles).point_to(version)
    return PublishSummary(version, forced, gate["checks"])


def rollback(config: "PipelineConfig") -> RollbackSummary:
    """Make the bundle live that was before. BundleError if there is none or it is damaged."""
    shelf = Shelf(config.folders.bundles)
    history = shelf.history()
    if len(history) > 1:
        open_bundle(shelf.folder(history[-2]))
    return RollbackSummary(shelf.roll_back())


def _gate(folders: Workspace, version: str, force: bool) -> dict[str, Any]:
    path = folders.reports / version / "gate.json"
    if not path.exists():
        require(force, f"candidate {version} has no report; run `tagreel evaluate` first", DataError)
        return {"checks": [], "results": []}
    return json.loads(path.read_text())


def _shelve(folders: Workspace, version: str, publication: dict[str, Any]) -> None:
    """Copy the candidate to where the service finds it; a whole copy that is there already stays."""
    target = folders.bundles / version
    try:
        open_bundle(target)
    except BundleError:
        with replacing(target) as folder:
            shutil.copytree(folders.candidates / LATEST, folder, dirs_exist_ok=True)
    save_manifest(target, {**read_manifest(target), "publication": publication})
