"""A classic group that has members: who they are, what they offer, and how far a rebalance has come.

This is the volatile part of a group. What must survive is the GroupMetadataValue that is written when a leader has assigned
and when a group becomes empty; `loaded` builds a live group from it, stable, with every session beginning anew. A group
without members has no live part, or one for as long as ids that were given out may still join.

    Empty                  nobody is in yet; ids may have been given out
    PreparingRebalance     members are asked to join again; joins are parked
    CompletingRebalance    a generation has begun; syncs are parked until the leader assigns
    Stable                 everyone has an assignment
"""

from collections.abc import Iterator, Mapping
from enum import Enum

from headwater.control.groups.classic.requests import Join, Joined, JoinedMember, Protocol
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Ticket
from headwater.wire.records.group_metadata_value import GroupMetadataValue, MemberMetadata

CLASSIC = "classic"
"""The kind's name in ListGroups."""
CONSUMER = "consumer"
"""The protocol type of Kafka's own consumers."""


class State(Enum):
    """By the names that DescribeGroups uses."""

    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"


class Member:
    """One member; `sync` is the ticket of its parked request. Parked joins are kept by the group, which counts them."""

    def __init__(self, member_id: str, request: Join) -> None:
        self.member_id = member_id
        self.instance_id = request.instance_id
        self.client_id = request.client_id
        self.client_host = request.client_host
        self.assignment = b""
        self.sync: Ticket | None = None
        self.is_new = True
        """Whether it has never been told of a generation, and so can't send heartbeats."""
        self.tell(request)

    def tell(self, request: Join) -> None:
        """What it says of itself now. Of one that is in a group, `Group.update` is told."""
        self.session_timeout_ms = request.session_timeout_ms
        self.rebalance_timeout_ms = request.rebalance_timeout_ms
        self.protocols = request.protocols

    @property
    def is_static(self) -> bool:
        return self.instance_id is not None

    @property
    def offers(self) -> Mapping[str, None]:
        """The names of its protocols, each once."""
        return dict.fromkeys(each.name for each in self.protocols)

    def metadata(self, protocol: str | None) -> bytes:
        return next((each.metadata for each in self.protocols if each.name == protocol), b"")


