"""Titles of videos and names of tags, so that answers and their reasons read well."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from recsys.ranking.explain import Reason
from recsys.ranking.recommender import Recommended
from service.storage.tags import display_names
from service.storage.videos import titles


@dataclass(frozen=True)
class Names:
    """What the store calls some videos and tags."""

    titles: dict[str, str | None]
    tags: dict[str, str]

    def of(self, kind: str, one: str) -> str | None:
        """The name of a reason's tag or video; None where it has none."""
        return self.tags.get(one) if kind == "tag" else self.titles.get(one) if kind == "video" else None


def names_in(connection: Connection, videos: Iterable[Recommended], language: str) -> Names:
    """The names of everything that these videos and their reasons mention."""
    listed = tuple(videos)
    own = [Reason("video", one.video_id, 0.0) for one in listed]
    return names_of(connection, [*own, *(reason for one in listed for reason in one.reasons)], language)


def names_of(connection: Connection, reasons: Iterable[Reason], language: str) -> Names:
    """The names of everything that these reasons mention."""
    mentioned = defaultdict[str, set[str]](set)
    for reason in reasons:
        mentioned[reason.kind].add(reason.id)
    return Names(
        titles(connection, sorted(mentioned["video"])), display_names(connection, sorted(mentioned["tag"]), language)
    )
