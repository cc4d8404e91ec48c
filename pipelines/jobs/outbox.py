"""Callbacks that wait to be sent: written with what they tell of, so that a crash loses none."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, delete, select, update

from pipelines.jobs.tables import CALLBACKS, JOBS, TARGETS
from pipelines.store import insert_into
from pipelines.tag_store import writing
from recsys.tags.vod_form import vod_callback, wants_ends
from recsys.timeline import iso

SENDING_MS = 60_000
"""After this long the sender of a callback is taken for dead."""
WAITS_S: Mapping[str, Sequence[float]] = {"v1": (1, 5, 30, 120, 600, 3600, 6 * 3600), "vod": (1, 1)}
"""Before the second try and so on, by form; after the last try nobody is called any more. VOD tries three times."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A callback that is about to be sent."""

    callback_id: str
    form: str
    url: str
    secret: str
    body: str
    attempts: int
    """This one included."""


def announce(connection: Connection, job_id: str, now: int) -> None:
    """Put the callbacks of a job's end into the outbox.

    Args:
        connection: in the transaction that ends the job.
        job_id: the job, ended.
        now: ms.
    """
    job = {**connection.execute(select(*JOBS.c).where(JOBS.c.job_id == job_id)).mappings().one()}
    targets = {row["form"]: row for row in connection.execute(select(*TARGETS.c)).mappings()}
    insert = insert_into(CALLBACKS, connection.dialect.name)
    for form, url, body in _told(job, targets, now):
        row = {
            "callback_id": f"{job_id}-{form}", "job_id": job_id, "form": form, "url": url, "state": "waiting",
            "attempts": 0, "due_at": now, "created_at": now, "body": json.dumps(body, ensure_ascii=False),
        }  # fmt: skip
        connection.execute(insert.values(row).on_conflict_do_nothing())


def _told(
    job: Mapping[str, Any], targets: Mapping[str, RowMapping], now: int
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(form, address if not the target's, body) of each callback."""
    if "v1" in targets:
        yield "v1", "", _body(job)
    own = json.loads(job["options"]).get("callback_url", "")
    vod = targets.get("vod")
    asked = vod is not None and vod["url"] and wants_ends(json.loads(vod["options"])["event_types"])
    if own or asked:
        yield "vod", own, vod_callback(job, now)


def _body(job: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event": f"tag-job.{job['state']}", "callback_id": f"{job['job_id']}-v1", "job_id": job["job_id"],
        "video_id": job["video_id"], "state": job["state"], "created_at": iso(job["created_at"]),
        "finished_at": iso(job["finished_at"]), "error": job["error"],
        "result": json.loads(job["result"]) if job["result"] else None,
    }  # fmt: skip


class Outbox:
    """Takes what is due out of the outbox, and notes what became of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, now: int, most: int) -> list[Letter]:
        """The callbacks that are due, the oldest first; nobody else takes them for a minute."""
        due = (CALLBACKS.c.state == "waiting") & (CALLBACKS.c.due_at <= now)
        with self._engine.connect() as looking:
            if looking.execute(select(CALLBACKS.c.callback_id).where(due).limit(1)).first() is None:
                return []
        with writing(self._engine) as store:
            connection = store.connection
            asked = select(*CALLBACKS.c).where(due).order_by(CALLBACKS.c.due_at, CALLBACKS.c.callback_id).limit(most)
            rows = connection.execute(asked.with_for_update(skip_locked=True)).mappings().all()
            targets = {row["form"]: row for row in connection.execute(select(*TARGETS.c)).mappings()}
            mine = CALLBACKS.c.callback_id.in_([row["callback_id"] for row in rows])
            taken = {"attempts": CALLBACKS.c.attempts + 1, "due_at": now + SENDING_MS}
            connection.execute(update(CALLBACKS).where(mine).values(taken))
        return [_letter(row, targets.get(row["form"])) for row in rows]

    def delivered(self, letter: Letter, now: int) -> None:
        """A receiver has it."""
        self._note(letter, {"state": "delivered", "delivered_at": now, "error": None})

    def failed(self, letter: Letter, why: str, now: int) -> None:
        """No receiver has it: it is tried again later, or given up."""
        waits = WAITS_S[letter.form]
        if letter.attempts > len(waits):
            self._note(letter, {"state": "dead", "error": why})
        else:
            self._note(letter, {"due_at": now + round(waits[letter.attempts - 1] * 1000), "error": why})

    def forget(self, before: int) -> int:
        """Throw away callbacks that were delivered before a time, ms; how many."""
        old = (CALLBACKS.c.state == "delivered") & (CALLBACKS.c.delivered_at < before)
        with writing(self._engine) as store:
            return int(store.connection.execute(delete(CALLBACKS).where(old)).rowcount)

    def _note(self, letter: Letter, values: Mapping[str, Any]) -> None:
        mine = (CALLBACKS.c.callback_id == letter.callback_id) & (CALLBACKS.c.attempts == letter.attempts)
        with writing(self._engine) as store:
            store.connection.execute(update(CALLBACKS).where(mine, CALLBACKS.c.state == "waiting").values(values))


def _letter(row: RowMapping, target: RowMapping | None) -> Letter:
    return Letter(
        callback_id=row["callback_id"], form=row["form"], url=row["url"] or (target["url"] if target else ""),
        secret=target["secret"] if target else "", body=row["body"], attempts=row["attempts"] + 1,
    )  # fmt: skip
