"""What a request ranks with: a bundle, and the catalogue as the store has it now. Immutable; a request holds one."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from recsys.bundle import MANIFEST, Bundle, Contents, open_bundle
from recsys.errors import BundleError, DataError
from recsys.events import EventWeights
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.recommender import Query, recommend
from recsys.ranking.retag import reorganised
from recsys.ranking.viewer import Viewer
from recsys.tags.edits import TagEdit
from service.names import Names
from service.shortlists import Shortlists
from service.storage.changes import (
    Mark,
    Summary,
    last_change,
    marks_not_from,
    marks_since,
    read_changes,
    summary_since,
)
from service.storage.store import Store
from service.storage.tags import edits_so_far, tag_edits

SETTLED_MS = 60_000
"""After so long nothing is written any more with a time before the last change, but by clocks further behind."""
NO_EDITS = (0, 0)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One moment of what the service knows."""

    bundle: Bundle
    weights: EventWeights
    """What events say of taste, as in the bundle's training."""
    contents: Contents
    """The bundle's, in the taxonomy as it is now."""
    catalogue: Catalogue
    shortlists: Shortlists
    """What was ranked with it."""
    names: Names
    """What its videos and tags are called."""
    edits: tuple[int, int] | None = None
    """Of the taxonomy's edits: while the store's is the same, there is none that is not in the contents."""
    cursor: int | None = None
    """The last change of a video that is in the catalogue, ms; None before the first look at the store."""
    summary: Summary | None = None
    """Of the changes around the cursor: while the store's is the same, there is nothing new."""
    applied: Mapping[str, int] = field(default_factory=dict)
    """Per video changed lately, its last change that is in the catalogue, ms."""

    @property
    def tables_hash(self) -> str | None:
        """The tables that the bundle was trained on; videos loaded from the same need no second look."""
        return self.bundle.manifest["data"].get("tables_hash")


def open_snapshot(folder: Path, language: str = "en", kept_viewers: int = 0) -> Snapshot:
    """A bundle as it was trained, verified.

    Args:
        folder: where it is.
        language: of the tags' names.
        kept_viewers: how many viewers' shortlists are kept; none by default.

    Raises:
        BundleError: it cannot be used; the message names the file.
    """
    bundle = open_bundle(folder)
    try:
        weights = EventWeights(**bundle.manifest["config"]["weights"])
    except (KeyError, TypeError) as error:
        raise BundleError(
            f"{folder / MANIFEST} tells no event weights in config.weights ({error}): train again"
        ) from error
    return Snapshot(
        bundle,
        weights,
        bundle.contents,
        Catalogue.of(bundle.contents),
        shortlists=Shortlists(kept_viewers),
        names=Names(language),
    )


def tried(snapshot: Snapshot, now: int) -> Snapshot:
    """The snapshot, once it has answered for a viewer of whom nothing and for one of whom a tag is known."""
    tags = snapshot.catalogue.vectorizer.ids
    for viewer in (Viewer(), Viewer(tags={tags[0]: 1.0} if len(tags) else {})):
        recommend(snapshot.contents, snapshot.catalogue, viewer, Query(n=5, now=now))
    return snapshot


def caught_up(snapshot: Snapshot, store: Store, overlap_ms: int, now: int) -> Snapshot:
    """The snapshot with every video and tag as the store has it now; itself where nothing changed.

    Args:
        snapshot: perhaps behind.
        store: only read.
        overlap_ms: how far to look back beyond the last change seen, for writes that were committed late; for a minute.
        now: ms.
    """
    since = None if snapshot.cursor is None else _since(snapshot.cursor, overlap_ms, now)
    with store.reading() as connection:
        edits = edits_so_far(connection)
        is_edited = edits != (snapshot.edits or NO_EDITS)
        if since is not None and not is_edited and summary_since(connection, since) == snapshot.summary:
            return snapshot
        tags = tag_edits(connection) if is_edited else []
        marks = marks_not_from(connection, snapshot.tables_hash) if since is None else marks_since(connection, since)
        news = _news(marks, snapshot)
        changes = read_changes(connection, [one.video_id for one in news])
        cursor = min(now, last_change(connection))
        summary = summary_since(connection, _since(cursor, overlap_ms, now))
    as_of = max([now, *(one.changed_at for one in news)])  # by the clock of who wrote them, their tags are known
    before = _reorganised(snapshot, tags, now) if is_edited else snapshot
    catalogue = before.catalogue.with_changes(changes, as_of) if changes else before.catalogue
    return replace(
        before,
        catalogue=catalogue,
        edits=edits,
        cursor=cursor,
        summary=summary,
        applied={one.video_id: one.changed_at for one in marks if one.changed_at >= cursor - overlap_ms},
        shortlists=snapshot.shortlists.emptied() if changes or is_edited else snapshot.shortlists,
        names=Names(snapshot.names.language) if changes or is_edited else snapshot.names,
    )


def _since(cursor: int, overlap_ms: int, now: int) -> int:
    """How far a look reaches back: not beyond the last change seen, once that is so long ago that nothing comes late.

    A million videos that were loaded together would all be looked at again and again.
    """
    return cursor + 1 if now - cursor > SETTLED_MS else cursor - overlap_ms


def _reorganised(snapshot: Snapshot, edits: Sequence[TagEdit], now: int) -> Snapshot:
    """The snapshot in the taxonomy as it is now. One that fits the bundle's tags in no way is left out, and logged."""
    try:
        contents = reorganised(snapshot.bundle.contents, edits)
    except DataError as error:
        _log.error("the taxonomy as edited does not fit the bundle, which keeps its own until the next: %s", error)
        return snapshot
    if contents is snapshot.contents:
        return snapshot
    catalogue, changes = Catalogue.of(contents), snapshot.catalogue.changes
    if changes:
        catalogue = catalogue.with_changes(changes, now)
    return replace(snapshot, contents=contents, catalogue=catalogue)


def _news(marks: Sequence[Mark], snapshot: Snapshot) -> list[Mark]:
    """The changes that are not in the catalogue yet; the bundle's own tables are, unless something lies over them."""
    recent = [one for one in marks if snapshot.applied.get(one.video_id) != one.changed_at]
    if not any(one.is_of(snapshot.tables_hash) for one in recent):
        return recent
    overlaid = {one.video_id for one in snapshot.catalogue.changes}
    return [one for one in recent if not one.is_of(snapshot.tables_hash) or one.video_id in overlaid]
