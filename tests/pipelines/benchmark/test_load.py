"""The load generator against a server that behaves, one that fails, and one that stalls."""

import asyncio
import threading
from contextlib import contextmanager

import pytest

from pipelines.benchmark.load import at_full_speed, at_rate, get, post
from recsys.errors import RecsysError


@contextmanager
def server(answer, wait_s=0.0, close=False):
    """Answers every request; gives the port and the requests it saw."""
    seen, started, stop = [], threading.Event(), threading.Event()
    port = [0]

    async def one(reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
                seen.append(head + await reader.readexactly(length))
                await asyncio.sleep(wait_s)
                if close:
                    break
                writer.write(answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def main():
        listening = await asyncio.start_server(one, "127.0.0.1", 0)
        port[0] = listening.sockets[0].getsockname()[1]
        started.set()
        while not stop.is_set():
            await asyncio.sleep(0.01)
        listening.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    started.wait()
    try:
        yield port[0], seen
    finally:
        stop.set()
        thread.join()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_at_full_speed_requests_go_out_in_turn_and_all_are_counted():
    with server(OK) as (port, seen):
        found = at_full_speed(port, [get("/a"), post("/b", b'{"x": 1}')], 0.2, connections=3)
    assert found.n == len(seen) > 3
    assert found.n_failed == 0
    assert 0 < found.p50_ms <= found.p99_ms
    assert {one.split(b" ")[1] for one in seen} == {b"/a", b"/b"}
    assert any(one.endswith(b'{"x": 1}') for one in seen)


def test_answers_that_are_no_success_are_counted_as_failed():
    with server(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n") as (port, _):
        found = at_rate(port, [get("/a")], 0.2, rate=100)
    assert found.n_failed == found.n > 0


def test_at_a_rate_a_server_that_stalls_is_charged_for_what_waited():
    with server(OK, wait_s=0.05) as (port, seen):
        found = at_rate(port, [get("/a")], 0.5, rate=100, connections=1)  # it manages 20 a second
    assert found.n == len(seen)
    assert found.p99_ms > 10 * 50


def test_an_answer_that_comes_in_pieces_is_one_answer():
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000
    with server(whole) as (port, seen):
        found = at_full_speed(port, [get("/a")], 0.1, connections=1)
    assert found.n == len(seen)
    assert found.n_failed == 0


@pytest.mark.parametrize("load", [lambda *a: at_full_speed(*a, connections=1), lambda *a: at_rate(*a, rate=50)])
def test_a_connection_that_is_closed_under_load_is_an_error_that_says_so(load):
    with server(OK, close=True) as (port, _), pytest.raises(RecsysError, match="closed a connection under load"):
        load(port, [get("/a")], 0.2)
