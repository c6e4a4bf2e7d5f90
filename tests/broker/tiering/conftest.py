"""An `async def` test runs on an event loop of its own, and hangs for no longer than its deadline."""

from tests.contracts.conftest import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]
