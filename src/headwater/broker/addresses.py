"""Where to listen, and what to tell clients of it: `listeners`, `advertised.listeners` and the map of security protocols.

The rules and their order are Kafka's. What would be served less safely than the file says stops the start.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from headwater.broker.errors import UnsupportedProtocol
from headwater.broker.settings import (
    ADVERTISED_LISTENERS,
    CONTROLLER_LISTENER_NAMES,
    LISTENER_SECURITY_PROTOCOL_MAP,
    LISTENERS,
)
from headwater.kernel.errors import InvalidSetting
from headwater.kernel.layers import Settings

_ADDRESS = re.compile(
    r"(?P<name>[A-Za-z0-9_.\-]+)://(?:\[(?P<ipv6>[0-9a-fA-F:.%]+)\]|(?P<host>[^\[\]:/]*)):(?P<port>\d{1,5})"
)
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """One entry of `listeners` or `advertised.listeners`."""

    name: str
    host: str
    """Empty is every address of the machine."""
    port: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ListenerPlan:
    """One listener to be opened. An advertised port of 0 is the port that it gets."""

    bind: Address
    advertised: Address


def plans(settings: Settings, *, hostname: str) -> tuple[ListenerPlan, ...]:
    """What to open. `hostname` is what a listener without a host is advertised as.

    Raises InvalidSetting, and UnsupportedProtocol for what we can't serve yet.
    """
    bound = _addresses(LISTENERS.name, settings[LISTENERS])
    _refuse_shared_ports(bound)
    of_controllers = {name.upper() for name in settings[CONTROLLER_LISTENER_NAMES]}
    protocols = _protocols(settings[LISTENER_SECURITY_PROTOCOL_MAP])
    advertised = _advertised(settings, bound)
    served = [each for each in bound.values() if each.name not in of_controllers]
    if not served:
        raise InvalidSetting(LISTENERS.name, ",".join(settings[LISTENERS]), "a listener for clients at least")
    for each in served:
        _check_protocol(each.name, protocols)
    return tuple(ListenerPlan(bind=each, advertised=_known_as(each, advertised, hostname)) for each in served)


def _addresses(setting: str, texts: tuple[str, ...] | list[str]) -> dict[str, Address]:
    addresses: dict[str, Address] = {}
    for text in texts:
        match = _ADDRESS.fullmatch(text.strip())
        if match is None or int(match["port"]) > 65_535:
            raise InvalidSetting(setting, text, "name://host:port, with an IPv6 address in brackets")
        name = match["name"].upper()
        if name in addresses:
            raise InvalidSetting(setting, text, "a list in which each listener's name comes once")
        addresses[name] = Address(name=name, host=match["ipv6"] or match["host"] or "", port=int(match["port"]))
    return addresses


def _refuse_shared_ports(bound: Mapping[str, Address]) -> None:
    """Two listeners may share a port on different addresses, as one for IPv4 and one for IPv6 do."""
    taken: dict[tuple[str, int], str] = {}
    for each in bound.values():
        other = taken.setdefault((each.host, each.port), each.name)
        if each.port and other != each.name:
            raise InvalidSetting(
                LISTENERS.name, str(each.port), f"a port of its own for each of {other} and {each.name}"
            )


def _protocols(text: str) -> dict[str, str]:
    pairs = (each.strip().rpartition(":") for each in text.split(",") if each.strip())
    named = {name.strip().upper(): protocol.strip().upper() for name, _, protocol in pairs}
    for name, protocol in named.items():
        if not name or protocol not in _PROTOCOLS:
            raise InvalidSetting(
                LISTENER_SECURITY_PROTOCOL_MAP.name, text, f"name:protocol, one of {', '.join(_PROTOCOLS)}"
            )
    return named


def _advertised(settings: Settings, bound: Mapping[str, Address]) -> dict[str, Address]:
    texts = settings[ADVERTISED_LISTENERS]
    advertised = _addresses(ADVERTISED_LISTENERS.name, texts) if texts else {}
    for name, each in advertised.items():
        if name not in bound:
            raise InvalidSetting(ADVERTISED_LISTENERS.name, name, f"a name that {LISTENERS.name} has")
        if each.host in _EVERY_ADDRESS[1:]:
            raise InvalidSetting(ADVERTISED_LISTENERS.name, each.host, "an address that a client can connect to")
    return advertised


def _check_protocol(name: str, protocols: Mapping[str, str]) -> None:
    protocol = protocols.get(name)
    if protocol is None:
        raise InvalidSetting(
            LISTENER_SECURITY_PROTOCOL_MAP.name, name, f"a map that has every name of {LISTENERS.name}"
        )
    if protocol != "PLAINTEXT":
        raise UnsupportedProtocol(name, protocol)


def _known_as(bind: Address, advertised: Mapping[str, Address], hostname: str) -> Address:
    given = advertised.get(bind.name)
    host = given.host if given else bind.host
    port = given.port if given else bind.port
    return Address(name=bind.name, host=hostname if host in _EVERY_ADDRESS else host, port=port)
