"""A body that is too large or too slow is given up, and says so."""

import asyncio
import json
import socket

import httpx
import pytest
from starlette.exceptions import HTTPException

from service.body_limit import BodyLimit

EVENT = json.dumps({"viewer_id": "u", "video_id": "v", "event_type": "play"}).encode()


@pytest.fixture
def client(serve, settings) -> httpx.Client:
    return serve(settings.model_copy(update={"body_s": 0.3, "max_body_bytes": 2000}))


def raw(client: httpx.Client, *parts: bytes) -> bytes:
    """Send parts of a request, then read all of the answer until the server closes."""
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=10) as one:
        for part in parts:
            one.sendall(part)
        answer = b""
        while chunk := one.recv(65536):
            answer += chunk
    return answer


def head(length: int) -> bytes:
    return (
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n" % length
    )


def test_a_body_that_stops_half_way_is_408_and_the_end_of_the_connection(client):
    answer = raw(client, head(len(EVENT)).replace(b"Connection: close\r\n", b""), EVENT[:10])
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert b"urn:tagreel:problem:request-timeout" in answer
    assert b"0.3 s" in answer


def test_a_body_in_parts_within_the_time_is_taken(client):
    answer = raw(client, head(len(EVENT)), EVENT[:10], EVENT[10:])
    assert answer.startswith(b"HTTP/1.1 200 ")


def read_by(limit_s: float, pauses_s: list[float]) -> list[str]:
    """What a handler gets that reads a body whose parts come after pauses, then waits for the client to leave."""
    got: list[str] = []
    coming = [{"type": "http.request", "body": b"x", "more_body": True} for _ in pauses_s[1:]]
    messages = iter([*coming, {"type": "http.request", "body": b"x"}, {"type": "http.disconnect"}])
    pauses = iter([*pauses_s, limit_s])  # leaving takes as long as the body may

    async def receive() -> dict:
        await asyncio.sleep(next(pauses))
        return next(messages)

    async def handler(_scope: dict, receive, _send) -> None:
        while not got or got[-1] != "http.disconnect":
            got.append((await receive())["type"])

    async def send(_message: dict) -> None:
        raise AssertionError("nothing is sent")

    limit = BodyLimit(handler, max_bytes=100, within_s=limit_s)
    try:
        asyncio.run(limit({"type": "http", "headers": []}, receive, send))
    except HTTPException as error:
        got.append(str(error.status_code))
    return got


def test_a_body_that_trickles_does_not_buy_time():
    assert read_by(0.1, [0.03] * 10)[-1] == "408"


def test_waiting_for_the_client_to_leave_is_no_slow_body():
    assert read_by(0.1, [0.0, 0.0]) == ["http.request", "http.request", "http.disconnect"]


@pytest.mark.parametrize("told", [True, False])
def test_a_body_over_the_limit_is_413(client, told):
    content = b" " * 2001 if told else (b" " * 100 for _ in range(30))
    answer = client.post("/v1/events", content=content)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:tagreel:problem:content-too-large")


def test_a_body_of_just_the_limit_is_read(client):
    assert client.post("/v1/events", content=EVENT.ljust(2000)).status_code == 200
