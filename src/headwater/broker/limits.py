"""How many connections there may be, and of whom: `max.connections` and its kin, as one value."""

from collections.abc import Mapping

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    total: int
    per_host: int
    overrides: Mapping[str, int]
    """By address, instead of `per_host`."""
    idle_ms: int
    rates: Mapping[str, int]
    """New connections a second, by listener and "" for all together, where there is a limit."""

    def rates_of(self, listener: str) -> dict[str, int]:
        return {name: self.rates[name] for name in ("", listener) if name in self.rates}


def overrides_of(text: str) -> dict[str, int]:
    """Reads `address:count, ...`; the count stands after the last colon, so IPv6 needs no brackets. Raises ValueError."""
    pairs = (each.strip().rpartition(":") for each in text.split(",") if each.strip())
    return {host: int(count) for host, _, count in pairs}
