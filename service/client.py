"""Tagreel's Python client: the same methods twice, one class that waits and one that is awaited.

It imports nothing of the service but `service.calls`: httpx and pydantic are all that it needs.

    with Client("http://127.0.0.1:8080", key) as tagreel:
        tagreel.post_event(viewer_id="u1", video_id="v1", event_type="like")
        for video in tagreel.recommend_to_viewer("u1", n=5).videos:
            print(video.video_id, video.score)
"""

from typing import Self

import httpx

from service.calls.batches import post_event, post_events, store_videos, with_event_id
from service.calls.errors import (
    BadRequestError,
    ChangedError,
    ConflictError,
    Fault,
    ForbiddenError,
    InvalidError,
    NoAnswerError,
    NotFoundError,
    ProblemError,
    ServiceError,
    TagreelError,
    TooLargeError,
    TooManyRequestsError,
    UnauthorizedError,
)
from service.calls.exchange import Retries
from service.calls.operation import Pages, Task
from service.calls.operations import Operations
from service.calls.pages import list_videos
from service.calls.transports import AsyncTransport, PlainTransport
from service.calls.videos import Video

__all__ = [
    "AsyncClient",
    "BadRequestError",
    "ChangedError",
    "Client",
    "ConflictError",
    "Fault",
    "ForbiddenError",
    "InvalidError",
    "NoAnswerError",
    "NotFoundError",
    "ProblemError",
    "Retries",
    "ServiceError",
    "TagreelError",
    "TooLargeError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "with_event_id",
]
TIMEOUT_S = 10.0
MAX_BATCH = 1000
"""The service's own limit, unless it is set otherwise there."""


class Methods(Operations):
    """Every operation of the API, those that take several requests too."""

    post_event = Task(post_event)
    post_events = Task(post_events)
    store_videos = Task(store_videos)
    list_videos = Pages(list_videos, Video)


class Client(Methods, PlainTransport):
    """Waits for each answer. One is good for many threads, and keeps its connections open: make one, not many.

    Args:
        address: of the service, such as `https://tagreel.example`.
        key: an API key, or a viewer's token; None where the service asks for none.
        timeout_s: for connecting, and for each part of an answer.
        retries: when a request is sent again.
        max_batch: most events or videos in one request; `TAGREEL_MAX_BATCH` of the service.
        http: the httpx client to send with, for proxies, certificates and tests.
    """

    def __init__(
        self,
        address: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        retries: Retries = Retries(),
        max_batch: int = MAX_BATCH,
        http: httpx.Client | None = None,
    ) -> None:
        super().__init__(address, key, retries, max_batch)
        self._http = http or httpx.Client(timeout=timeout_s)

    def with_key(self, key: str | None) -> Self:
        """The same client as somebody else, such as a viewer with a token; both share their connections."""
        return type(self)(self.address, key, retries=self.retries, max_batch=self.max_batch, http=self._http)


class AsyncClient(Methods, AsyncTransport):
    """Is awaited for each answer; otherwise as `Client`.

    Args:
        address: of the service.
        key: an API key, or a viewer's token.
        timeout_s: for connecting, and for each part of an answer.
        retries: when a request is sent again.
        max_batch: most events or videos in one request.
        http: the httpx client to send with.
    """

    def __init__(
        self,
        address: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        retries: Retries = Retries(),
        max_batch: int = MAX_BATCH,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(address, key, retries, max_batch)
        self._http = http or httpx.AsyncClient(timeout=timeout_s)

    def with_key(self, key: str | None) -> Self:
        """The same client as somebody else; both share their connections."""
        return type(self)(self.address, key, retries=self.retries, max_batch=self.max_batch, http=self._http)
