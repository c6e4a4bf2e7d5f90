"""How fast connections may be made: of one address, at one listener, and in all (KIP-612).

One of an address that makes too many is refused. Those that are too many for a listener or the broker are let in and not
listened to until their turn has come: each is given its own, so the rate is kept however many come at once.
"""

from collections.abc import Mapping
from typing import Final

from headwater.security.quotas.entities import Entity, EntityType, QuotaKey, address_of
from headwater.security.quotas.token_bucket import TokenBucket
from headwater.security.quotas.windows import Windows

ADDRESSES_MAX: Final = 10_000
"""Past it, those that made none lately are forgotten, and then those that were first."""
_DEFAULT: Final = None


class ConnectionRates:
    """`now` is a monotonic time in milliseconds."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._rates: dict[str | None, float] = {}
        self._of_address: dict[str, TokenBucket] = {}
        self._of_limit: dict[str, TokenBucket] = {}
        """By the name of whatever has a limit."""

    def change(self, entity: Entity, key: str, rate: float | None) -> None:
        """None takes the quota away. What is no quota of connections is passed over."""
        if key != QuotaKey.CONNECTION_CREATION_RATE:
            return
        name = dict(entity).get(EntityType.IP)
        address = _DEFAULT if name is None else address_of(name)
        if name is not None and address is None:
            return
        if rate is None:
            self._rates.pop(address, None)
        else:
            self._rates[address] = rate

    def clear(self) -> None:
        self._rates.clear()

    def refused_ms(self, host: str, *, now: float) -> int:
        """Zero where one more of this address is let in. Else in how long it would be, a window at most."""
        if not self._rates:
            return 0
        address = address_of(host) or host
        rate = self._rates.get(address, self._rates.get(_DEFAULT))
        if rate is None:
            return 0
        bucket = self._of_address.get(address) or self._new_bucket(address, rate, now)
        bucket.rate = rate
        bucket.take(1, now)
        owed_ms = bucket.owed_ms(now)
        if owed_ms:
            bucket.take(-1, now)
        return min(owed_ms, self._windows.size_ms)

    def delay_ms(self, limits: Mapping[str, int], *, now: float) -> int:
        """For how long one more should wait before it is listened to; `limits` are connections a second, by name."""
        return max((self._delay_ms(name, rate, now) for name, rate in limits.items()), default=0)

    def give_back(self, limits: Mapping[str, int], *, now: float) -> None:
        """It does not want to wait so long."""
        for name in limits:
            self._of_limit[name].take(-1, now)

    def _delay_ms(self, name: str, rate: int, now: float) -> int:
        bucket = self._of_limit.get(name)
        if bucket is None:
            bucket = self._of_limit[name] = TokenBucket(rate, burst_ms=self._windows.burst_ms, now=now)
        bucket.rate = rate
        bucket.take(1, now)
        return bucket.owed_ms(now)

    def _new_bucket(self, address: str, rate: float, now: float) -> TokenBucket:
        if len(self._of_address) >= ADDRESSES_MAX:
            used = [(each, bucket) for each, bucket in self._of_address.items() if not bucket.is_full(now)]
            self._of_address = dict(used[-ADDRESSES_MAX // 2 :])
        bucket = TokenBucket(rate, burst_ms=self._windows.burst_ms, now=now)
        return self._of_address.setdefault(address, bucket)
