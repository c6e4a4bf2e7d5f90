"""The quotas of one key, by Kafka's order of precedence, and what each client has used of its own.

For a user and a client id the first of these that is set decides (KIP-55):

    <user, client-id>   <user, default>   <user>
    <default, client-id>   <default, default>   <default user>
    <client-id>   <default client-id>

A share belongs to whom the quota speaks of: all client ids of a user have that of `<user>` together, and each of them its own
where a default of client ids decides. A client without a client id has none of the quotas that speak of one.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from headwater.security.quotas.entities import Entity, EntityType
from headwater.security.quotas.token_bucket import TokenBucket

SHARES_MAX: Final = 10_000
"""Clients name themselves. Past it those that use nothing are forgotten, and then those that were first."""

_DEFAULT: Final = None
_Owner: TypeAlias = tuple[str, str]
"""User and client id, empty where the quota does not speak of it."""


class Shares:
    """False where no quota is set: then nobody need ask further."""

    def __init__(self, *, burst_ms: int, shares_max: int = SHARES_MAX) -> None:
        self._burst_ms = burst_ms
        self._shares_max = shares_max
        self._rates: dict[Entity, float] = {}
        self._buckets: dict[_Owner, TokenBucket] = {}
        self._found: dict[_Owner, TokenBucket | None] = {}
        """What was looked up, until a quota changes. By the client's own names."""

    def __bool__(self) -> bool:
        return bool(self._rates)

    def change(self, entity: Entity, rate: float | None) -> None:
        """What was used stays used."""
        if rate is None:
            self._rates.pop(entity, None)
        else:
            self._rates[entity] = rate
        self._found.clear()

    def clear(self) -> None:
        self._rates.clear()
        self._found.clear()

    def of(self, user: str, client_id: str, now: float) -> TokenBucket | None:
        """None for a client that no quota speaks of."""
        client = (user, client_id)
        if client not in self._found:
            self._make_room(now)
            self._found[client] = self._find(user, client_id, now)
        return self._found[client]

    def _find(self, user: str, client_id: str, now: float) -> TokenBucket | None:
        for entity, owner in _precedence(user, client_id):
            rate = self._rates.get(entity)
            if rate is not None:
                bucket = self._buckets.get(owner)
                if bucket is None:
                    bucket = self._buckets[owner] = TokenBucket(rate, burst_ms=self._burst_ms, now=now)
                bucket.rate = rate
                return bucket
        return None

    def _make_room(self, now: float) -> None:
        if len(self._found) >= self._shares_max:
            self._found.clear()
        if len(self._buckets) >= self._shares_max:
            self._found.clear()
            used = [(owner, bucket) for owner, bucket in self._buckets.items() if not bucket.is_full(now)]
            self._buckets = dict(used[-self._shares_max // 2 :])


def _precedence(user: str, client_id: str) -> Iterator[tuple[Entity, _Owner]]:
    if client_id:
        yield _of_both(user, client_id), (user, client_id)
        yield _of_both(user, _DEFAULT), (user, client_id)
    yield ((EntityType.USER, user),), (user, "")
    if client_id:
        yield _of_both(_DEFAULT, client_id), (user, client_id)
        yield _of_both(_DEFAULT, _DEFAULT), (user, client_id)
    yield ((EntityType.USER, _DEFAULT),), (user, "")
    if client_id:
        yield ((EntityType.CLIENT_ID, client_id),), ("", client_id)
        yield ((EntityType.CLIENT_ID, _DEFAULT),), ("", client_id)


def _of_both(user: str | None, client_id: str | None) -> Entity:
    return (EntityType.CLIENT_ID, client_id), (EntityType.USER, user)
