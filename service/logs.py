"""Logs for machines: one JSON object a line on standard error, each with the id of the request that it belongs to."""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from typing import Any, TextIO

from pydantic_core import PydanticSerializationError, to_json

from recsys.timeline import iso
from service.soon import Soon

IN_ONE_PIECE = 4096
"""Bytes; Linux' PIPE_BUF."""
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered."""
Line = tuple[float, Mapping[str, Any]]
"""When, s since 1970, and what there is to tell."""


def write_lines(logger: logging.Logger, level: int, message: str, lines: Sequence[Line]) -> None:
    """Log the same message many times, in one record: a record costs more to make and hand on than its line.

    Args:
        logger: whose.
        level: of all.
        message: of all.
        lines: each with its own time and fields. They need not be written at once.
    """
    if lines and logger.isEnabledFor(level):
        record = logging.LogRecord(logger.name, level, __file__, 0, message, (), None)
        record.lines, record.can_wait = lines, True
        logger.handle(record)


class JsonLines(logging.Formatter):
    """Formats a record as a JSON object: time, level, logger, message, request_id and what `extra["fields"]` holds.

    One that `write_lines` made has several.

    Once there is one, `logging` no longer looks up for each record what no line tells: its thread and process.
    """

    def __init__(self) -> None:
        super().__init__()
        for what in ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks"):
            setattr(logging, what, False)

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, or as several."""
        said = {"level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        lines: Sequence[Line] | None = record.__dict__.get("lines")
        if lines is not None:
            return "\n".join([_line(at, {**said, **fields}) for at, fields in lines])
        request_id = REQUEST_ID.get()
        if request_id is not None:
            said["request_id"] = request_id
        said.update(record.__dict__.get("fields", {}))
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return _line(record.created, said)


def _line(at: float, said: Mapping[str, Any]) -> str:
    """A line, all of it ASCII."""
    whole = {"time": iso(round(at * 1000)), **said}
    try:
        return to_json(whole, ensure_ascii=True, fallback=str).decode()
    except PydanticSerializationError:  # half of a character, which JSON can tell and UTF-8 cannot
        return json.dumps(whole, default=str)


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
        """Write a record's lines, and all that wait before them; or let them wait, too."""
        try:
            for line in self.format(record).split("\n"):
                if self._n_bytes + len(line) + 1 > IN_ONE_PIECE:
                    self.flush()
                self._waiting.append(line)
                self._n_bytes += len(line) + 1  # all of it is ASCII
            if not (getattr(record, "can_wait", False) and self._soon.ask()):
                self.flush()
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Write what waits."""
        with self.lock or nullcontext():
            if self._waiting:
                text = "\n".join([*self._waiting, ""])
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
