"""The one thing about the interpreter that a seed can't fix from inside."""

import os

import pytest


@pytest.fixture(autouse=True)
def _hashes_are_fixed() -> None:
    """Sets of text are iterated differently from process to process otherwise, and a failure would not be its seed's."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        pytest.fail("simulated tests need PYTHONHASHSEED=0: use `make sim`, or set it before pytest", pytrace=False)
