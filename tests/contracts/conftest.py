"""An `async def` test runs on an event loop of its own, and hangs for no longer than its deadline. What it was given and must be
closed is closed on the same loop."""

import asyncio
import inspect
from typing import Protocol, runtime_checkable

import pytest

DEADLINE_S = 30


@runtime_checkable
class Closing(Protocol):
    async def close_on_loop(self) -> None: ...


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names}

    async def run() -> None:
        async with asyncio.timeout(DEADLINE_S):
            try:
                await pyfuncitem.obj(**arguments)
            finally:
                for each in arguments.values():
                    if isinstance(each, Closing):
                        await each.close_on_loop()

    asyncio.run(run())
    return True
