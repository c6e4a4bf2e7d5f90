"""What can be true of a record that a share group reads, and what a consumer may say of one.

Available -> Acquired -> Acknowledged                       accepted
                      -> Available                          released, or held for too long
                      -> Archived                           rejected, delivered too often, or not there at all
                      -> Archiving -> Archived              the same, with a dead-letter topic: copied first (KIP-1191)
"""

from enum import IntEnum
from typing import Final

from msgspec import Struct


class RecordState(IntEnum):
    """Kafka's numbers. Acquired is never written: a lock does not outlive its leader."""

    AVAILABLE = 0
    ACQUIRED = 1
    ACKNOWLEDGED = 2
    ARCHIVING = 3
    ARCHIVED = 4

    @property
    def is_terminal(self) -> bool:
        return self is RecordState.ACKNOWLEDGED or self is RecordState.ARCHIVED


class AcknowledgeType(IntEnum):
    """Kafka's numbers."""

    GAP = 0
    """There is no record at this offset."""
    ACCEPT = 1
    RELEASE = 2
    REJECT = 3
    RENEW = 4
    """Still at work: the lock begins anew (KIP-1222)."""


class Acknowledgement(Struct, frozen=True, kw_only=True):
    """Of the records from `first` to `last`: one type for all of them, or one for each."""

    first: int
    last: int
    types: tuple[int, ...]


class Acquired(Struct, frozen=True, kw_only=True, gc=False):
    """Records that a member was given, both offsets included."""

    first: int
    last: int
    delivery_count: int


class DeadLetters(Struct, frozen=True, kw_only=True):
    """Records that are given up, and are to be copied to the dead-letter topic before they are archived."""

    first: int
    last: int
    delivery_count: int
    reason: str


REJECTED: Final = "Offset rejected by client."
DELIVERED_TOO_OFTEN: Final = "Offset delivery count exceeded the threshold."
"""As Apache Kafka puts it: programs may look for these in a dead letter's headers."""
