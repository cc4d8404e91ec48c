"""Work in a thread ends before whoever cancelled it goes on."""

import asyncio
import threading

import pytest

from service.threads import in_thread


def test_it_returns_what_the_work_returns_and_raises_what_it_raises():
    assert asyncio.run(in_thread(divmod, 7, 2)) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_thread(divmod, 7, 0))


@pytest.mark.parametrize("fails", [False, True])
def test_who_cancels_it_waits_for_its_end(fails):
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(10)
        ended.set()
        if fails:
            raise ValueError("nobody asks any more")

    async def play() -> bool:
        task = asyncio.create_task(in_thread(work))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return ended.is_set()

    assert asyncio.run(play())
