"""Small work for many requests at once."""

import asyncio

from service.batched import Batched
from service.soon import WAITS_S


def test_many_are_handed_on_at_once_and_few_soon():
    taken: list[list[int]] = []
    batched = Batched[int](lambda several: taken.append(list(several)), most=3)

    async def go() -> None:
        for n in range(7):
            batched.add(n)
        assert taken == [[0, 1, 2], [3, 4, 5]]
        await asyncio.sleep(1.5 * WAITS_S)
        assert taken[2:] == [[6]]
        batched.add(7)
        await asyncio.sleep(1.5 * WAITS_S)

    asyncio.run(go())
    assert taken == [[0, 1, 2], [3, 4, 5], [6], [7]]


def test_flushing_an_empty_one_does_nothing():
    taken: list[list[int]] = []
    Batched[int](lambda several: taken.append(list(several)), most=3).flush()
    assert taken == []


def test_without_a_loop_each_is_handed_on_and_one_that_ended_keeps_nothing():
    taken: list[list[int]] = []
    batched = Batched[int](lambda several: taken.append(list(several)), most=9)
    batched.add(1)

    async def go(n: int) -> None:
        batched.add(n)

    asyncio.run(go(2))
    assert taken == [[1]]
    batched.add(3)
    assert taken == [[1], [2, 3]]
