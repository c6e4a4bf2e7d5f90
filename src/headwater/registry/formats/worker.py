"""Where schemas are parsed and compared: in a process that is killed when it takes too long, never on the event loop.

A stranger's schema may take any time and any memory. So each job has a deadline, the jobs that wait have a bound, and a worker
that misses its deadline is killed; the next job starts another. What came out is kept, within a bound, by what went in.
"""

import asyncio
from collections import OrderedDict
from hashlib import blake2b
from typing import Final

from msgspec import Struct

from headwater.http.errors import TooManyRequests
from headwater.kernel.counters import Counters
from headwater.kernel.errors import CompanionEnded
from headwater.kernel.logging import get
from headwater.kernel.units import SECOND_MS
from headwater.kernel.world import Companion, Companions
from headwater.registry.errors import InvalidSchema
from headwater.registry.formats import jobs
from headwater.registry.formats.jobs import AnyJob, Result

_MODULE: Final = "headwater.registry.formats.worker_main"
_START_S: Final = 30
_KILL_S: Final = 5
_DIGEST_BYTES: Final = 16

_log = get("registry.worker")


class Limits(Struct, frozen=True, kw_only=True):
    workers: int = 1
    deadline_ms: int = 5_000
    waiting_max: int = 256
    results_bytes_max: int = 16 * 1024 * 1024


class Results:
    """What came out of jobs, the longest unused forgotten first."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def find(self, digest: bytes) -> bytes | None:
        if digest in self._kept:
            self._kept.move_to_end(digest)
        return self._kept.get(digest)

    def keep(self, digest: bytes, result: bytes) -> None:
        self._bytes += len(result) - len(self._kept.pop(digest, b""))
        self._kept[digest] = result
        while self._bytes > self._bytes_max:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)


class Worker:
    """One for a registry; behind it are as many processes as it may have."""

    def __init__(self, companions: Companions, *, counters: Counters, limits: Limits | None = None) -> None:
        self._companions = companions
        self._limits = limits or Limits()
        self._results = Results(self._limits.results_bytes_max)
        self._waiting = 0
        self._idle: asyncio.Queue[Companion | None] = asyncio.Queue()
        """None stands for a process that is to be started."""
        for _ in range(self._limits.workers):
            self._idle.put_nowait(None)
        self._done = counters.counters("registry_jobs_total", "What schemas were parsed and compared for.", "job")
        self._found = counters.counter("registry_jobs_known_total", "Jobs whose result was known already.")
        self._killed = counters.counter("registry_workers_killed_total", "Workers that took too long, or ended.")

    async def do(self, job: AnyJob) -> Result:
        """Raises InvalidSchema where the job took too long, and TooManyRequests."""
        request = jobs.encoded(job)
        digest = blake2b(request, digest_size=_DIGEST_BYTES).digest()
        result = self._results.find(digest)
        if result is None:
            result = await self._ask(request)
            self._results.keep(digest, result)
            self._done.of(type(job).__name__).value += 1
        else:
            self._found.value += 1
        return jobs.decoded_result(result)

    async def _ask(self, request: bytes) -> bytes:
        if self._waiting >= self._limits.waiting_max:
            raise TooManyRequests("the queue of schemas that are to be parsed")
        self._waiting += 1
        try:
            companion = await self._idle.get()
        finally:
            self._waiting -= 1
        kept: Companion | None = None
        try:
            if companion is None:
                async with asyncio.timeout(_START_S):
                    companion = await self._companions.start(_MODULE)
            async with asyncio.timeout(self._limits.deadline_ms / SECOND_MS):
                answer = await companion.ask(request)
            kept = companion
            return answer
        except (TimeoutError, CompanionEnded) as problem:
            raise self._given_up(problem) from None
        finally:
            await self._put_back(companion, kept)

    def _given_up(self, problem: Exception) -> InvalidSchema:
        self._killed.value += 1
        _log.warn("a schema could not be dealt with, and its worker is replaced", reason=repr(problem))
        if isinstance(problem, CompanionEnded):
            return InvalidSchema("it takes too much to understand it")
        return InvalidSchema(f"it takes longer than {self._limits.deadline_ms} ms to understand it")

    async def _put_back(self, companion: Companion | None, kept: Companion | None) -> None:
        """Whatever happened, also to who asked: one that was not heard to the end can't be asked again."""
        self._idle.put_nowait(kept)
        if companion is not None and kept is None:
            await asyncio.wait_for(asyncio.shield(companion.kill()), _KILL_S)

    async def close(self) -> None:
        """Jobs that are under way lose their worker when they are done."""
        while not self._idle.empty():
            companion = self._idle.get_nowait()
            if companion is not None:
                await companion.kill()
