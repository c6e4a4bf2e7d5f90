"""What may happen to a commit on its way to the storage and back, drawn from the world's randomness."""

from enum import Enum
from typing import Protocol

from msgspec import Struct

from headwater.kernel.world import Randomness


class Fate(Enum):
    """Of one commit."""

    DONE = "done"
    LOST = "lost"
    """It never arrived: nothing was written, and the writer is told that it failed."""
    UNANSWERED = "unanswered"
    """It was written, and the writer is told that it failed."""


class Faults(Protocol):
    def delay_s(self) -> float:
        """How long a message to or from the storage takes."""
        ...

    def fate(self) -> Fate: ...


class NoFaults:
    """A storage that is fast and never fails."""

    def delay_s(self) -> float:
        return 0.0

    def fate(self) -> Fate:
        return Fate.DONE


class Odds(Struct, frozen=True, kw_only=True):
    """How bad the storage is."""

    delay_max_ms: int = 5
    lost_percent: int = 0
    unanswered_percent: int = 0


class SeededFaults:
    """The same faults for the same seed."""

    def __init__(self, randomness: Randomness, odds: Odds) -> None:
        self._randomness = randomness
        self._odds = odds

    def delay_s(self) -> float:
        return self._randomness.below(self._odds.delay_max_ms * 1000 + 1) / 1_000_000

    def fate(self) -> Fate:
        drawn = self._randomness.below(100)
        if drawn < self._odds.lost_percent:
            return Fate.LOST
        if drawn < self._odds.lost_percent + self._odds.unanswered_percent:
            return Fate.UNANSWERED
        return Fate.DONE
