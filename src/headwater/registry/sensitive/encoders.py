"""The machine of `_schema_encoders`: each tenant's keyset, wrapped. Only the one of this registry's tenant is ever written.

It never sees a key. A keyset that is to take another's place names it, so that two registries never give a tenant two.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from headwater.machine.decision import Decision, Ticket, answer
from headwater.machine.machine import Moment, Timeless
from headwater.registry.errors import UnreadableRecord


class EncoderRecord(Struct, frozen=True, kw_only=True):
    tenant: str
    keyset: bytes | None
    """None takes it away."""


class PutKeyset(Struct, frozen=True, kw_only=True):
    """Answered by the keyset that there is from then on: another one, where `instead_of` is not what there was."""

    tenant: str
    keyset: bytes
    instead_of: bytes | None = None


class Encoders(Timeless):
    def __init__(self) -> None:
        self.keysets: dict[str, bytes] = {}

    def decide(self, request: Any, *, ticket: Ticket, moment: Moment) -> Decision:
        del moment
        there = self.keysets.get(request.tenant)
        if there != request.instead_of:
            return answer(ticket, there)
        record = EncoderRecord(tenant=request.tenant, keyset=request.keyset)
        return Decision(records=(record,), answers=((ticket, request.keyset),))

    def replay(self, record: EncoderRecord) -> None:
        if record.keyset is None:
            self.keysets.pop(record.tenant, None)
        else:
            self.keysets[record.tenant] = record.keyset

    def snapshot(self) -> Iterator[EncoderRecord]:
        for tenant, keyset in self.keysets.items():
            yield EncoderRecord(tenant=tenant, keyset=keyset)


def encode(record: EncoderRecord) -> tuple[bytes, bytes | None]:
    return record.tenant.encode(), record.keyset


def decode(key: bytes | None, value: bytes | None) -> EncoderRecord:
    """Raises UnreadableRecord."""
    try:
        return EncoderRecord(tenant=(key or b"").decode(), keyset=value)
    except UnicodeDecodeError as problem:
        raise UnreadableRecord(str(problem)) from None
