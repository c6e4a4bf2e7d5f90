"""A wall clock for each host: virtual time, an error of its own that grows, and jumps as a fault."""

from collections.abc import Callable

from headwater.kernel.units import Timestamp

EPOCH_MS = 1_767_225_600_000
"""Every simulation begins with the year 2026."""


class SimulatedClock:
    """The `Clock` port. `drift` is how much faster than true time it runs: 0.0001 is 0.1 ms in a second."""

    def __init__(self, time: Callable[[], float], *, drift: float = 0.0) -> None:
        self._time = time
        self._drift = drift
        self._offset_ms = 0

    def now(self) -> Timestamp:
        return Timestamp(EPOCH_MS + self._offset_ms + int(self._time() * (1 + self._drift) * 1000))

    def jump(self, by_ms: int) -> None:
        """As an administrator or a step of NTP would set it, either way."""
        self._offset_ms += by_ms
