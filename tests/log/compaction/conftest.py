"""Tests that wait run as the contracts do."""

from tests.contracts.conftest import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]
