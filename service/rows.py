"""The rows of a viewer's page: each a list with a heading, and each video in one of them only."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from recsys.ranking import filter_language
from recsys.ranking.filter_language import Filter, parse, tagged
from recsys.ranking.recommender import Answer, Query, Shortlist, answer
from recsys.ranking.similar import answer_like
from recsys.ranking.tastes import tastes
from service.answering import with_shortlists
from service.found import Found
from service.profiles import Asking, asked_by, known_of
from service.recommending import found_of, is_listed, kept_like, kept_of, named, ranked_of
from service.schemas.discovery import Row, RowKind
from service.snapshot import Snapshot
from service.state import State
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


async def rows_for(
    state: State, snapshot: Snapshot, viewer_id: str, query: Query, n_rows: int, rising: Sequence[Watched]
) -> list[tuple[Row, Found]]:
    """The first rows of a viewer's page, each with the answer that it is.

    Args:
        state: the tenant's.
        snapshot: what to rank with.
        viewer_id: whose page.
        query: how long a row is, and at what time.
        n_rows: how many rows at most.
        rising: what is watched now, the most risen first.
    """
    with state.store.reading() as connection:
        asked = asked_by(connection, Asking(viewer_id))
        known = known_of(connection, asked, state.settings.history_limit)
    query = replace(query, muted=known.stated.muted)
    had, shown, made = frozenset(one.video_id for one in known.events), set[str](), list[tuple[Row, Found]]()

    def listed(at_once: bool) -> Shortlist:
        return kept_of(snapshot, asked, query, lambda: known, at_once).listed

    def row(heading: Heading, wanted: Filter | None, at_once: bool) -> Answer:
        """A row's list, without what the rows before it hold."""
        if heading.kind == "because-you-watched":
            unseen = replace(query, exclude=had | shown)
            alike = kept_like(snapshot, str(heading.id), unseen, at_once).listed
            return answer_like(snapshot.contents, snapshot.catalogue, alike, unseen)
        matched = replace(query, filter=wanted, exclude=frozenset(shown))
        kept = kept_of(snapshot, asked, matched, lambda: known, at_once)
        return answer(snapshot.contents, snapshot.catalogue, kept.listed, matched)

    for_viewer = await with_shortlists(state, listed)
    for heading, wanted in _headings(snapshot, for_viewer, query.n, rising, shown):
        found = await with_shortlists(state, partial(row, heading, wanted))
        if len(found.videos) >= min(LEAST, query.n):
            shown.update(one.video_id for one in found.videos)
            with state.store.reading() as connection:
                made.append(_written(connection, snapshot, heading, found, query.now, viewer_id))
        if len(made) == n_rows:
            break
    return made


def _headings(
    snapshot: Snapshot, listed: Shortlist, n: int, rising: Sequence[Watched], shown: Set[str]
) -> Iterator[tuple[Heading, Filter | None]]:
    """Every row that could be, each when it is its turn, and what its videos match."""
    yield Heading("for-you"), None
    for video_id in _liked(snapshot, listed)[:ABOUT]:
        yield Heading("because-you-watched", video_id), None
    tags = tastes(snapshot.contents.model.content, snapshot.catalogue, listed.known)
    for tag_id in [one.tag_id for one in tags if one.weight > 0][:ABOUT]:
        yield Heading("more-of-tag", tag_id), tagged(tag_id)
    risen = [one.video_id for one in rising if one.rise > 0 and one.video_id not in shown][: 3 * n]
    if risen:
        yield Heading("trending"), filter_language.named(*risen)
    yield Heading("new"), NEW


def _liked(snapshot: Snapshot, listed: Shortlist) -> list[str]:
    """The videos that a viewer liked, the latest first, as far as they are still there."""
    past, weights = listed.known.past.tolist(), listed.known.profile.weights.tolist()
    ids = [snapshot.catalogue.id_of(one) for one, weight in zip(past, weights, strict=True) if weight > 0]
    return [one for one in ids if is_listed(snapshot, one)]


def _written(
    connection: Connection, snapshot: Snapshot, heading: Heading, found: Answer, now: int, viewer_id: str
) -> tuple[Row, Found]:
    videos = named(connection, snapshot, found)
    answered = found_of(ranked_of(found, videos), snapshot, now, viewer_id)
    kind = "tag" if heading.kind == "more-of-tag" else "video"
    if heading.id is not None:
        snapshot.names.look_up_each(connection, kind, [heading.id])
    name = None if heading.id is None else snapshot.names.of(kind, heading.id)
    row = Row.model_construct(
        kind=heading.kind, id=heading.id, name=name, request_id=answered.request_id, videos=videos
    )
    return row, answered
