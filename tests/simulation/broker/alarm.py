"""Ends a simulation when the broker logs an error that nobody foresaw: a ward would go on without the child that failed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tests.simulation.simulate import Simulation
from tests.simulation.world.process import CURRENT

from headwater.kernel.logging import ROOT


class _Alarm(logging.Handler):
    def __init__(self, simulation: Simulation) -> None:
        super().__init__(logging.ERROR)
        self._simulation = simulation

    def emit(self, record: logging.LogRecord) -> None:
        """Only what was not foreseen brings its traceback; and what a dead process says counts for nothing."""
        if record.exc_info is not None and CURRENT.get().alive:
            error = AssertionError(f"logged: {record.getMessage()}")
            error.__cause__ = record.exc_info[1]
            self._simulation.fail(error)


@contextmanager
def unforeseen_errors_end(simulation: Simulation) -> Iterator[None]:
    alarm = _Alarm(simulation)
    logger = logging.getLogger(ROOT)
    logger.addHandler(alarm)
    try:
        yield
    finally:
        logger.removeHandler(alarm)
