"""Whose a quota is, and of what: Kafka's entities and keys, and what may be set for whom (KIP-546, KIP-612).

An entity names a user, a client id, both, or an address. A part whose name is None is the default: it means everybody who has no
quota of that kind under a name of its own.
"""

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address
from math import isfinite
from typing import Final, TypeAlias

Entity: TypeAlias = tuple[tuple[str, str | None], ...]
"""Types with names, sorted by type. Types that are not known here can stand in a log, so they are only text."""


class EntityType(StrEnum):
    USER = "user"
    CLIENT_ID = "client-id"
    IP = "ip"


class QuotaKey(StrEnum):
    PRODUCER_BYTE_RATE = "producer_byte_rate"
    CONSUMER_BYTE_RATE = "consumer_byte_rate"
    REQUEST_PERCENTAGE = "request_percentage"
    CONTROLLER_MUTATION_RATE = "controller_mutation_rate"
    CONNECTION_CREATION_RATE = "connection_creation_rate"


_INT_MAX: Final = 2**31 - 1
_LONG_MAX: Final = 2**63 - 1
_OF_CLIENTS: Final[Mapping[str, float | None]] = {
    QuotaKey.PRODUCER_BYTE_RATE: _LONG_MAX,
    QuotaKey.CONSUMER_BYTE_RATE: _LONG_MAX,
    QuotaKey.REQUEST_PERCENTAGE: None,
    QuotaKey.CONTROLLER_MUTATION_RATE: None,
}
"""The most that each may be; None where it need not be a whole number."""
_OF_ADDRESSES: Final[Mapping[str, float | None]] = {QuotaKey.CONNECTION_CREATION_RATE: _INT_MAX}


def entity_of(names: Mapping[str, str | None]) -> Entity:
    return tuple(sorted(names.items()))


def entity_refusal(entity: Entity) -> str | None:
    """Why there can be no quota for it, or None."""
    names = dict(entity)
    unknown = [each for each in names if each not in tuple(EntityType)]
    if unknown:
        return f"Unhandled client quota entity type: {unknown[0]}"
    empty = [each for each, name in names.items() if name == ""]
    if empty:
        return f"Empty {empty[0]} not supported"
    if not names:
        return "Invalid empty client quota entity"
    if EntityType.IP in names:
        return _address_refusal(names)
    return None


def value_refusal(entity: Entity, key: str, value: float) -> str | None:
    """Why an entity that is none of those above can't have this, or None."""
    known = _OF_ADDRESSES if EntityType.IP in dict(entity) else _OF_CLIENTS
    if key not in known:
        return f"Invalid configuration key {key}"
    if not value > 0:  # nor NaN
        return f"Quota {key} must be greater than 0"
    most = known[key]
    if most is None:
        return None if isfinite(value) else f"Quota {key} must be a number"
    if value > most:
        return f"Proposed value for {key} is too large: the most is {most:.0f}"
    return None if value % 1 <= 1e-6 else f"{key} cannot be a fractional value."


def address_of(name: str) -> str | None:
    """The one text of an IP address; None for what is none. Names of hosts are not looked up."""
    try:
        return str(ip_address(name))
    except ValueError:
        return None


def _address_refusal(names: Mapping[str, str | None]) -> str | None:
    if len(names) > 1:
        return "Invalid quota entity combination, IP entity should not be combined with User or ClientId"
    address = names[EntityType.IP]
    if address is None or address_of(address):
        return None
    return f"{address} is not a valid IP address; names of hosts are not looked up here"
