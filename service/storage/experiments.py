"""Experiments in the store, and what was shown and taken in them."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update

from service.storage.events import TAKEN
from service.storage.rows import Row, put
from service.storage.tables import EVENTS, EXPERIMENTS, IMPRESSIONS


def put_experiment(connection: Connection, row: Row) -> None:
    """Insert or replace an experiment; `variants` is JSON."""
    put(connection, EXPERIMENTS, [row])


def get_experiment(connection: Connection, experiment_id: str) -> RowMapping | None:
    """One experiment's row."""
    asked = select(EXPERIMENTS).where(EXPERIMENTS.c.experiment_id == experiment_id)
    return connection.execute(asked).mappings().one_or_none()


def list_experiments(connection: Connection) -> Sequence[RowMapping]:
    """Every experiment, the latest first."""
    asked = select(EXPERIMENTS).order_by(EXPERIMENTS.c.started_at.desc(), EXPERIMENTS.c.experiment_id)
    return connection.execute(asked).mappings().all()


def running_experiment(connection: Connection) -> RowMapping | None:
    """The experiment that runs; there is at most one."""
    return connection.execute(select(EXPERIMENTS).where(EXPERIMENTS.c.ended_at.is_(None))).mappings().first()


def end_experiment(connection: Connection, experiment_id: str, now: int) -> bool:
    """End an experiment; one that has ended stays as it is. False where there is none."""
    this = EXPERIMENTS.c.experiment_id == experiment_id
    changed = update(EXPERIMENTS).where(this).values(ended_at=func.coalesce(EXPERIMENTS.c.ended_at, now))
    return connection.execute(changed).rowcount > 0


def shown_in(connection: Connection, experiment_id: str) -> Iterator[tuple[str, str, str]]:
    """(variant, viewer, what was shown, as written) of every list in an experiment."""
    asked = select(IMPRESSIONS.c.variant, IMPRESSIONS.c.viewer_id, IMPRESSIONS.c.shown)
    yield from (tuple(row) for row in connection.execute(asked.where(_is_in(experiment_id))))


def taken_in(connection: Connection, experiment_id: str, since: int) -> Iterator[tuple[str, str, str, str]]:
    """(variant, viewer, video, what was shown, as written) of every video taken up since a time, each list's once."""
    asked = (
        select(IMPRESSIONS.c.variant, IMPRESSIONS.c.viewer_id, EVENTS.c.video_id, IMPRESSIONS.c.shown)
        .select_from(IMPRESSIONS.join(EVENTS, EVENTS.c.request_id == IMPRESSIONS.c.request_id))
        .where(_is_in(experiment_id), EVENTS.c.event_type.in_(TAKEN), EVENTS.c.occurred_at >= since)
        .where(EVENTS.c.viewer_id == IMPRESSIONS.c.viewer_id)
        .distinct()
        .add_columns(IMPRESSIONS.c.request_id)
    )
    for variant, viewer_id, video_id, shown, _ in connection.execute(asked):
        yield variant, viewer_id, video_id, shown


def _is_in(experiment_id: str) -> Any:
    return IMPRESSIONS.c.variant.startswith(f"{experiment_id}/", autoescape=True)
