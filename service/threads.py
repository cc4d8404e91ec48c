"""What a process that answers does beside it, so that no answer waits: its threads, and its garbage."""

import asyncio
import gc
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

A_LITTLE = 5
"""Steps of niceness: a third of the others' share, for a thread that holds what others may wait for."""
ALL_THE_WAY = 19
"""For a thread that nobody waits for."""
LETS_GO_S = 0.0005
Result = TypeVar("Result")


def limit_blas(n_threads: int) -> None:
    """Let the linear algebra of this process use so many threads; its last digits may depend on it."""
    threadpool_limits(n_threads, user_api="blas")


def _stand_back(steps: int) -> None:
    """Let other threads go first where a core is short, as far as the system knows threads apart.

    What a thread does beside the requests comes in bursts of milliseconds, and would hold them up for as long.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.nice(0) + steps)


def one_thread(name: str, steps: int) -> ThreadPoolExecutor:
    """A thread for one piece of work after the other, which stands back by so many steps."""
    return ThreadPoolExecutor(1, thread_name_prefix=name, initializer=_stand_back, initargs=(steps,))


def settle_down() -> None:
    """Prepare a process that does nothing but serve for answering without interruption.

    The garbage collector leaves alone what is there now, a few hundred thousand objects of modules: to look through
    them takes a tenth of a second. And a thread that writes soon lets an answer have the interpreter that waits for it.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(LETS_GO_S)


async def in_thread(work: Callable[..., Result], *arguments: Any) -> Result:
    """Do work in a thread, and wait for its end also when cancelled: what it reads from may be closed right after."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
