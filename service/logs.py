"""Logs for machines: one JSON object a line on standard error, each with the id of the request that it belongs to."""

import json
import logging
from contextlib import nullcontext
from contextvars import ContextVar
from typing import Any, TextIO

from recsys.timeline import iso
from service.soon import Soon

IN_ONE_PIECE = 4096
"""Bytes; Linux' PIPE_BUF."""
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered."""


class JsonLines(logging.Formatter):
    """Formats a record as a JSON object: time, level, logger, message, request_id and what `extra["fields"]` holds.

    Once there is one, `logging` no longer looks up for each record what no line tells: its thread and process.
    """

    def __init__(self) -> None:
        super().__init__()
        for what in ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks"):
            setattr(logging, what, False)

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line: dict[str, Any] = {
            "time": iso(round(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        request_id = REQUEST_ID.get()
        if request_id is not None:
            line["request_id"] = request_id
        line.update(record.__dict__.get("fields", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class WholeLines(logging.StreamHandler):
    """Writes lines to a stream; those of records that have `can_wait` go out together, within a moment.

    A write is never longer than what a pipe takes in one piece, so that the lines of several processes do not mix.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._waiting: list[str] = []
        self._n_bytes = 0
        self._soon = Soon(self.flush)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record's line, and all that wait before it; or let it wait, too."""
        try:
            line = self.format(record) + "\n"
            if self._n_bytes + len(line) > IN_ONE_PIECE:
                self.flush()
            self._waiting.append(line)
            self._n_bytes += len(line)  # all of it is ASCII
            if not (getattr(record, "can_wait", False) and self._soon.ask()):
                self.flush()
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Write what waits."""
        with self.lock or nullcontext():
            if self._waiting:
                text = "".join(self._waiting)
                self._waiting.clear()
                self._n_bytes = 0
                self.stream.write(text)
            super().flush()


def configuration(level: str) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes, and uvicorn with it.

    Args:
        level: `debug`, `info`, `warning` or `error`; lower ones are left out.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "service.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "service.logs.WholeLines", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {"alembic": {"level": "WARNING"}},
    }
