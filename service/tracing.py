"""Spans for OpenTelemetry: of requests by FastAPI, of ranking's stages by `stage`.

They are sent where `OTEL_EXPORTER_OTLP_ENDPOINT` says, if the extra `otel` is installed. Without that nothing is
recorded. Metrics and logs stay with Prometheus and standard error.
"""

import os
from collections.abc import Container
from time import time_ns

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace

from recsys.errors import MissingExtraError

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def telemetry(quiet: Container[str]) -> TelemetryConfig:
    """What FastAPI is told.

    Args:
        quiet: paths that are asked for by machines every few seconds; they are no spans.

    Raises:
        MissingExtraError: spans are wanted and nothing can send them.
    """
    wanted = any(os.environ.get(one) for one in ENDPOINTS)
    if wanted:
        try:
            import opentelemetry.exporter.otlp.proto.http
            import opentelemetry.sdk.trace  # noqa: F401
        except ModuleNotFoundError as error:
            raise MissingExtraError("sending spans to OpenTelemetry", "otel") from error
    return TelemetryConfig(
        auto_configure=wanted, metrics=False, logs=False, operation_spans=False,
        exclude=lambda scope: scope.get("path") in quiet,
    )  # fmt: skip


def is_recording() -> bool:
    """Whether anything is recorded of the request under way."""
    return trace.get_current_span().is_recording()


def stage(name: str, seconds: float) -> None:
    """Record a stage of the request under way that ends now; only where something is recorded of it.

    Args:
        name: of the stage.
        seconds: that it took.
    """
    end = time_ns()
    span = trace.get_tracer("tagreel").start_span(name, start_time=end - round(seconds * 1e9))
    span.end(end)
