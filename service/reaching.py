"""Whom a video would reach, one in the store or one that is only described."""

from collections.abc import Sequence

from recsys.ranking.audience import Reached, audience
from recsys.ranking.catalogue import Tagging, VideoChange
from service.names import Names
from service.profiles import known_viewer_of, viewer_now
from service.settings import Settings
from service.snapshot import Snapshot
from service.storage.events import active_viewers
from service.storage.store import Store

DESCRIBED = "described-by-the-request"
"""The id that a video has while it is only described."""


def reached(
    store: Store, snapshot: Snapshot, video_id: str | None, tags: Sequence[str], n: int, settings: Settings, now: int
) -> tuple[list[Reached], Names]:
    """The viewers in whose lists a video would stand highest, among those active last, and the names in the reasons.

    Args:
        store: only read.
        snapshot: what to rank with.
        video_id: a video that is known; None for one that only `tags` describe.
        tags: ids of tags, each as sure as an editor's.
        n: how many viewers.
        settings: how many viewers are looked at and how much of their history counts.
        now: ms.
    """
    catalogue, wanted = snapshot.catalogue, video_id or DESCRIBED
    if video_id is None:
        described = VideoChange(DESCRIBED, tuple(Tagging(one, "editor", 1.0) for one in tags))
        catalogue = catalogue.with_changes([described], now)
    with store.reading() as connection:
        viewers = [
            (one, viewer_now(known_viewer_of(connection, one, settings.history_limit), snapshot.weights, now))
            for one in active_viewers(connection, settings.audience_limit)
        ]
        found = audience(snapshot.contents, catalogue, viewers, wanted, now, n)
        snapshot.names.look_up_reasons(connection, [reason for one in found for reason in one.reasons])
        return found, snapshot.names
