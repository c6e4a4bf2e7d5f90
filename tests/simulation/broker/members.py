"""Members of a classic group: each commits ever higher offsets of what it was given, begins where the last owner ended, and
at times leaves, vanishes, or is cut off and comes back with what it no longer owns."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from tests.simulation.broker.history import Commit, History, Share, TopicPartition

from headwater.client.admin.offsets import CommittedOffset, commit_offsets, committed_offsets
from headwater.client.cluster import Cluster
from headwater.client.errors import ClientError, DeadlinePassed, Refused
from headwater.client.group import Joined, Member, Membership, Peer
from headwater.wire.error_codes import ErrorCode

MEMBERSHIP: Final = Membership(
    group="readers",
    protocol_type="simulated",
    protocols={"turns": b""},
    session_timeout_ms=2_000,
    rebalance_timeout_ms=2_000,
)
STANDSTILL_S: Final = (2.0, 6.0)
"""As long as a process may be stopped, after which it goes on as if it still owned what it had."""
OUT_OF_DATE: Final = (
    ErrorCode.ILLEGAL_GENERATION, ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.REBALANCE_IN_PROGRESS,
)  # fmt: skip


def by_turns(places: Sequence[TopicPartition]) -> Callable[[str, Sequence[Peer]], Mapping[str, bytes]]:
    """Deals the partitions out, one to each member and again."""

    def assign(_: str, peers: Sequence[Peer]) -> Mapping[str, bytes]:
        members = sorted(each.member_id for each in peers)
        return {
            member: ",".join(f"{topic}:{index}" for topic, index in places[turn :: len(members)]).encode()
            for turn, member in enumerate(members)
        }

    return assign


def places_of(assignment: bytes) -> tuple[TopicPartition, ...]:
    pairs = [each.partition(":") for each in assignment.decode().split(",") if each]
    return tuple((topic, int(index)) for topic, _, index in pairs)


class GroupMember:
    def __init__(
        self,
        cluster: Cluster,
        history: History,
        random: Random,
        places: Sequence[TopicPartition],
        membership: Membership = MEMBERSHIP,
    ) -> None:
        self._cluster = cluster
        self._history = history
        self._random = random
        self._places = places
        self._membership = membership
        self._member = self._new_member()
        self._share: Share | None = None
        self._offsets: dict[TopicPartition, int] = {}

    async def step(self) -> None:
        """Join, or do a little of what a member does."""
        try:
            if self._share is None:
                await self._join()
            else:
                await self._work(self._share)
        except ClientError:
            self._share = None

    async def _join(self) -> None:
        asked = self._history.ask()
        joined = await self._member.join()
        self._history.shares.append(self._shared(joined, asked))
        share = self._shared(joined, asked)
        self._offsets = dict.fromkeys(share.places, 0)
        if share.places:
            self._offsets |= await find_committed(self._cluster, self._membership.group, share.places, self._history)
        self._share = share

    def _shared(self, joined: Joined, asked: int) -> Share:
        return Share(
            group=self._membership.group,
            member=joined.member_id,
            generation=joined.generation,
            leader=joined.leader_id,
            places=places_of(joined.assignment),
            asked=asked,
            told=self._history.tick(),
        )

    async def _work(self, share: Share) -> None:
        chance = self._random.random()
        if chance < 0.005:
            self._vanish()
        elif chance < 0.015:
            self._share = None
            await self._member.leave()
        elif chance < 0.4 or not share.places:
            self._history.ask()
            if not await self._member.beat():
                self._share = None
        else:
            if chance < 0.45:
                await asyncio.sleep(self._random.uniform(*STANDSTILL_S))
            await self._commit(self._random.choice(share.places))

    def _vanish(self) -> None:
        """As a process that was killed, and another one in its place."""
        self._share = None
        self._member = self._new_member()

    def _new_member(self) -> Member:
        return Member(self._cluster, self._membership, by_turns(self._places))

    async def _commit(self, place: TopicPartition) -> None:
        offset = self._offsets[place] = self._offsets[place] + self._random.randint(1, 3)
        asked = self._history.ask()
        group = self._membership.group
        try:
            await commit_offsets(
                self._cluster, group, {place: CommittedOffset(offset=offset)}, commits_as=self._member.commits_as
            )
        except DeadlinePassed:
            return
        except Refused as refused:
            if refused.code not in OUT_OF_DATE:
                raise AssertionError(f"a commit of {offset} was refused") from refused
            self._share = None
            return
        told = self._history.tick()
        self._history.committed.append(Commit(group=group, place=place, offset=offset, asked=asked, told=told))


async def find_committed(
    cluster: Cluster, group: str, places: Sequence[TopicPartition], history: History
) -> dict[TopicPartition, int]:
    asked = history.ask()
    answer = await committed_offsets(cluster, group, places)
    told = history.tick()
    found = {place: committed.offset for place, committed in answer.items()}
    for place in places:
        history.found.append(Commit(group=group, place=place, offset=found.get(place, 0), asked=asked, told=told))
    return found
