"""The rows of a viewer's page: each a list with a heading, and each video in one of them only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from recsys.ranking import filter_language
from recsys.ranking.filter_language import Filter, parse, tagged
from recsys.ranking.recommender import Answer, Query, Shortlist, answer
from recsys.ranking.similar import similar
from recsys.ranking.tastes import tastes
from service.found import Found
from service.profiles import Asked, Asking, Known, asked_by, known_of
from service.recommending import found_of, is_listed, kept_of, named, ranked_of
from service.schemas.discovery import Row, RowKind
from service.schemas.recommendations import RecommendedVideo
from service.settings import Settings
from service.snapshot import Snapshot
from service.trends import Watched

NEW = parse("age_days < 14")
LEAST = 3
"""A row of fewer videos is no row."""
ABOUT = 2
"""Rows about past videos, and rows about tags, at most."""


@dataclass(frozen=True)
class Heading:
    """What a row is about."""

    kind: RowKind
    id: str | None = None
    """The video or tag."""


def rows_for(
    connection: Connection,
    snapshot: Snapshot,
    viewer_id: str,
    query: Query,
    n_rows: int,
    rising: Sequence[Watched],
    settings: Settings,
) -> list[tuple[Row, Found]]:
    """The first rows of a viewer's page, each with the answer that it is.

    Args:
        connection: to read the store.
        snapshot: what to rank with.
        viewer_id: whose page.
        query: how long a row is, and at what time.
        n_rows: how many rows at most.
        rising: what is watched now, the most risen first.
        settings: how much history counts.
    """
    asked = asked_by(connection, Asking(viewer_id))
    known = known_of(connection, asked, settings.history_limit)
    shown, made = set[str](), list[tuple[Row, Found]]()
    for heading, found in _lists(snapshot, asked, known, replace(query, muted=known.stated.muted), rising, shown):
        if len(found.videos) >= min(LEAST, query.n):
            shown.update(one.video_id for one in found.videos)
            videos = named(connection, snapshot, found)
            answered = found_of(ranked_of(found, videos), snapshot, query.now, viewer_id)
            made.append((_row(connection, snapshot, heading, answered.request_id, videos), answered))
        if len(made) == n_rows:
            break
    return made


def _lists(
    snapshot: Snapshot, asked: Asked, known: Known, query: Query, rising: Sequence[Watched], shown: set[str]
) -> Iterator[tuple[Heading, Answer]]:
    """Every row that could be, made when it is its turn, without what those before it hold."""
    contents, catalogue = snapshot.contents, snapshot.catalogue
    listed = kept_of(snapshot, asked, query, lambda: known).listed

    def of(wanted: Filter) -> Answer:
        filtered = replace(query, filter=wanted, exclude=frozenset(shown))
        return answer(contents, catalogue, kept_of(snapshot, asked, filtered, lambda: known).listed, filtered)

    yield Heading("for-you"), answer(contents, catalogue, listed, query)
    had = frozenset(one.video_id for one in known.events)
    for video_id in _liked(snapshot, listed)[:ABOUT]:
        without = replace(query, exclude=had | shown)
        yield Heading("because-you-watched", video_id), similar(contents, catalogue, video_id, without)
    liked = [one.tag_id for one in tastes(contents.model.content, catalogue, listed.known) if one.weight > 0]
    for tag_id in liked[:ABOUT]:
        yield Heading("more-of-tag", tag_id), of(tagged(tag_id))
    risen = [one.video_id for one in rising if one.rise > 0 and one.video_id not in shown][: 3 * query.n]
    yield Heading("trending"), of(filter_language.named(*risen)) if risen else Answer((), None, 0)
    yield Heading("new"), of(NEW)


def _liked(snapshot: Snapshot, listed: Shortlist) -> list[str]:
    """The videos that a viewer liked, the latest first, as far as they are still there."""
    past, weights = listed.known.past.tolist(), listed.known.profile.weights.tolist()
    ids = [snapshot.catalogue.id_of(one) for one, weight in zip(past, weights, strict=True) if weight > 0]
    return [one for one in ids if is_listed(snapshot, one)]


def _row(
    connection: Connection, snapshot: Snapshot, heading: Heading, request_id: str, videos: list[RecommendedVideo]
) -> Row:
    kind = "tag" if heading.kind == "more-of-tag" else "video"
    if heading.id is not None:
        snapshot.names.look_up_each(connection, kind, [heading.id])
    name = None if heading.id is None else snapshot.names.of(kind, heading.id)
    return Row.model_construct(kind=heading.kind, id=heading.id, name=name, request_id=request_id, videos=videos)
