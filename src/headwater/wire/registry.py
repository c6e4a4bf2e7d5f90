"""Finds a message's class by its number, importing its module when it is first asked for.

The tables themselves are generated: `apis.APIS` for requests and responses, `record_types` for the records of Kafka's
internal topics.
"""

from functools import lru_cache
from importlib import import_module

from msgspec import Struct

from headwater.wire.schema import Message, Versions


class Api(Struct, frozen=True, kw_only=True):
    """One API: what the two directions share."""

    name: str
    module: str
    versions: Versions
    """The stable ones, which a broker may offer."""
    flexible_from: int | None = None
    listeners: tuple[str, ...]
    latest_version_unstable: bool = False

    @property
    def request(self) -> type[Message]:
        return _load(f"headwater.wire.messages.{self.module}_request", f"{self.name}Request")

    @property
    def response(self) -> type[Message]:
        return _load(f"headwater.wire.messages.{self.module}_response", f"{self.name}Response")

    def is_flexible(self, version: int) -> bool:
        return self.flexible_from is not None and version >= self.flexible_from


class PlainRecord(Struct, frozen=True, kw_only=True):
    """A record type whose value says everything."""

    name: str
    module: str

    @property
    def type(self) -> type[Message]:
        return _load(f"headwater.wire.records.{self.module}", self.name)


class KeyedRecord(Struct, frozen=True, kw_only=True):
    """A record type of a compacted topic: the key says which thing, the value its state."""

    name: str
    module: str

    @property
    def key(self) -> type[Message]:
        return _load(f"headwater.wire.records.{self.module}_key", f"{self.name}Key")

    @property
    def value(self) -> type[Message]:
        return _load(f"headwater.wire.records.{self.module}_value", f"{self.name}Value")


@lru_cache(maxsize=1024)
def _load(module: str, name: str) -> type[Message]:
    loaded: type[Message] = getattr(import_module(module), name)
    return loaded
