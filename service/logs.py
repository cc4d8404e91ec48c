"""Logs for machines: one JSON object a line on standard error, each with the id of the request that it belongs to."""

import json
import logging
from contextvars import ContextVar
from typing import Any

from recsys.timeline import iso

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered."""


class JsonLines(logging.Formatter):
    """Formats a record as a JSON object: time, level, logger, message, request_id and what `extra["fields"]` holds."""

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


def configuration(level: str) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes, and uvicorn with it.

    Args:
        level: `debug`, `info`, `warning` or `error`; lower ones are left out.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "service.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {"alembic": {"level": "WARNING"}},
    }
