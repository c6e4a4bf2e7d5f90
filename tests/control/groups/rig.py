"""A group machine in the hand: requests in, answers out, time moved by hand."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from headwater.control.groups.classic.requests import Heartbeat, Join, Leave, Leaver, Protocol, Sync
from headwater.control.groups.consumer.settings import ConsumerGroupSettings
from headwater.control.groups.machine import Groups
from headwater.control.groups.requests import CommitOffsets, OffsetCommit
from headwater.control.groups.settings import GroupSettings
from headwater.control.groups.share.settings import ShareGroupSettings
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Decision, Ticket
from headwater.machine.machine import Moment
from headwater.wire.types import ZERO_UUID, LeaderEpoch, Offset, TopicName, Uuid

WALL = 1_700_000_000_000


class Topics:
    """The port `Topics`, with topics made by hand."""

    def __init__(self) -> None:
        self.version = 0
        self._partitions: dict[TopicName, int] = {}
        self._ids: dict[TopicName, Uuid] = {}

    def make(self, name: str, partitions: int) -> Uuid:
        """A new topic, or more partitions for an old one. Its id is made of its name."""
        self.version += 1
        self._partitions[TopicName(name)] = partitions
        return self._ids.setdefault(TopicName(name), Uuid(sha256(name.encode()).digest()[:16]))

    def delete(self, name: str) -> None:
        self.version += 1
        del self._partitions[TopicName(name)], self._ids[TopicName(name)]

    def names(self) -> Iterable[TopicName]:
        return self._partitions.keys()

    def id_of(self, topic: TopicName) -> Uuid | None:
        return self._ids.get(topic)

    def name_of(self, topic_id: Uuid) -> TopicName | None:
        return next((name for name, each in self._ids.items() if each == topic_id), None)

    def partition_count(self, topic: TopicName) -> int:
        return self._partitions.get(topic, 0)


class Rig:
    """Answers are kept by ticket; every record that was decided is kept too, as the log would."""

    def __init__(
        self,
        log: Sequence[Any] | None = None,
        *,
        topics: Topics | None = None,
        consumer: ConsumerGroupSettings | None = None,
        **settings: int,
    ) -> None:
        self.consumer_settings = consumer or ConsumerGroupSettings(assignment_interval_ms=0)
        self.settings = GroupSettings(**{"initial_rebalance_delay_ms": 0} | settings)
        self.topics = topics or Topics()
        self.share_settings = ShareGroupSettings()
        self.streams_settings = StreamsSettings(initial_rebalance_delay_ms=0, assignment_interval_ms=0)
        self.machine = Groups(
            settings=lambda: self.settings,
            topics=self.topics,
            consumer_settings=lambda _: self.consumer_settings,
            share_settings=lambda _: self.share_settings,
            streams_settings=lambda _: self.streams_settings,
        )
        self.elapsed = 0
        self.log: list[Any] = []
        self.answers: dict[int, Any] = {}
        self.tickets = 0
        for record in log or []:
            self.machine.replay(record)
            self.log.append(record)
        self.pass_ms(0)

    def send(self, request: object) -> int:
        """The ticket; its answer is in `answers` when there is one."""
        self.tickets += 1
        self._took(self.machine.decide(request, ticket=Ticket(self.tickets), moment=self._moment()))
        return self.tickets

    def ask(self, request: object) -> object:
        return self.answers[self.send(request)]

    def pass_ms(self, ms: int) -> None:
        """Let time pass, stopping at each deadline on the way."""
        until = self.elapsed + ms
        while (deadline := self.machine.next_deadline()) is not None and deadline <= until:
            self.elapsed = max(self.elapsed, deadline)
            self._took(self.machine.decide_due(self._moment()))
        self.elapsed = until

    def ring(self) -> None:
        """Have what is due by now decided, once, as the runtime's timer does."""
        deadline = self.machine.next_deadline()
        if deadline is not None and deadline <= self.elapsed:
            self._took(self.machine.decide_due(self._moment()))

    def restarted(self) -> "Rig":
        """Another machine over the same log; what was volatile is lost."""
        again = Rig(self.log, topics=self.topics, consumer=self.consumer_settings)
        again.settings, again.streams_settings = self.settings, self.streams_settings
        return again

    def state(self, group_id: str = "g") -> str:
        description = self.machine.describe(group_id)
        return getattr(description, "state", "Dead")

    def _moment(self) -> Moment:
        return Moment(wall=Timestamp(WALL + self.elapsed), elapsed=self.elapsed)

    def _took(self, decision: Decision) -> None:
        for record in decision.records:
            self.machine.replay(record)
            self.log.append(record)
        for ticket, answer in decision.answers:
            assert ticket not in self.answers, "a ticket is answered once"
            self.answers[ticket] = answer


def join(member: str = "", *, group: str = "g", new: str = "", instance: str | None = None, **more: object) -> Join:
    fields: dict[str, object] = {
        "client_id": "c",
        "client_host": "/127.0.0.1",
        "session_timeout_ms": 10_000,
        "rebalance_timeout_ms": 60_000,
        "protocol_type": "consumer",
        "protocols": (Protocol(name="range", metadata=b"\0\0" + b"\0\0\0\1\0\1t" + b"\xff\xff\xff\xff"),),
        "needs_known_id": False,
        "can_skip_assignment": False,
    } | more
    return Join(group_id=group, member_id=member, new_member_id=new, instance_id=instance, **fields)  # type: ignore[arg-type]


def sync(
    member: str,
    generation: int,
    *,
    instance: str | None = None,
    to: dict[str, bytes] | None = None,
    **assignments: bytes,
) -> Sync:
    return Sync(
        group_id="g",
        member_id=member,
        instance_id=instance,
        generation=generation,
        protocol_type=None,
        protocol=None,
        assignments=assignments | (to or {}),
    )


def beat(member: str, generation: int) -> Heartbeat:
    return Heartbeat(group_id="g", member_id=member, instance_id=None, generation=generation)


def leave(*members: str) -> Leave:
    return Leave(group_id="g", members=tuple(Leaver(member_id=each, instance_id=None) for each in members))


def commit(
    offset: int, *, member: str = "", generation: int = -1, topic: str = "t", metadata: str = ""
) -> CommitOffsets:
    each = OffsetCommit(
        topic=TopicName(topic),
        partition=0,
        offset=Offset(offset),
        leader_epoch=LeaderEpoch(-1),
        metadata=metadata,
        topic_id=ZERO_UUID,
    )
    return CommitOffsets(group_id="g", member_id=member, instance_id=None, generation=generation, offsets=(each,))
