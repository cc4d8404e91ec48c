"""Threads: one a ranking, since a process ranks for one request at a time; and those for work beside the requests."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

Result = TypeVar("Result")


def limit_blas(n_threads: int) -> None:
    """Let the linear algebra of this process use so many threads; its last digits may depend on it."""
    threadpool_limits(n_threads, user_api="blas")


async def in_thread(work: Callable[..., Result], *arguments: Any) -> Result:
    """Do work in a thread, and wait for its end also when cancelled: what it reads from may be closed right after."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
