"""How many partitions one request may create or delete, out of what all have who share its quota (KIP-599)."""

from collections.abc import Callable

from headwater.security.quotas.token_bucket import TokenBucket


class Mutations:
    """Asked before each topic, in order. One topic may take more than there is left; the next has to wait then.

    `strict` refuses what is too much. Clients that are too old to understand that get it, and are silent for it. `clock` gives
    a monotonic time in milliseconds.
    """

    def __init__(
        self,
        bucket: TokenBucket | None,
        *,
        strict: bool,
        clock: Callable[[], float],
        told: Callable[[int], int],
    ) -> None:
        self._bucket = bucket
        self._strict = strict
        self._clock = clock
        self._told = told
        self._has_refused = False

    def may_change(self, partitions: int) -> bool:
        """And takes so many tokens, if it may."""
        if self._bucket is None:
            return True
        now = self._clock()
        if self._strict and self._bucket.owed_ms(now):
            self._has_refused = True
            return False
        self._bucket.take(partitions, now)
        return True

    def give_back(self, partitions: int) -> None:
        """They were not changed after all."""
        if self._bucket is not None:
            self._bucket.take(-partitions, self._clock())

    def throttle_ms(self) -> int:
        """For how long the client is to be silent: with strictness, only where something was refused."""
        if self._bucket is None or (self._strict and not self._has_refused):
            return 0
        return self._told(self._bucket.owed_ms(self._clock()))
