"""Every request has an id and a line in the log."""

import asyncio
import json
import logging

import httpx
import pytest
from fastapi import FastAPI

from service.logs import IN_ONE_PIECE, REQUEST_ID, JsonLines, WholeLines, configuration, write_lines
from service.metrics import Metrics
from service.settings import Settings
from service.soon import WAITS_S
from service.stack import install


@pytest.mark.parametrize("given", ["abc", "A-1_2.3", "x" * 128])
def test_a_plain_request_id_comes_back(client: httpx.Client, given: str):
    assert client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, 'a"b', "a;b", "é"])
def test_any_other_is_made_anew(client: httpx.Client, given: str):
    made = client.get("/healthz", headers={"X-Request-ID": given.encode()}).headers["x-request-id"]
    assert made != given
    assert len(made) == 32


def test_each_request_has_an_id_of_its_own(client: httpx.Client):
    assert len({client.get("/nothing").headers["x-request-id"] for _ in range(5)}) == 5


class Small:
    """An app without a server."""

    def __init__(self, app: FastAPI) -> None:
        self.transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def get(self, path: str, **more) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self.transport, base_url="http://small") as client:
                answer = await client.get(path, **more)
                await asyncio.sleep(1.5 * WAITS_S)  # lines are written together
                return answer

        return asyncio.run(ask())


@pytest.fixture
def small() -> Small:
    app = FastAPI()

    @app.get("/broken/{one}")
    async def broken(one: str) -> None:
        raise RuntimeError(one)

    @app.get("/healthz")
    async def healthz() -> str:
        return str(REQUEST_ID.get())

    install(app, Settings(), Metrics(), {})
    return Small(app)


def lines(caplog: pytest.LogCaptureFixture) -> list[dict]:
    records = [one for one in caplog.records if one.name == "service.requests"]
    return [json.loads(line) for one in records for line in JsonLines().format(one).split("\n")]


def test_an_unforeseen_error_has_an_id_and_a_line_without_the_address_itself(small: Small, caplog):
    caplog.set_level(logging.INFO)
    answer = small.get("/broken/secret?q=secret")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"]
    [line] = lines(caplog)
    assert (line["route"], line["status"], line["method"], line["level"]) == ("/broken/{one}", 500, "GET", "info")
    assert line["ms"] > 0
    assert "secret" not in json.dumps(line)


def test_probes_are_in_the_log_only_at_level_debug(small: Small, caplog):
    caplog.set_level(logging.INFO)
    small.get("/healthz")
    assert lines(caplog) == []
    caplog.set_level(logging.DEBUG)
    small.get("/healthz")
    assert [one["route"] for one in lines(caplog)] == ["/healthz"]


def test_what_runs_for_a_request_knows_its_id_and_nothing_else_does(small: Small):
    assert small.get("/healthz", headers={"X-Request-ID": "r-1"}).json() == "r-1"
    assert REQUEST_ID.get() is None


def test_a_record_is_one_line_of_json_whatever_it_holds():
    record = logging.LogRecord("a.b", logging.ERROR, "f", 1, 'line\n"%s"', ("x\ud800",), None)
    token = REQUEST_ID.set("r-2")
    line = JsonLines().format(record)
    REQUEST_ID.reset(token)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["level"], said["logger"], said["request_id"]) == ("error", "a.b", "r-2")
    assert said["time"].endswith("Z")


def test_an_exception_is_in_its_record():
    try:
        raise ValueError("why")
    except ValueError as error:
        record = logging.LogRecord("a", logging.ERROR, "f", 1, "failed", (), (type(error), error, error.__traceback__))
    assert "ValueError: why" in json.loads(JsonLines().format(record))["exception"]


def test_the_level_is_that_of_the_setting():
    assert configuration("warning")["root"]["level"] == "WARNING"


class Written:
    """A stream that remembers each write."""

    def __init__(self) -> None:
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""


def record(text: str, can_wait: bool) -> logging.LogRecord:
    made = logging.LogRecord("x", logging.INFO, __file__, 0, text, (), None)
    made.can_wait = can_wait
    return made


def messages(writes: list[str]) -> list[list[str]]:
    return [[json.loads(line)["message"] for line in one.splitlines()] for one in writes]


@pytest.fixture
def stream() -> Written:
    return Written()


@pytest.fixture
def handler(stream: Written) -> WholeLines:
    made = WholeLines(stream)
    made.setFormatter(JsonLines())
    return made


def test_lines_that_can_wait_go_out_together_and_soon(handler: WholeLines, stream: Written):
    async def log() -> None:
        for n in range(3):
            handler.emit(record(str(n), can_wait=True))
        assert stream.writes == []
        await asyncio.sleep(1.5 * WAITS_S)

    asyncio.run(log())
    assert messages(stream.writes) == [["0", "1", "2"]]


def test_a_line_that_cannot_wait_goes_out_at_once_behind_those_before_it(handler: WholeLines, stream: Written):
    async def log() -> None:
        handler.emit(record("first", can_wait=True))
        handler.emit(record("at once", can_wait=False))
        assert messages(stream.writes) == [["first", "at once"]]

    asyncio.run(log())


def test_no_write_is_longer_than_a_pipe_takes_in_one_piece(handler: WholeLines, stream: Written):
    async def log() -> None:
        for n in range(200):
            handler.emit(record(f"{n} " + "é" * 300, can_wait=True))

    asyncio.run(log())
    handler.flush()
    assert all(len(one.encode()) <= IN_ONE_PIECE and one.endswith("\n") for one in stream.writes)
    assert [one.split()[0] for several in messages(stream.writes) for one in several] == [str(n) for n in range(200)]


def test_without_a_loop_nothing_waits_and_a_loop_that_ended_holds_nothing_back(handler: WholeLines, stream: Written):
    handler.emit(record("alone", can_wait=True))

    async def log() -> None:
        handler.emit(record("left", can_wait=True))

    asyncio.run(log())
    handler.emit(record("after", can_wait=True))
    assert messages(stream.writes) == [["alone"], ["left", "after"]]


def test_lines_that_are_written_together_are_each_whole(handler: WholeLines, stream: Written):
    logger = logging.Logger("a.b")
    logger.addHandler(handler)
    write_lines(logger, logging.INFO, "done", [(1.0, {"n": 1}), (2.5, {"n": "ü\n\u2028"})])
    write_lines(logger, logging.INFO, "done", [])
    handler.flush()
    said = [json.loads(line) for line in "".join(stream.writes).split("\n")[:-1]]
    assert [(one["time"], one["n"]) for one in said] == [
        ("1970-01-01T00:00:01.000Z", 1),
        ("1970-01-01T00:00:02.500Z", "ü\n\u2028"),
    ]
    assert {(one["level"], one["logger"], one["message"]) for one in said} == {("info", "a.b", "done")}


def test_lines_below_the_level_are_not_written(handler: WholeLines, stream: Written):
    logger = logging.Logger("a.b", logging.WARNING)
    logger.addHandler(handler)
    write_lines(logger, logging.INFO, "done", [(1.0, {})])
    handler.flush()
    assert stream.writes == []
