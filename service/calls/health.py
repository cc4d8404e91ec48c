"""The API's part health. Written by `docs/client.py`; change that, or the service."""

from service.calls.call import Answer, Call


class Health(Answer):
    """The process is alive."""

    status: str = "ok"


class Readiness(Answer):
    """What the service answers with, and what stands in its way."""

    ready: bool
    store: str
    """`ok`, or what is wrong with it."""
    schema_revision: str | None
    bundle: str | None
    """The version that serves."""
    bundle_as_of: str | None
    """The first moment that the bundle knows nothing of."""
    videos: int
    """How many the catalogue holds, deleted ones too."""
    refused_bundle: str | None
    """Why the bundle that should be live is not; the one named above serves on."""
    n_loaded: int
    n_refused: int
    waiting_impressions: int
    dropped_impressions: int


def healthz() -> Call[Health]:
    """Always `ok` while the process answers."""
    return Call("GET", "/healthz", Health)


def readyz() -> Call[Readiness]:
    """Whether recommendations can be had, and if not, why."""
    return Call("GET", "/readyz", Readiness)


def metrics() -> Call[str]:
    """Counts and times in Prometheus' text form, of all workers of this machine together."""
    return Call("GET", "/metrics", str)
