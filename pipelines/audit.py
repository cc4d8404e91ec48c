"""The audit of the workspace's tags: the joined set and its taggings in, findings out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.join.reading import read_taggings
from pipelines.join.storage import read_joined
from pipelines.progress import Progress, quiet
from recsys.analysis.audit import Audit, audit
from recsys.analysis.page import to_html, to_text
from recsys.analysis.tagged import Tagged
from recsys.errors import DataError, require
from recsys.ids import Ids
from recsys.models.baselines import BASELINES

if TYPE_CHECKING:
    from pipelines.config import PipelineConfig

MODEL = "ALS + tags"
"""What says how much tags add: fitted in seconds, and as good on new videos as the hybrid nearly is."""


@dataclass(frozen=True)
class AuditSummary:
    """What was found."""

    audit: Audit

    def lines(self) -> list[str]:
        """For people."""
        return to_text(self.audit).splitlines()

    def figures(self) -> dict[str, Any]:
        """For machines."""
        return self.audit.figures()

    def write(self, folder: Path) -> Path:
        """`tag-quality.html` in a folder, made if need be; returns its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "tag-quality.html"
        path.write_text(to_html(self.audit), encoding="utf-8")
        return path


def audit_workspace(
    config: "PipelineConfig", most: int = 200, ablate: bool = True, progress: Progress = quiet
) -> AuditSummary:
    """Audit what was joined last.

    Args:
        config: of the workspace.
        most: findings of each kind.
        ablate: also fit models without some of the tags, which takes most of the time.
        progress: told of each part.

    Raises:
        DataError: nothing is joined, or the tables have changed since.
    """
    folders = config.folders
    progress("reading", None)
    joined = read_joined(folders.joined)
    data, vectorizer = joined.data, joined.vectorizer
    require((folders.tables / "taggings.parquet").exists(), f"{folders.tables} has no taggings; ingest some", DataError)
    taggings = read_taggings(folders.tables)
    tagged = Tagged.of(taggings, data.events.videos, vectorizer.taxonomy, data.as_of)
    evidence = vectorizer.evidence(taggings, data.events.videos).at(data.as_of)
    same = len(tagged) == len(evidence.video) and data.tags.shape[0] == len(tagged.videos)
    require(same, f"{folders.tables} changed since the join; run `tagreel train`, which joins first", DataError)
    fit = BASELINES[MODEL] if ablate else None
    names = tag_names(folders.tables / "tag_names.parquet", vectorizer.ids)
    return AuditSummary(audit(data, tagged, vectorizer, evidence, names, fit, most, lambda what: progress(what, None)))


def tag_names(path: Path, tags: Ids) -> list[str]:
    """(n_tags,) what people call each tag: its first name that is no alias, or its id without the namespace."""
    found: dict[str, str] = {}
    if path.exists():
        rows = pd.read_parquet(path, columns=["tag_id", "name", "is_alias"])
        rows = rows[~rows["is_alias"].fillna(False).astype(bool)].drop_duplicates("tag_id")
        found = dict(zip(rows["tag_id"], rows["name"], strict=True))
    ids = [tags[row] for row in range(len(tags))]
    return [found.get(one) or one.partition(":")[2] or one for one in ids]
