"""The quotas of users and client ids, as requests meet them.

    produced bytes      after the request: what was taken stays taken, and the client is silent until its rate is right again
    fetched bytes       before the answer: what is too much is not sent, and the client asks again when it may have it
    time of the loop    after the request, whatever it was
    changes of topics   before each of them, by `mutations.py`

Each gives for how many milliseconds the client is to be silent. It is told that, and its connection is not read meanwhile
(KIP-13, KIP-124, KIP-219, KIP-599). `now` is a monotonic time in milliseconds. Where nothing is set, nothing is measured.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from headwater.kernel.counters import Counters
from headwater.kernel.units import SECOND_MS
from headwater.security.access import Principal
from headwater.security.quotas.entities import Entity, QuotaKey
from headwater.security.quotas.mutations import Mutations
from headwater.security.quotas.shares import Shares
from headwater.security.quotas.windows import Windows

SILENCE_MAX_MS: Final = 2**31 - 1
"""What a response can say."""
_NO_LIMIT: Final = 2**31 - 1
"""No fetch can ask for more."""
_WHOLE: Final = 100
"""Percent: one event loop, wholly used."""


class ClientQuotas:
    def __init__(self, *, windows: Windows, mutation_windows: Windows, counters: Counters) -> None:
        self._windows = windows
        self._produced = Shares(burst_ms=windows.burst_ms)
        self._fetched = Shares(burst_ms=windows.burst_ms)
        self._held = Shares(burst_ms=windows.burst_ms)
        self._mutations = Shares(burst_ms=mutation_windows.span_ms)
        self._by_key: dict[str, Shares] = {
            QuotaKey.PRODUCER_BYTE_RATE: self._produced,
            QuotaKey.CONSUMER_BYTE_RATE: self._fetched,
            QuotaKey.REQUEST_PERCENTAGE: self._held,
            QuotaKey.CONTROLLER_MUTATION_RATE: self._mutations,
        }
        self._times = counters.counters("client_throttles_total", "Times that a client was told to wait.", "quota")
        self._seconds = counters.counters("client_throttle_seconds_total", "For how long they were to wait.", "quota")
        self.charges = False
        """Whether `charge` could give anything but zero."""
        self.wants_time = False
        """Whether anybody's time is measured."""
        self.limits_fetches = False
        """Whether the two questions about fetches need be asked."""

    def change(self, entity: Entity, key: str, rate: float | None) -> None:
        """None takes the quota away. What is not known here, or not kept here, is passed over."""
        if (shares := self._by_key.get(key)) is not None:
            shares.change(entity, rate)
            self._note_what_is_set()

    def clear(self) -> None:
        for shares in self._by_key.values():
            shares.clear()
        self._note_what_is_set()

    def charge(self, principal: Principal, client_id: str, *, produced: int, held_ms: float | None, now: float) -> int:
        """For one request that has been done. `produced` is the size of a Produce; `held_ms` is for how long the request held
        the loop, None for one that is exempt."""
        throttle_ms = 0
        if produced and (bucket := self._produced.of(principal.name, client_id, now)):
            bucket.take(produced, now)
            throttle_ms = self._told(QuotaKey.PRODUCER_BYTE_RATE, bucket.owed_ms(now))
        if held_ms is not None and (bucket := self._held.of(principal.name, client_id, now)):
            bucket.take(held_ms / SECOND_MS * _WHOLE, now)
            owed_ms = min(bucket.owed_ms(now), self._windows.size_ms)
            throttle_ms = max(throttle_ms, self._told(QuotaKey.REQUEST_PERCENTAGE, owed_ms))
        return throttle_ms

    def fetch_bytes_max(self, principal: Principal, client_id: str, *, now: float) -> int:
        """What one fetch should not read past, for it could never be sent."""
        bucket = self._fetched.of(principal.name, client_id, now)
        if bucket is None:
            return _NO_LIMIT
        return min(max(int(bucket.most), 1), _NO_LIMIT)

    def fetch(self, principal: Principal, client_id: str, *, size: int, now: float) -> int:
        """Zero where so many bytes may be sent. Else nothing should be: they are not counted. It is never for longer than a
        burst takes to come, so that a quota that is raised is soon noticed."""
        bucket = self._fetched.of(principal.name, client_id, now)
        if bucket is None:
            return 0
        was_full = bucket.is_full(now)
        bucket.take(size, now)
        owed_ms = bucket.owed_ms(now)
        if not owed_ms or was_full:  # one batch may be more than a burst, and has to leave some day
            return 0
        bucket.take(-size, now)
        return self._told(QuotaKey.CONSUMER_BYTE_RATE, min(owed_ms, self._windows.burst_ms))

    def lend(self, principal: Principal, client_id: str, *, size: int, now: float) -> int:
        """For records that a share group has lent: they are sent and counted, for they are nobody else's meanwhile, and the
        silence that they cost comes after them."""
        bucket = self._fetched.of(principal.name, client_id, now)
        if bucket is None:
            return 0
        bucket.take(size, now)
        return self._told(QuotaKey.CONSUMER_BYTE_RATE, bucket.owed_ms(now))

    def mutations(self, principal: Principal, client_id: str, *, strict: bool, clock: Callable[[], float]) -> Mutations:
        """What one request may change."""
        share = self._mutations.of(principal.name, client_id, clock()) if self._mutations else None
        return Mutations(share, strict=strict, clock=clock, told=partial(self._told, QuotaKey.CONTROLLER_MUTATION_RATE))

    def _told(self, key: QuotaKey, over_ms: int) -> int:
        if over_ms <= 0:
            return 0
        silence_ms = min(over_ms, SILENCE_MAX_MS)
        self._times.of(key).value += 1
        self._seconds.of(key).value += silence_ms / SECOND_MS
        return silence_ms

    def _note_what_is_set(self) -> None:
        self.limits_fetches = bool(self._fetched)
        self.wants_time = bool(self._held)
        self.charges = self.wants_time or bool(self._produced)
