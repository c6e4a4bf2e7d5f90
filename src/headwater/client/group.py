"""A member of a classic group, of any protocol type: consumers, Connect's workers, schema registries, our own services.

    join   -> the coordinator gathers the members; the leader gets all their metadata and says who gets what
    sync   -> each learns its assignment
    beat   -> while a heartbeat is answered, the assignment holds; `False` says that it is time to join again

What an assignment is, only the protocol type knows: here it is bytes, made by the `assign` that the member was given.
A member is one state and no task: whoever uses it calls `beat` (or lets `beats` run in a group of tasks of its own).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from headwater.client.admin.offsets import CommitsAs, Generation
from headwater.client.cluster import Cluster
from headwater.client.errors import Refused, check
from headwater.client.roles import Coordinator
from headwater.kernel.units import MINUTE_MS, SECOND_MS
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.heartbeat_request import HeartbeatRequest
from headwater.wire.messages.heartbeat_response import HeartbeatResponse
from headwater.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from headwater.wire.messages.join_group_response import JoinGroupResponse
from headwater.wire.messages.leave_group_request import LeaveGroupRequest, MemberIdentity
from headwater.wire.messages.leave_group_response import LeaveGroupResponse
from headwater.wire.messages.sync_group_request import SyncGroupRequest, SyncGroupRequestAssignment
from headwater.wire.messages.sync_group_response import SyncGroupResponse
from headwater.wire.schema import Message, Versions

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """What a member says of itself for as long as it lives."""

    group: str
    protocol_type: str
    protocols: Mapping[str, bytes]
    """Each protocol that it can, dearest first, with its metadata."""
    instance_id: str | None = None
    session_timeout_ms: int = 10 * SECOND_MS
    rebalance_timeout_ms: int = MINUTE_MS


@dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """A member as the leader sees it."""

    member_id: str
    instance_id: str | None
    metadata: bytes


Assign = Callable[[str, Sequence[Peer]], Mapping[str, bytes]]
"""The leader's decision: (protocol, members) -> assignment by member id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """A generation, and what it gives to this member."""

    generation: Generation
    member_id: str
    leader_id: str
    protocol: str
    assignment: bytes

    @property
    def is_leader(self) -> bool:
        return self.member_id == self.leader_id


_JOIN_VERSIONS: Final = Versions(5, 9)
_SYNC_VERSIONS: Final = Versions(3, 5)
_HEARTBEAT_VERSIONS: Final = Versions(3, 4)
_LEAVE_VERSIONS: Final = Versions(3, 5)
"""All from where instance ids came in (Kafka 2.4)."""
_BEATS_IN_A_SESSION: Final = 3
_OUT_OF_DATE: Final = frozenset({
    ErrorCode.REBALANCE_IN_PROGRESS, ErrorCode.ILLEGAL_GENERATION, ErrorCode.UNKNOWN_MEMBER_ID,
})  # fmt: skip
_REJOIN: Final = _OUT_OF_DATE | {ErrorCode.MEMBER_ID_REQUIRED}


