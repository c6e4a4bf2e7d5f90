"""Processes beside this one, asked over pipes: each request and each answer is its length in four bytes, and then itself.

A companion ends when its pipe is closed, and so with the process that started it, however that ends.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import Final

from headwater.kernel.errors import CompanionEnded

LENGTH_BYTES: Final = 4


class RealCompanion:
    def __init__(self, module: str, process: Process) -> None:
        self._module = module
        self._process = process

    async def ask(self, request: bytes) -> bytes:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        try:
            requests.write(len(request).to_bytes(LENGTH_BYTES, "big") + request)
            await requests.drain()
            length = int.from_bytes(await answers.readexactly(LENGTH_BYTES), "big")
            return await answers.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as problem:
            raise CompanionEnded(self._module, str(problem)) from None

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


class RealCompanions:
    async def start(self, module: str) -> RealCompanion:
        try:
            process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, stdin=PIPE, stdout=PIPE)
        except OSError as problem:
            raise CompanionEnded(module, str(problem)) from None
        return RealCompanion(module, process)
