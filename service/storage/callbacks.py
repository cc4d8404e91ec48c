"""Where callbacks go, and those that reached nobody."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, update

from service.storage.rows import put
from service.storage.tables import CALLBACK_TARGETS, CALLBACKS

MOST_SHOWN = 100


@dataclass(frozen=True)
class Target:
    """Where callbacks of one form go."""

    url: str
    secret: str
    options: Mapping[str, Any]
    changed_at: int  # ms


def get_target(connection: Connection, form: str) -> Target | None:
    """The target of a form; None where none is set."""
    row = connection.execute(select(CALLBACK_TARGETS).where(CALLBACK_TARGETS.c.form == form)).mappings().one_or_none()
    return None if row is None else Target(row["url"], row["secret"], json.loads(row["options"]), row["changed_at"])


def put_target(connection: Connection, form: str, target: Target) -> None:
    """Set the target of a form."""
    options = json.dumps(dict(target.options))
    row = {"form": form, "url": target.url, "secret": target.secret, "options": options}
    put(connection, CALLBACK_TARGETS, [{**row, "changed_at": target.changed_at}])


def remove_target(connection: Connection, form: str) -> None:
    """Send no more callbacks of a form."""
    connection.execute(delete(CALLBACK_TARGETS).where(CALLBACK_TARGETS.c.form == form))


def dead_callbacks(connection: Connection) -> Sequence[RowMapping]:
    """Callbacks that were tried in vain, the latest first."""
    dead = select(CALLBACKS).where(CALLBACKS.c.state == "dead").order_by(CALLBACKS.c.created_at.desc())
    return connection.execute(dead.limit(MOST_SHOWN)).mappings().all()


def replay(connection: Connection, now: int, callback_id: str | None = None) -> int:
    """Let callbacks be sent anew: the one of that id whatever became of it, or all dead ones. How many there are."""
    which = CALLBACKS.c.state == "dead" if callback_id is None else CALLBACKS.c.callback_id == callback_id
    anew = {"state": "waiting", "attempts": 0, "due_at": now, "error": None, "delivered_at": None}
    return int(connection.execute(update(CALLBACKS).where(which).values(anew)).rowcount)
