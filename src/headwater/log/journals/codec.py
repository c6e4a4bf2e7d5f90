"""The `RecordCodec` port: how a machine's records become a key and a value. The machine's room fills it."""

from typing import Protocol

from headwater.machine.decision import Record


class RecordCodec(Protocol):
    """Pure, both ways."""

    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]: ...

    def decode(self, key: bytes | None, value: bytes | None) -> Record | None:
        """None for a record of an unknown type. Bytes that contradict their type raise a WireError."""
        ...
