"""Where jobs run that would hold the event loop too long.

They are threads and not processes: the jobs there are (compression, checksums of whole segments, deleting folders)
spend their time in native code that releases the interpreter's lock, share buffers without copying, and need no second
interpreter of 30 MB. A job of pure Python would still steal from the loop: such work goes in slices on the loop itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from headwater.kernel.errors import TooBusy

Result = TypeVar("Result")


class WorkerThreads:
    """A few threads and a bounded queue before them; past the bound `run` raises `TooBusy` at once."""

    def __init__(self, *, threads: int = 2, jobs_max: int = 256) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="worker")
        self._jobs_max = jobs_max
        self._jobs = 0

    def run(self, job: Callable[[], Result]) -> Awaitable[Result]:
        if self._jobs >= self._jobs_max:
            raise TooBusy("the queue of the worker threads", self._jobs_max)
        self._jobs += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, job)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _: object) -> None:
        self._jobs -= 1