class Group:
    """Members in the order in which they joined. Nothing here decides; `rebalance`, `joining` and their like do.

    Whatever is asked at each join and sync is counted here as members come and go, for a group has as many of these requests in
    a rebalance as it has members.
    """

    def __init__(self, group_id: str, *, protocol_type: str, generation: int = 0) -> None:
        self.group_id = group_id
        self.state = State.EMPTY
        self.generation = generation
        self.protocol_type = protocol_type
        self.protocol: str | None = None
        self.leader: str | None = None
        self.initial = False
        """Whether this rebalance is the first after the group was empty, and so waits for latecomers."""
        self.latecomers = False
        """Whether someone has joined since the initial wait began or was last extended."""
        self.initial_wait_left_ms = 0
        """By how much the initial wait can still be extended."""
        self._members: dict[str, Member] = {}
        self._static: dict[str, str] = {}
        self._offered: dict[str, int] = {}
        """How many members offer each protocol."""
        self.joins: dict[str, Ticket] = {}
        """The parked joins, by member."""
        self.unsynced: dict[str, None] = {}
        """Who has not asked for its assignment in this generation."""
        self.pending: dict[str, None] = {}
        """Ids that were given out and have not joined yet, in order."""

    @classmethod
    def loaded(cls, group_id: str, value: GroupMetadataValue) -> "Group":
        group = cls(group_id, protocol_type=value.protocol_type, generation=value.generation)
        group.state = State.STABLE
        group.protocol = value.protocol
        group.leader = value.leader
        for each in value.members:
            member = Member(each.member_id, _join_of(group_id, value, each))
            member.assignment = each.assignment
            member.is_new = False
            group.add(member)
        return group

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def get(self, member_id: str) -> Member | None:
        return self._members.get(member_id)

    def instance(self, instance_id: str) -> Member | None:
        """The static member of this group.instance.id."""
        member_id = self._static.get(instance_id)
        return self._members[member_id] if member_id is not None else None

    def add(self, member: Member) -> None:
        self._members[member.member_id] = member
        if member.instance_id is not None:
            self._static[member.instance_id] = member.member_id
        if self.leader is None:
            self.leader = member.member_id
        self.pending.pop(member.member_id, None)
        self._count_offers(member, 1)

    def remove(self, member: Member) -> None:
        del self._members[member.member_id]
        if member.instance_id is not None and self._static.get(member.instance_id) == member.member_id:
            del self._static[member.instance_id]
        self.unsynced.pop(member.member_id, None)
        self._count_offers(member, -1)
        if self.leader == member.member_id:
            self.leader = next(iter(self._members), None)

    def update(self, member: Member, request: Join) -> None:
        """What a member offers and how long it may be silent, as it says now."""
        self._count_offers(member, -1)
        member.tell(request)
        self._count_offers(member, 1)

    def _count_offers(self, member: Member, by: int) -> None:
        for name in member.offers:
            self._offered[name] = self._offered.get(name, 0) + by
            if not self._offered[name]:
                del self._offered[name]

    def replace(self, old: Member, new_id: str) -> None:
        """A static member, which waits for nothing, came back under a new id and keeps its place."""
        renamed = {new_id if each == old.member_id else each: member for each, member in self._members.items()}
        self._members = renamed
        if self.leader == old.member_id:
            self.leader = new_id
        if old.member_id in self.unsynced:
            del self.unsynced[old.member_id]
            self.unsynced[new_id] = None
        assert old.instance_id is not None
        self._static[old.instance_id] = new_id
        old.member_id = new_id

    # --- what follows from the members

    @property
    def rebalance_timeout_ms(self) -> int:
        return max((each.rebalance_timeout_ms for each in self), default=0)

    @property
    def all_joined(self) -> bool:
        return not self.pending and len(self.joins) == len(self._members)

    def supports(self, protocol_type: str, protocols: tuple[Protocol, ...]) -> bool:
        """Whether a member that offers these can join: something must be left that all can do."""
        if not self._members:
            return True
        return protocol_type == self.protocol_type and any(self._can_all(each.name) for each in protocols)

    def select_protocol(self) -> str:
        """Each member votes for the first that all can do; ties go to the one named first."""
        votes: dict[str, int] = {}
        for member in self:
            choice = next(each.name for each in member.protocols if self._can_all(each.name))
            votes[choice] = votes.get(choice, 0) + 1
        return max(votes, key=lambda each: votes[each])

    def _can_all(self, protocol: str) -> bool:
        return self._offered.get(protocol) == len(self._members)

    def elect(self) -> bool:
        """Make sure that the leader is one who has joined; false where nobody has."""
        if self.leader not in self.joins:
            self.leader = next((each for each in self._members if each in self.joins), self.leader)
        return bool(self.joins)

    def joined_answer(self, member: Member, *, skip_assignment: bool = False) -> Joined:
        leads = member.member_id == self.leader
        return Joined(
            generation=self.generation,
            protocol_type=self.protocol_type,
            protocol=self.protocol,
            leader=self.leader or "",
            member_id=member.member_id,
            members=self._joined_members() if leads else (),
            skip_assignment=skip_assignment and leads,
        )

    def _joined_members(self) -> tuple[JoinedMember, ...]:
        return tuple(
            JoinedMember(member_id=each.member_id, instance_id=each.instance_id, metadata=each.metadata(self.protocol))
            for each in self
        )

    def value(self, now: Timestamp) -> GroupMetadataValue:
        """The record of this generation."""
        return GroupMetadataValue(
            protocol_type=self.protocol_type,
            generation=self.generation,
            protocol=self.protocol,
            leader=self.leader,
            current_state_timestamp=now,
            members=tuple(
                MemberMetadata(
                    member_id=each.member_id,
                    group_instance_id=each.instance_id,
                    client_id=each.client_id,
                    client_host=each.client_host,
                    rebalance_timeout=each.rebalance_timeout_ms,
                    session_timeout=each.session_timeout_ms,
                    subscription=each.metadata(self.protocol),
                    assignment=each.assignment,
                )
                for each in self
            ),
        )


def _join_of(group_id: str, value: GroupMetadataValue, member: MemberMetadata) -> Join:
    """The join that would have led to what is stored: it offered the protocol that was chosen."""
    return Join(
        group_id=group_id,
        member_id=member.member_id,
        instance_id=member.group_instance_id,
        new_member_id="",
        client_id=member.client_id,
        client_host=member.client_host,
        session_timeout_ms=member.session_timeout,
        rebalance_timeout_ms=member.rebalance_timeout,
        protocol_type=value.protocol_type,
        protocols=(Protocol(name=value.protocol or "", metadata=member.subscription),),
        needs_known_id=False,
        can_skip_assignment=False,
    )
