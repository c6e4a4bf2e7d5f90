"""What measures a share: tokens come at the rate of the quota, and wait for their client up to what a burst may take.

Taking may leave less than none. Then the client owes, and is told the time in which that many tokens come. `now` is a monotonic
time in milliseconds.
"""

from headwater.kernel.units import SECOND_MS


class TokenBucket:
    """Full at first, so that who was silent may begin with a burst: `burst_ms` is the time whose tokens it holds."""

    __slots__ = ("_burst_ms", "_last", "_tokens", "rate")

    def __init__(self, rate: float, *, burst_ms: int, now: float) -> None:
        self.rate = rate
        """Tokens a second. It may change; what is owed stays owed."""
        self._burst_ms = burst_ms
        self._tokens = self.most
        self._last = now

    @property
    def most(self) -> float:
        return self.rate * self._burst_ms / SECOND_MS

    def take(self, amount: float, now: float) -> None:
        """A negative amount gives tokens back."""
        self._refill(now)
        self._tokens = min(self._tokens - amount, self.most)

    def owed_ms(self, now: float) -> int:
        """Until there is no less than none; zero where that is so now."""
        self._refill(now)
        return round(-self._tokens / self.rate * SECOND_MS) if self._tokens < 0 else 0

    def is_full(self, now: float) -> bool:
        """As a new one is."""
        self._refill(now)
        return self._tokens >= self.most

    def _refill(self, now: float) -> None:
        self._tokens = min(self._tokens + self.rate * (now - self._last) / SECOND_MS, self.most)
        self._last = now
