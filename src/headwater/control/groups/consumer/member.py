"""A member of a consumer group, as its records say: what it told of itself, and what it holds.

STABLE                  it holds what the target of its epoch says, or what was free of it
UNREVOKED_PARTITIONS    it must first give up what it no longer has, and stays in its epoch until it has
UNRELEASED_PARTITIONS   it is in the target's epoch, and waits for partitions that others have not given up yet
UNKNOWN                 a later program wrote a state that this one doesn't know
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from headwater.wire.records.consumer_group_member_metadata_value import ClassicMemberMetadata, ClassicProtocol
from headwater.wire.types import Uuid

Target = Mapping[Uuid, tuple[int, ...]]
"""What a member is to hold, by topic; partitions in order."""
Held = Mapping[Uuid, Mapping[int, int]]
"""What a member holds: by topic and partition the epoch in which it got it."""

JOINING: Final = 0
LEFT: Final = -1
LEFT_FOR_A_WHILE: Final = -2
"""The epochs by which members join, leave, and leave as static members that will be back."""


class MemberState(IntEnum):
    STABLE = 0
    UNREVOKED_PARTITIONS = 1
    UNRELEASED_PARTITIONS = 2
    UNKNOWN = 127


class Member(Struct, frozen=True, kw_only=True):
    """A value: each change makes another."""

    member_id: str
    instance_id: str | None = None
    rack_id: str | None = None
    client_id: str = ""
    client_host: str = ""
    rebalance_timeout_ms: int = -1
    topics: tuple[str, ...] = ()
    """Subscribed by name, in order."""
    expression: str = ""
    """Subscribed by regular expression; empty for none."""
    assignor: str | None = None
    classic: ClassicMemberMetadata | None = None
    """Of a member that speaks the classic protocol."""
    epoch: int = JOINING
    previous_epoch: int = LEFT
    state: MemberState = MemberState.STABLE
    assigned: Held = {}
    revoking: Held = {}

    @property
    def protocols(self) -> tuple[ClassicProtocol, ...]:
        return self.classic.supported_protocols if self.classic is not None else ()

    def is_reconciled_to(self, target_epoch: int) -> bool:
        return self.state is MemberState.STABLE and self.epoch == target_epoch

    def epoch_of(self, topic_id: Uuid, partition: int) -> int | None:
        """In which epoch it got this partition, if it holds it."""
        assigned = self.assigned.get(topic_id, {}).get(partition)
        return self.revoking.get(topic_id, {}).get(partition) if assigned is None else assigned

    def moved(self, epoch: int, state: MemberState, *, assigned: Held, revoking: Held | None = None) -> "Member":
        return replace(
            self,
            epoch=epoch,
            previous_epoch=self.epoch,
            state=state,
            assigned=assigned,
            revoking=revoking or {},
        )

    def away(self) -> "Member":
        """A static member that said it would be back keeps what it holds; whoever comes back has it from the start."""
        return replace(
            self,
            epoch=LEFT_FOR_A_WHILE,
            assigned={topic: dict.fromkeys(held, 0) for topic, held in self.assigned.items()},
            revoking={},
        )
