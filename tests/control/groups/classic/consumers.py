"""A consumer of the classic protocol in the hand, that does what librdkafka and the Java client do."""

from tests.control.groups.rig import Rig

from headwater.control.groups.classic.requests import Heartbeat, Join, Joined, Leave, Leaver, Protocol, Sync, Synced
from headwater.wire.keyed_records import decode_versioned, encode_versioned
from headwater.wire.records.consumer_protocol_assignment import ConsumerProtocolAssignment, TopicPartition
from headwater.wire.records.consumer_protocol_subscription import (
    ConsumerProtocolSubscription,
    TopicPartition as OwnedPartition,
)

Owned = dict[str, tuple[int, ...]]


class ClassicConsumer:
    """Cooperative: it says what it owns. As a leader it gives everything to itself."""

    def __init__(self, rig: Rig, new_id: str, *, topics: tuple[str, ...] = ("t",), instance: str | None = None) -> None:
        self.rig = rig
        self.new_id = new_id
        self.topics = topics
        self.instance = instance
        self.member_id = ""
        self.generation = -1
        self.owned: Owned = {}
        self._parked: int | None = None

    def join(self) -> object:
        """The answer, or None while it waits for the others."""
        self._parked = self.rig.send(
            Join(
                group_id="g",
                member_id=self.member_id,
                instance_id=self.instance,
                new_member_id=self.new_id,
                client_id="c",
                client_host="/127.0.0.1",
                session_timeout_ms=10_000,
                rebalance_timeout_ms=60_000,
                protocol_type="consumer",
                protocols=(Protocol(name="cooperative-sticky", metadata=self._metadata()),),
                needs_known_id=False,
                can_skip_assignment=False,
            )
        )
        return self._look()

    def go_on(self) -> object:
        """Whatever is next: hear of a join that was parked, or send a heartbeat and act on its answer."""
        if self._parked is not None:
            return self._look()
        if not self.member_id:
            return None
        beat = Heartbeat(group_id="g", member_id=self.member_id, instance_id=self.instance, generation=self.generation)
        answer = self.rig.ask(beat)
        if answer is None:
            return None
        if type(answer).__name__ != "RebalanceInProgress":
            self.member_id, self.owned = "", {}
        return self.join()

    def leave(self) -> object:
        leaver = Leaver(member_id=self.member_id, instance_id=self.instance)
        self.member_id, self.generation, self.owned, self._parked = "", -1, {}, None
        return self.rig.ask(Leave(group_id="g", members=(leaver,)))

    def _look(self) -> object:
        assert self._parked is not None
        answer = self.rig.answers.get(self._parked)
        if answer is None:
            if self._parked > self.rig.tickets:  # another machine has begun since
                self._parked = None
            return None
        self._parked = None
        if not isinstance(answer, Joined):
            self.member_id, self.owned = "", {}
            return answer
        self.member_id, self.generation = answer.member_id, answer.generation
        return self._sync(leads=answer.leader == answer.member_id)

    def _sync(self, *, leads: bool) -> object:
        everything = tuple(
            TopicPartition(topic=each, partitions=tuple(range(self.rig.topics.partition_count(each))))  # type: ignore[arg-type]
            for each in self.topics
        )
        given = encode_versioned(ConsumerProtocolAssignment(assigned_partitions=everything), 1)
        ticket = self.rig.send(
            Sync(
                group_id="g",
                member_id=self.member_id,
                instance_id=self.instance,
                generation=self.generation,
                protocol_type=None,
                protocol=None,
                assignments={self.member_id: given} if leads else {},
            )
        )
        answer = self.rig.answers.get(ticket)
        if isinstance(answer, Synced) and answer.assignment:
            told = decode_versioned(ConsumerProtocolAssignment, answer.assignment)
            self.owned = {each.topic: each.partitions for each in told.assigned_partitions}
        elif isinstance(answer, Synced):
            self.owned = {}
        return answer

    def _metadata(self) -> bytes:
        owned = tuple(OwnedPartition(topic=topic, partitions=each) for topic, each in self.owned.items())
        return encode_versioned(ConsumerProtocolSubscription(topics=self.topics, owned_partitions=owned), 1)
