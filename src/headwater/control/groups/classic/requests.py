"""What a classic group can be asked, and what it answers."""

from msgspec import Struct


class Protocol(Struct, frozen=True, kw_only=True):
    """One assignment strategy that a member offers, with its subscription as the client wrote it."""

    name: str
    metadata: bytes


class Join(Struct, frozen=True, kw_only=True):
    """JoinGroup. Answered by `Joined` when the group's next generation begins, or by a refusal at once."""

    group_id: str
    member_id: str
    instance_id: str | None
    new_member_id: str
    """What a member without an id becomes, `client id-uuid` or `instance id-uuid`; empty for one that has an id."""
    client_id: str
    client_host: str
    session_timeout_ms: int
    rebalance_timeout_ms: int
    protocol_type: str
    protocols: tuple[Protocol, ...]
    needs_known_id: bool
    """From version 4 on a new member is given its id before it counts (KIP-394)."""
    can_skip_assignment: bool
    """From version 9 on a static leader can be told to keep the assignment (KIP-814)."""


class JoinedMember(Struct, frozen=True, kw_only=True):
    member_id: str
    instance_id: str | None
    metadata: bytes


class Joined(Struct, frozen=True, kw_only=True):
    """`members` is filled for the leader only."""

    generation: int
    protocol_type: str | None
    protocol: str | None
    leader: str
    member_id: str
    members: tuple[JoinedMember, ...] = ()
    skip_assignment: bool = False


class Sync(Struct, frozen=True, kw_only=True):
    """SyncGroup. Answered by `Synced` when the leader has assigned."""

    group_id: str
    member_id: str
    instance_id: str | None
    generation: int
    protocol_type: str | None
    protocol: str | None
    assignments: dict[str, bytes]


class Synced(Struct, frozen=True, kw_only=True):
    protocol_type: str | None
    protocol: str | None
    assignment: bytes


class Heartbeat(Struct, frozen=True, kw_only=True):
    """Answered by None, or by RebalanceInProgress as a call to rejoin."""

    group_id: str
    member_id: str
    instance_id: str | None
    generation: int


class Leaver(Struct, frozen=True, kw_only=True):
    """Who leaves; an empty `member_id` with an instance id is an administrator's removal of a static member."""

    member_id: str
    instance_id: str | None


class Leave(Struct, frozen=True, kw_only=True):
    """LeaveGroup. Answered by one refusal or None for each member, in order."""

    group_id: str
    members: tuple[Leaver, ...]


class MemberDescription(Struct, frozen=True, kw_only=True):
    member_id: str
    instance_id: str | None
    client_id: str
    client_host: str
    metadata: bytes
    assignment: bytes


class GroupDescription(Struct, frozen=True, kw_only=True):
    """DescribeGroups' answer; metadata and assignments are empty while the group rebalances."""

    group_id: str
    state: str
    protocol_type: str
    protocol: str
    members: tuple[MemberDescription, ...]
