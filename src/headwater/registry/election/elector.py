"""A registry's life in its group: it joins, hears who writes, and beats until it is time to join again.

    step back -> join -> hear who writes -> take office, if it is this one, while the heartbeats go on
        ^                                                                            |
        +------------------- the group changes, or another writer came --------------+

A writer steps back before it joins again, for while the others are told who writes from now on, nobody may. Whoever is not told so in
time, because it was stopped or cut off, is fenced by the cluster that it writes to: this here is only for order.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from msgspec.structs import replace

from headwater.client.cluster import Cluster
from headwater.client.errors import ClientError
from headwater.client.group import Member, Membership, Peer
from headwater.kernel.logging import get
from headwater.kernel.tasks import Group, within
from headwater.kernel.units import MINUTE_MS, SECOND_MS
from headwater.registry.election.protocol import NO_ERROR, PROTOCOL_TYPE, SUBPROTOCOL, Assignment, Identity, choose

_log = get("registry.election")

_LEAVE_S: Final = 2.0
_DUPLICATE_URLS: Final = (
    "two registries of the group say that they are at one URL: set host.name, unless one has just been started again"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidacy:
    """How this registry takes part. `sticky` must be the same for all."""

    group: str = "schema-registry"
    session_timeout_ms: int = 6 * SECOND_MS
    heartbeat_interval_ms: int = 2 * SECOND_MS
    rebalance_timeout_ms: int = 5 * MINUTE_MS
    sticky: bool = False


class Office(Protocol):
    """What is done because of an election."""

    async def step_back(self) -> None:
        """Nobody is known to write, this registry least of all. Comes back when it has written its last."""
        ...

    async def take(self, writer: Identity | None, *, is_me: bool) -> None:
        """This one writes, or nobody. May be cancelled."""
        ...

    async def lost(self) -> None:
        """Comes back when somebody else has begun to write what this one was to."""
        ...


class Elector:
    """`run` it in a ward that starts it again."""

    def __init__(self, cluster: Cluster, identity: Identity, candidacy: Candidacy, office: Office) -> None:
        self.members = 0
        """As many as there were when this one was asked to choose; 0 where another one was."""
        self._cluster = cluster
        self._identity = identity
        self._candidacy = candidacy
        self._office = office
        self._again = asyncio.Event()
        self._says = {SUBPROTOCOL: identity.encoded()}

    async def run(self) -> None:
        candidacy = self._candidacy
        membership = Membership(
            group=candidacy.group,
            protocol_type=PROTOCOL_TYPE,
            protocols=self._says,
            session_timeout_ms=candidacy.session_timeout_ms,
            rebalance_timeout_ms=candidacy.rebalance_timeout_ms,
        )
        member = Member(self._cluster, membership, self._choose)
        try:
            await self._office.step_back()
            while True:
                await self._serve_a_generation(member)
                if not candidacy.sticky:
                    await self._office.step_back()
        except (asyncio.CancelledError, Exception):
            await self._leave(member)
            raise

    async def _serve_a_generation(self, member: Member) -> None:
        self._again.clear()
        joined = await member.join()
        assignment = Assignment.decoded(joined.assignment)
        writer = assignment.master_identity
        if assignment.error != NO_ERROR:
            _log.error(_DUPLICATE_URLS, error_code=assignment.error)
            writer = None
        _log.info("the group has chosen", writer=writer and writer.url, generation=joined.generation)
        is_me = self._identity.is_same(writer)
        self._says[SUBPROTOCOL] = replace(self._identity, leader=is_me and self._candidacy.sticky).encoded()
        async with Group() as tasks:
            holding = tasks.start("office", self._hold_office(writer, is_me=is_me))
            await self._beat_until_it_changes(member)
            holding.cancel()

    async def _hold_office(self, writer: Identity | None, *, is_me: bool) -> None:
        await self._office.take(writer, is_me=is_me)
        if is_me:
            await self._office.lost()
            _log.warn("another registry writes, though this one was chosen; asking the group again")
            await self._office.step_back()
            self._again.set()

    async def _beat_until_it_changes(self, member: Member) -> None:
        interval_s = self._candidacy.heartbeat_interval_ms / SECOND_MS
        while not self._again.is_set():
            try:
                await within(interval_s, self._again.wait())
            except TimeoutError:
                if not await member.beat():
                    return

    def _choose(self, protocol: str, peers: Sequence[Peer]) -> Mapping[str, bytes]:
        del protocol
        members = {each.member_id: Identity.decoded(each.metadata) for each in peers}
        self.members = len(members)
        assignment = choose(members, sticky=self._candidacy.sticky)
        return dict.fromkeys(members, assignment.encoded())

    async def _leave(self, member: Member) -> None:
        """The others need not wait for the end of the session."""
        try:
            await within(_LEAVE_S, member.leave())
        except (ClientError, TimeoutError) as problem:
            _log.info("the group could not be told that this registry leaves", reason=repr(problem))
