"""Titles of videos and names of tags, so that answers and their reasons read well."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from recsys.ranking.explain import Reason
from recsys.ranking.recommender import Recommended
from service.storage.tags import display_names
from service.storage.videos import titles

MOST = 200_000
"""Names of either kind that are kept; beyond it they are read anew."""


class Names:
    """What the store calls videos and tags, kept once it was looked up; for as long as nothing there changes."""

    def __init__(self, language: str) -> None:
        """Nothing is known yet; tags will be called by their names in a language, where they have one."""
        self.language = language
        self.titles: dict[str, str | None] = {}
        self.tags: dict[str, str | None] = {}

    def of(self, kind: str, one: str) -> str | None:
        """The name of a reason's tag or video; None where it has none, or was not looked up."""
        return self.tags.get(one) if kind == "tag" else self.titles.get(one) if kind == "video" else None

    def look_up(self, connection: Connection, videos: Iterable[Recommended]) -> None:
        """See to it that everything that these videos and their reasons mention has its name."""
        listed = tuple(videos)
        own = [one.video_id for one in listed]
        reasons = [reason for one in listed for reason in one.reasons]
        self.look_up_each(connection, "video", [*own, *(one.id for one in reasons if one.kind == "video")])
        self.look_up_each(connection, "tag", [one.id for one in reasons if one.kind == "tag"])

    def look_up_reasons(self, connection: Connection, reasons: Sequence[Reason]) -> None:
        """See to it that everything that these reasons mention has its name."""
        for kind in ("video", "tag"):
            self.look_up_each(connection, kind, [one.id for one in reasons if one.kind == kind])

    def look_up_each(self, connection: Connection, kind: str, ids: Iterable[str]) -> None:
        """See to it that these videos or tags have their names."""
        if kind == "video":
            _keep(self.titles, ids, lambda missing: titles(connection, missing))
        else:
            _keep(self.tags, ids, lambda missing: display_names(connection, missing, self.language))


def _keep(
    kept: dict[str, str | None], ids: Iterable[str], read: Callable[[list[str]], Mapping[str, str | None]]
) -> None:
    missing = {one for one in ids if one not in kept}
    if not missing:
        return
    if len(kept) + len(missing) > MOST:
        kept.clear()
        missing = set(ids)
    found = read(sorted(missing))
    kept.update((one, found.get(one)) for one in missing)