class Member:
    def __init__(self, cluster: Cluster, membership: Membership, assign: Assign) -> None:
        self._cluster = cluster
        self._membership = membership
        self._assign = assign
        self._member_id = ""
        self._joined: Joined | None = None

    @property
    def commits_as(self) -> CommitsAs:
        """For `commit_offsets` in this member's name."""
        if self._joined is None:
            return CommitsAs(instance_id=self._membership.instance_id)
        return CommitsAs(
            member_id=self._member_id,
            generation=self._joined.generation,
            instance_id=self._membership.instance_id,
        )

    async def join(self, *, reason: str | None = None) -> Joined:
        """Waits for the other members, and starts again where the group changes meanwhile."""
        while True:
            try:
                self._joined = await self._join_once(reason)
            except Refused as refused:
                if refused.code not in _REJOIN:
                    raise
                if refused.code == ErrorCode.UNKNOWN_MEMBER_ID:
                    self._member_id = ""
            else:
                return self._joined

    async def beat(self) -> bool:
        """One heartbeat. False when the generation is over and the member must join again."""
        if self._joined is None:
            return False
        request = HeartbeatRequest(
            group_id=self._membership.group,
            generation_id=self._joined.generation,
            member_id=self._member_id,
            group_instance_id=self._membership.instance_id,
        )
        try:
            await self._ask(request, HeartbeatResponse, _HEARTBEAT_VERSIONS)
        except Refused as refused:
            if refused.code not in _OUT_OF_DATE:
                raise
            return False
        return True

    async def beats(self) -> None:
        """Heartbeats, three to a session, until it is time to join again."""
        interval_s = self._membership.session_timeout_ms / _BEATS_IN_A_SESSION / SECOND_MS
        while True:
            await asyncio.sleep(interval_s)
            if not await self.beat():
                return

    async def leave(self, *, reason: str | None = None) -> None:
        """The others need not wait for the end of the session. One that was gone already is no error."""
        if not self._member_id:
            return
        identity = MemberIdentity(
            member_id=self._member_id, group_instance_id=self._membership.instance_id, reason=reason
        )
        request = LeaveGroupRequest(group_id=self._membership.group, members=(identity,))
        self._member_id, self._joined = "", None
        await self._ask(request, LeaveGroupResponse, _LEAVE_VERSIONS)

    async def _join_once(self, reason: str | None) -> Joined:
        membership = self._membership
        request = JoinGroupRequest(
            group_id=membership.group,
            session_timeout_ms=membership.session_timeout_ms,
            rebalance_timeout_ms=membership.rebalance_timeout_ms,
            member_id=self._member_id,
            group_instance_id=membership.instance_id,
            protocol_type=membership.protocol_type,
            protocols=tuple(
                JoinGroupRequestProtocol(name=name, metadata=metadata)
                for name, metadata in membership.protocols.items()
            ),
            reason=reason,
        )
        waits_ms = membership.rebalance_timeout_ms
        answer = await self._ask(request, JoinGroupResponse, _JOIN_VERSIONS, waits_ms=waits_ms)
        return await self._sync(answer, waits_ms=waits_ms)

    async def _sync(self, joined: JoinGroupResponse, *, waits_ms: int) -> Joined:
        protocol = joined.protocol_name or ""
        request = SyncGroupRequest(
            group_id=self._membership.group,
            generation_id=joined.generation_id,
            member_id=joined.member_id,
            group_instance_id=self._membership.instance_id,
            protocol_type=self._membership.protocol_type,
            protocol_name=protocol,
            assignments=self._assignments(joined, protocol),
        )
        answer = await self._ask(request, SyncGroupResponse, _SYNC_VERSIONS, waits_ms=waits_ms)
        return Joined(
            generation=Generation(joined.generation_id),
            member_id=joined.member_id,
            leader_id=joined.leader,
            protocol=protocol,
            assignment=bytes(answer.assignment),
        )

    def _assignments(self, joined: JoinGroupResponse, protocol: str) -> tuple[SyncGroupRequestAssignment, ...]:
        """A leader that comes back to a group that did not change need not decide anew (KIP-814)."""
        if joined.leader != joined.member_id or joined.skip_assignment:
            return ()
        peers = [
            Peer(member_id=each.member_id, instance_id=each.group_instance_id, metadata=bytes(each.metadata))
            for each in joined.members
        ]
        decided = self._assign(protocol, peers)
        return tuple(SyncGroupRequestAssignment(member_id=id_, assignment=given) for id_, given in decided.items())

    async def _ask(self, request: Message, kind: type[M], versions: Versions, *, waits_ms: int = 0) -> M:
        """Checked for errors. The coordinator holds an answer for as long as the others take: `waits_ms`."""
        group = self._membership.group
        timeout_ms = self._cluster.options.request_timeout_ms + waits_ms

        def accept(answer: M) -> None:
            self._remember(answer)
            check(getattr(answer, "error_code"), subject=f"group {group}")  # noqa: B009 - each of the four has one

        return await self._cluster.ask(
            Coordinator(group),
            request,
            kind,
            accept=accept,
            versions=versions,
            timeout_ms=timeout_ms,
            deadline_ms=self._cluster.options.deadline_ms + waits_ms,
        )

    def _remember(self, answer: Message) -> None:
        """A new member is given its id with an error, and joins with it again (KIP-394)."""
        if isinstance(answer, JoinGroupResponse) and answer.member_id:
            self._member_id = answer.member_id
