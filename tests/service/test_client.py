"""The client against the real service, and against one that fails: both classes by the same tests."""

import asyncio
import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from service.auth.keys import Scope, make_key
from service.calls.exchange import Pause, sender
from service.calls.keys import create_key
from service.calls.tags import read_tag
from service.client import (
    AsyncClient,
    ChangedError,
    Client,
    ForbiddenError,
    InvalidError,
    NoAnswerError,
    NotFoundError,
    ProblemError,
    Retries,
    ServiceError,
    TooManyRequestsError,
    UnauthorizedError,
    with_event_id,
)
from service.clock import now_ms
from service.options import prepared_store
from service.storage.keys import add_key

QUICK = Retries(base_s=0.001)


class Waiting:
    """An async client whose methods are run to their end, so that one test drives both."""

    def __init__(self, client: AsyncClient, run: Callable[..., Any]) -> None:
        self._client, self._run = client, run

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name == "with_key":
            return lambda *args: Waiting(found(*args), self._run)
        if name == "list_videos":
            return lambda **more: self._run(_listed(found(**more)))
        return lambda *args, **more: self._run(found(*args, **more))


async def _listed(rows: Any) -> list[Any]:
    return [one async for one in rows]


Make = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes clients of one class; all are closed at the end."""
    made: list[Any] = []
    with asyncio.Runner() as runner:

        def client(address: Any, key: str | None = None, retries: Retries = QUICK, **more: Any) -> Any:
            if request.param == "sync":
                made.append(Client(str(address), key, retries=retries, **more))
                return made[-1]
            made.append(Waiting(AsyncClient(str(address), key, retries=retries, **more), runner.run))
            return made[-1]

        yield client
        for one in made:
            one.close() if isinstance(one, Client) else one.aclose()


@pytest.fixture
def ours(make: Make, client: httpx.Client) -> Any:
    """A client of the running service."""
    return make(client.base_url)


class Flaky:
    """Stands before a service, and fails as it is told to before it passes a request on."""

    def __init__(self, behind: str, fails: list[Any]) -> None:
        self.seen: list[tuple[str, str]] = []
        outer, self._fails = self, fails

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.seen.append((self.command, self.path))
                fail = outer._fails.pop(0) if outer._fails else None
                if fail == "refused":
                    self._hang_up()
                    return
                passed = {name: one for name, one in self.headers.items() if name.lower() not in ("host", "connection")}
                told = httpx.request(self.command, f"{behind}{self.path}", content=body, headers=passed)
                if fail == "lost":  # the service took it, its answer never arrives
                    self._hang_up()
                    return
                status, headers, content = fail or (told.status_code, dict(told.headers), told.content)
                self.send_response(status)
                for name, one in headers.items():
                    if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                        self.send_header(name, one)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def _hang_up(self) -> None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)  # closing alone tells nobody: the files on it are open

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def flaky(client: httpx.Client) -> Iterator[Callable[[list[Any]], Flaky]]:
    made: list[Flaky] = []

    def stands(fails: list[Any]) -> Flaky:
        made.append(Flaky(str(client.base_url).rstrip("/"), fails))
        return made[-1]

    yield stands
    for one in made:
        one.stop()


def problem(status: int, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return status, headers, b""


def test_a_platforms_day(ours):
    stored = ours.store_video("v/1 ü?#%", title="Two cats", tags=["object:phone", {"tag": "mine", "confidence": 0.5}])
    assert (stored.title, [one.tag for one in stored.tags]) == ("Two cats", ["mine", "object:phone"])
    assert ours.read_video("v/1 ü?#%") == stored
    assert stored.tags[0].known_at.tzinfo is not None
    told = ours.post_event(viewer_id="u1", video_id="video-001", event_type="like", occurred_at=datetime.now(UTC))
    assert (told.accepted, len(told.results[0].event_id)) == (1, 32)
    found = ours.recommend_to_viewer("u1", n=5, explain=False)
    assert len(found.videos) == 5
    assert all(one.reasons == [] for one in found.videos)
    asked = ours.recommend(viewer_id="u1", n=2, filter='tags has "mine"', tags={"mine": 1.0}, log=False)
    assert [one.video_id for one in asked.videos] == ["v/1 ü?#%"]
    assert ours.why_shown("u1", "v/1 ü?#%").place is not None
    profile = ours.change_profile("u1", like=["object:phone"], mute=["mine"])
    assert {one.tag: one.state for one in profile.tags} == {"object:phone": "liked", "mine": "muted"}
    assert ours.tags_to_ask_for(n=3, asked=["object:phone", "mine"]).tags
    assert ours.remove_video("v/1 ü?#%") is None
    assert ours.forget_viewer("u1").deleted_rows > 0
    assert ours.metrics().startswith("#")


def test_a_problem_is_an_error_with_its_fields(ours):
    with pytest.raises(NotFoundError) as gone:
        ours.read_video("nothing")
    assert (gone.value.status, gone.value.code, gone.value.instance) == (404, "unknown-video", "/v1/videos/nothing")
    assert "No video 'nothing'" in gone.value.detail
    assert gone.value.request_id
    with pytest.raises(InvalidError, match="422 Unprocessable Content: n is") as bad:
        ours.recommend(n=0)
    [fault] = bad.value.errors
    assert (fault.field, fault.value) == ("n", 0)
    assert isinstance(bad.value, ProblemError)


def test_a_write_goes_through_only_while_nobody_else_wrote(ours):
    first = ours.store_video("v", title="one", if_none_match="*")
    with pytest.raises(ChangedError):
        ours.store_video("v", title="two", if_none_match="*")
    read = ours.read_video("v")
    assert read.etag
    ours.change_video("v", title="three", if_match=read.etag)
    with pytest.raises(ChangedError):
        ours.change_video("v", title="four", if_match=read.etag)
    assert (first.title, ours.read_video("v").title) == ("one", "three")
    assert ours.change_video("v", title=None).title is None


def test_events_and_videos_of_any_number_go_in_batches_the_service_takes(make, client, flaky):
    stands = flaky([])
    ours = make(stands.address, max_batch=3)
    events = [{"viewer_id": "u", "video_id": f"v{i}", "event_type": "play"} for i in range(7)]
    events[4]["event_type"] = "wave"
    told = ours.post_events(iter(events))
    assert (told.accepted, told.rejected, len(told.results)) == (6, 1, 7)
    assert told.results[4].errors[0].field == "event_type"
    assert stands.seen == [("POST", "/v1/events")] * 3
    put = ours.store_videos({"video_id": f"batch-{i}", "tags": ["object:phone"]} for i in range(4))
    assert (put.stored, put.rejected, len(stands.seen)) == (4, 0, 5)
    assert ours.post_events([]).results == []
    assert len(stands.seen) == 5
    assert [one.video_id for one in ours.list_videos(page=3)] == [f"batch-{i}" for i in range(4)]
    assert len(stands.seen) == 7
    assert [one.video_id for one in ours.list_videos(filter='tags has "object:phone"')]
    assert list(ours.list_videos(filter='tags has "no such"')) == []


@pytest.mark.parametrize("fail", ["refused", problem(502), problem(503), problem(504), problem(429)], ids=str)
def test_a_service_that_fails_twice_is_asked_a_third_time(make, flaky, fail):
    stands = flaky([fail, fail])
    ours = make(stands.address)
    assert ours.store_video("v", title="one").title == "one"
    assert stands.seen == [("PUT", "/v1/videos/v")] * 3


def test_events_whose_answer_was_lost_are_appended_once(make, client, flaky):
    stands = flaky(["lost", "lost"])
    told = make(stands.address).post_events([{"viewer_id": "u", "video_id": "v", "event_type": "like"}] * 2)
    assert (told.accepted, told.repeated) == (0, 2)
    assert len(stands.seen) == 3
    assert client.get("/v1/viewers/u").json()["n_events"] == 2


def test_what_may_not_be_done_twice_is_tried_once(make, flaky):
    stands = flaky([problem(503)] * 9)
    with pytest.raises(ServiceError) as failed:
        make(stands.address).create_key(name="shop", scope="read")
    assert (failed.value.status, len(stands.seen)) == (503, 1)
    stands = flaky(["lost"])
    with pytest.raises(NoAnswerError):
        make(stands.address).create_key(name="shop", scope="read")
    assert len(stands.seen) == 1


def test_after_the_last_try_the_error_is_told(make, flaky):
    stands = flaky([problem(503)] * 9)
    with pytest.raises(ServiceError):
        make(stands.address, retries=Retries(tries=2, base_s=0)).read_tag("t")
    assert len(stands.seen) == 2


def test_where_there_is_no_service_the_error_says_so(make):
    with pytest.raises(NoAnswerError, match="GET /healthz") as failed:
        make("http://127.0.0.1:9").healthz()
    assert isinstance(failed.value.__cause__, httpx.ConnectError)


def test_an_answer_that_is_no_problem_of_ours_is_told_as_it_is(make, flaky):
    html = (500, {"Content-Type": "text/html"}, b"<h1>proxy</h1>")
    with pytest.raises(ServiceError) as failed:
        make(flaky([html]).address).healthz()
    assert (failed.value.code, failed.value.detail) == ("", "<h1>proxy</h1>")
    broken = (400, {"Content-Type": "application/json"}, b"{")
    with pytest.raises(ProblemError):
        make(flaky([broken]).address).healthz()


def test_keys_and_viewers_tokens(make, serve, settings):
    secrets = {}
    store = prepared_store(settings)
    for scope, per_minute in (("write", None), ("read", 1)):
        key, secrets[scope] = make_key(scope, "default", Scope[scope.upper()], per_minute, now_ms())
        store.write_now(lambda connection, key=key: add_key(connection, key))
    store.close()
    address = serve().base_url
    with pytest.raises(UnauthorizedError):
        make(address).look_for_tags()
    ours = make(address, secrets["write"])
    token = ours.make_viewer_token("u1", expires_in_s=60).token
    viewer = ours.with_key(token)
    assert len(viewer.recommend_to_viewer("u1", n=3).videos) == 3
    with pytest.raises(ForbiddenError):
        viewer.recommend_to_viewer("u2")
    limited = make(address, secrets["read"], retries=Retries(longest_s=1))
    limited.look_for_tags(q="x")
    with pytest.raises(TooManyRequestsError) as told:
        limited.look_for_tags(q="x")
    assert told.value.retry_after_s > 1


def response(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers=headers, request=httpx.Request("GET", "http://x/v1"))


def pauses(retries: Retries, outcomes: list[Any], call: Any) -> list[float]:
    """How long the client waits between tries that go like this; the steps are gone through without sending."""
    steps, told = sender(retries)(call), []
    next(steps)
    for one in outcomes:
        try:
            step = steps.send(one)
        except ProblemError:
            break
        if isinstance(step, Pause):
            told.append(step.seconds)
            assert steps.send(None) is call
    return told


def test_pauses_double_are_drawn_and_never_longer_than_the_longest():
    low, high = (Retries(tries=6, base_s=1, longest_s=5, draw=lambda at=at: at) for at in (0.0, 1.0))
    busy = [response(503)] * 6
    assert pauses(low, busy, read_tag("t")) == [0] * 5
    assert pauses(high, busy, read_tag("t")) == [1, 2, 4, 5, 5]


def test_retry_after_is_honoured_and_too_long_a_one_is_not_waited_for():
    retries = Retries(base_s=1, longest_s=5, draw=lambda: 0.5)
    assert pauses(retries, [response(429, **{"Retry-After": "3"})], read_tag("t")) == [3.5]
    assert pauses(retries, [response(503, **{"Retry-After": "0"})], create_key(name="x", scope="read")) == []
    assert pauses(retries, [response(429, **{"Retry-After": "2"})], create_key(name="x", scope="read")) == [2.5]
    assert pauses(retries, [response(429, **{"Retry-After": "6"})], read_tag("t")) == []
    assert pauses(retries, [response(429, **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})], read_tag("t")) == [0.5]
    assert pauses(retries, [response(500)], read_tag("t")) == []
    assert pauses(retries, [response(404)], read_tag("t")) == []


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"base_s": -1}, {"longest_s": -1}])
def test_rules_of_retrying_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="at least one try"):
        Retries(**wrong)


def test_an_event_keeps_its_own_id():
    assert with_event_id({"event_id": "mine", "viewer_id": "u"})["event_id"] == "mine"
    assert with_event_id({"viewer_id": "u"})["event_id"] != with_event_id({"viewer_id": "u"})["event_id"]


def test_clients_close_when_they_are_left(client):
    with Client(str(client.base_url)) as ours:
        assert ours.healthz().status == "ok"
    with pytest.raises(RuntimeError, match="closed"):
        ours.healthz()

    async def together() -> list[Any]:
        async with AsyncClient(str(client.base_url)) as theirs:
            return await asyncio.gather(*(theirs.recommend_to_viewer(f"u{i}", n=2) for i in range(8)))

    assert [len(one.videos) for one in asyncio.run(together())] == [2] * 8


def test_help_tells_what_a_method_takes_and_does():
    ours = Client("http://nowhere")
    for name, takes in (
        ("recommend_to_viewer", ["viewer_id", "n", "filter"]),
        ("post_events", ["events"]),
        ("list_videos", ["filter", "page"]),
    ):
        method = getattr(ours, name)
        assert list(inspect.signature(method).parameters)[:3] == takes
        assert (method.__name__, bool(method.__doc__)) == (name, True)
    assert "Recommendations" in str(inspect.signature(ours.recommend_to_viewer))
    assert "Iterator[service.calls.videos.Video]" in str(inspect.signature(ours.list_videos))
    ours.close()
