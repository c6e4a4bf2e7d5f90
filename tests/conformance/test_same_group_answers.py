"""The same conversation of consumer groups' members with Apache Kafka and with us: every answer says the same.

Which of equal partitions a member gets is each broker's own business, so only how many are compared; ids of members are the
clients' own, ids of topics are told by name. Kafka assigns when somebody asks, and we also when somebody has left: so nobody
looks in between.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Final

import pytest
from tests.conformance.test_same_answers import TIMEOUT_S, received
from tests.e2e.process import start
from tools.apache_kafka import Release, apache_kafka

from headwater.wire.apis import APIS
from headwater.wire.error_codes import ErrorCode
from headwater.wire.frames import decode_response, encode_request
from headwater.wire.keyed_records import encode_versioned
from headwater.wire.messages.consumer_group_describe_request import ConsumerGroupDescribeRequest
from headwater.wire.messages.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest, TopicPartitions
from headwater.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from headwater.wire.messages.delete_groups_request import DeleteGroupsRequest
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.heartbeat_request import HeartbeatRequest
from headwater.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from headwater.wire.messages.leave_group_request import LeaveGroupRequest, MemberIdentity
from headwater.wire.messages.list_groups_request import ListGroupsRequest
from headwater.wire.messages.metadata_request import MetadataRequest
from headwater.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from headwater.wire.messages.offset_delete_request import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from headwater.wire.messages.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from headwater.wire.messages.sync_group_request import SyncGroupRequest, SyncGroupRequestAssignment
from headwater.wire.records.consumer_protocol_assignment import ConsumerProtocolAssignment, TopicPartition
from headwater.wire.records.consumer_protocol_subscription import ConsumerProtocolSubscription
from headwater.wire.schema import Message
from headwater.wire.types import Uuid

pytestmark = pytest.mark.java

BRISK: Final = {
    "group.consumer.assignment.interval.ms": "0",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
}
PARTITIONS: Final = 4
FIRST: Final[dict[str, Any]] = {
    "rebalance_timeout_ms": 60_000,
    "subscribed_topic_names": ("t",),
    "topic_partitions": (),
}
Owned = dict[str, tuple[TopicPartitions, ...]]


class Talk:
    """One connection, and all that was said on it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.heard: list[tuple[str, Any]] = []
        self.owned: Owned = {}
        self.epochs: dict[str, int] = {}
        self._names: dict[Uuid, str] = {}

    def send(self, request: Message, version: int) -> Any:
        self._socket.sendall(b"".join(encode_request(request, version, correlation_id=1, client_id="judge")))
        size = int.from_bytes(received(self._socket, 4), "big")
        assert request.API_KEY is not None
        return decode_response(APIS[request.API_KEY].response, version, received(self._socket, size))[1]

    def close(self) -> None:
        self._socket.close()

    def hear(self, said: str, answer: Any) -> None:
        self.heard.append((said, answer))

    def make(self) -> None:
        """Two topics, and the coordinator."""
        topics = tuple(CreatableTopic(name=each, num_partitions=PARTITIONS, replication_factor=1) for each in "tu")
        self.send(CreateTopicsRequest(topics=topics), 7)
        give_up = monotonic() + TIMEOUT_S
        ready = ConsumerGroupDescribeRequest(group_ids=("none",))
        while self.send(ready, 0).groups[0].error_code != ErrorCode.GROUP_ID_NOT_FOUND:
            assert monotonic() < give_up
            self.send(FindCoordinatorRequest(coordinator_keys=("g",)), 4)
        while not {"t", "u"} <= {*self._names.values()}:
            assert monotonic() < give_up
            self._names = {each.topic_id: each.name for each in self.send(MetadataRequest(topics=None), 12).topics}

    # --- consumer members

    def beat(self, member: str, epoch: int, *, group: str = "g", version: int = 1, **fields: Any) -> Any:
        """It owns what it was last told, unless it says something else."""
        given = {"topic_partitions": self.owned.get(member, ())} | fields
        request = ConsumerGroupHeartbeatRequest(group_id=group, member_id=member, member_epoch=epoch, **given)
        answer = self.send(request, version)
        if answer.assignment is not None:
            self.owned[member] = tuple(
                TopicPartitions(topic_id=each.topic_id, partitions=each.partitions)
                for each in answer.assignment.topic_partitions
            )
        if not answer.error_code:
            self.epochs[member] = answer.member_epoch
        held = answer.assignment and self._counts(answer.assignment)
        told = (code(answer), answer.member_epoch, answer.heartbeat_interval_ms, held)
        self.hear(f"beat of {member} in {epoch} of {group} {fields}", told)
        return answer

    def go_on(self, *members: str, rounds: int = 3) -> None:
        """Plain heartbeats in turns."""
        for _ in range(rounds):
            for each in members:
                self.beat(each, self.epochs[each])

    def join(self, member: str, **fields: Any) -> Any:
        self.owned.pop(member, None)
        return self.beat(member, 0, **FIRST | fields)

    def describe(self, group: str = "g") -> None:
        (told,) = self.send(ConsumerGroupDescribeRequest(group_ids=(group,)), 1).groups
        members = sorted(
            (
                *(each.member_id, each.instance_id or "", each.member_epoch, each.member_type),
                *(each.subscribed_topic_names, self._counts(each.assignment), self._counts(each.target_assignment)),
            )
            for each in told.members
        )
        group_told = (told.group_state, told.group_epoch, told.assignment_epoch, told.assignor_name)
        self.hear(f"describe {group}", (code(told), *group_told, members))

    def _counts(self, assignment: Any) -> dict[str, int]:
        """Kafka tells of topics that nothing is assigned of, too."""
        counts = {self._names[each.topic_id]: len(each.partitions) for each in assignment.topic_partitions}
        return dict(sorted((name, count) for name, count in counts.items() if count))

    # --- offsets

    def commit(self, member: str, epoch: int, *, group: str = "g", partition: int = 0) -> None:
        part = OffsetCommitRequestPartition(partition_index=partition, committed_offset=5)
        topic = OffsetCommitRequestTopic(name="t", partitions=(part,))
        request = OffsetCommitRequest(
            group_id=group, member_id=member, generation_id_or_member_epoch=epoch, topics=(topic,)
        )
        self.hear(f"commit of {member} in {epoch}", code(self.send(request, 9).topics[0].partitions[0]))

    def fetch(self, member: str | None, epoch: int) -> None:
        topic = OffsetFetchRequestTopics(name="t", partition_indexes=(0,))
        group = OffsetFetchRequestGroup(group_id="g", member_id=member, member_epoch=epoch, topics=(topic,))
        (told,) = self.send(OffsetFetchRequest(groups=(group,)), 9).groups
        found = [part.committed_offset for each in told.topics for part in each.partitions]
        self.hear(f"fetch of {member} in {epoch}", (code(told), found))

    def forget(self, *topics: str) -> None:
        parts = (OffsetDeleteRequestPartition(partition_index=0),)
        asked = tuple(OffsetDeleteRequestTopic(name=each, partitions=parts) for each in topics)
        told = self.send(OffsetDeleteRequest(group_id="g", topics=asked), 0)
        parts_told = sorted((each.name, code(part)) for each in told.topics for part in each.partitions)
        self.hear("delete offsets", (code(told), parts_told))

    # --- classic members

    def join_as_classic(self, member: str, *, group: str = "g", protocol: str = "range", **fields: Any) -> Any:
        told = encode_versioned(ConsumerProtocolSubscription(topics=("t",)), 0)
        request = JoinGroupRequest(
            group_id=group,
            member_id=member,
            session_timeout_ms=30_000,
            rebalance_timeout_ms=60_000,
            **{"protocol_type": "consumer"} | fields,
            protocols=(JoinGroupRequestProtocol(name=protocol, metadata=told),),
        )
        answer = self.send(request, 9)
        leads = answer.leader == answer.member_id
        self.hear(f"join of {bool(member)} {group}", (code(answer), answer.generation_id, answer.protocol_name, leads))
        return answer

    def sync(self, member: str, generation: int, *, group: str = "g", assigns: bool = False) -> None:
        everything = TopicPartition(topic="t", partitions=tuple(range(PARTITIONS)))
        given = encode_versioned(ConsumerProtocolAssignment(assigned_partitions=(everything,)), 0)
        request = SyncGroupRequest(
            group_id=group,
            member_id=member,
            generation_id=generation,
            protocol_type="consumer",
            protocol_name="range",
            assignments=(SyncGroupRequestAssignment(member_id=member, assignment=given),) if assigns else (),
        )
        answer = self.send(request, 5)
        self.hear(f"sync in {generation}", (code(answer), len(answer.assignment)))

    def beat_as_classic(self, member: str, generation: int, *, group: str = "g") -> None:
        request = HeartbeatRequest(group_id=group, member_id=member, generation_id=generation)
        self.hear(f"classic beat in {generation}", code(self.send(request, 4)))

    def leave_as_classic(self, *members: MemberIdentity, group: str = "g") -> None:
        told = self.send(LeaveGroupRequest(group_id=group, members=members), 5)
        self.hear("leave", (code(told), [code(each) for each in told.members]))

    # --- groups

    def describe_as_classic(self, group: str = "g") -> None:
        for version in (5, 6):
            (told,) = self.send(DescribeGroupsRequest(groups=(group,)), version).groups
            self.hear(f"describe {group} as classic", (code(told), told.group_state, len(told.members)))

    def list(self, **filters: tuple[str, ...]) -> None:
        told = self.send(ListGroupsRequest(**filters), 5)
        groups = sorted((each.group_id, each.protocol_type, each.group_state, each.group_type) for each in told.groups)
        self.hear(f"list {filters}", (code(told), groups))

    def delete(self, group: str = "g") -> None:
        (told,) = self.send(DeleteGroupsRequest(groups_names=(group,)), 2).results
        self.hear(f"delete {group}", code(told))


def code(answer: Any) -> str:
    return ErrorCode(answer.error_code).name


def what_is_wrong(talk: Talk) -> None:
    for fields in (
        {"rebalance_timeout_ms": -1},
        {"topic_partitions": None},
        {"subscribed_topic_names": None},
        {"instance_id": ""},
        {"rack_id": ""},
        {"server_assignor": "mine"},
        {"group": ""},
    ):
        talk.join("a", **fields)
    talk.join("")
    talk.beat("a", 1)
    talk.beat("a", -1)
    talk.join("a")
    for epoch in (-2, -3, 7, 0):
        talk.beat("a", epoch)
    talk.beat("x", 1)
    talk.beat("x", -1)
    talk.beat("a", 2, server_assignor="mine")
    talk.beat("a", 2, subscribed_topic_regex="[")
    talk.beat("a", -1)
    talk.describe()
    talk.delete()


def members_come_and_go(talk: Talk) -> None:
    talk.join("a")
    talk.describe()
    talk.join("b")
    talk.describe()
    everything = talk.owned["a"]
    talk.beat("a", 2)
    talk.beat("a", 2, topic_partitions=everything)
    talk.describe()
    talk.beat("b", 3)
    talk.beat("a", 2)
    talk.beat("b", 3)
    talk.beat("a", 2)
    talk.beat("a", 3)
    talk.describe()
    talk.beat("a", 2, topic_partitions=everything)
    talk.beat("a", 0, **FIRST)
    talk.beat("b", 3, subscribed_topic_names=("t", "u"))
    talk.describe()
    talk.go_on("a", "b")
    talk.describe()
    talk.beat("b", -1)
    talk.go_on("a")
    talk.describe()
    talk.list()
    talk.list(types_filter=("consumer",))
    talk.list(types_filter=("classic",), states_filter=("Stable",))
    talk.list(states_filter=("stable",))
    talk.delete()
    talk.beat("a", -1)
    talk.delete()
    talk.describe()


def static_members(talk: Talk) -> None:
    talk.join("a", instance_id="i")
    talk.join("b")
    talk.beat("a", 2, instance_id="i")
    talk.beat("a", 2, instance_id="i")
    talk.beat("b", 3)
    talk.join("a2", instance_id="i")
    talk.beat("b", 3, instance_id="i")
    talk.beat("x", 2, instance_id="j")
    talk.beat("a", -2, instance_id="i")
    talk.describe()
    talk.join("a2", instance_id="i")
    talk.describe()
    talk.beat("a", 3, instance_id="i")
    talk.beat("a", -1, instance_id="i")
    talk.beat("a2", 3, instance_id="i")
    talk.leave_as_classic(MemberIdentity(member_id="", group_instance_id="i"), MemberIdentity(member_id="x"))
    talk.go_on("b")
    talk.describe()
    talk.beat("b", -1)
    talk.delete()


def offsets(talk: Talk) -> None:
    talk.commit("a", 2)
    talk.join("a")
    talk.join("b")
    talk.beat("a", 2)
    talk.beat("a", 2)
    talk.beat("b", 3)
    for member, epoch in (("a", 3), ("a", 2), ("a", 0), ("a", 9), ("x", 3), ("", -1), ("a", -1)):
        talk.commit(member, epoch)
    for reader, epoch in ((None, -1), ("a", 3), ("a", 2), ("a", 9), ("x", 3), ("", -1)):
        talk.fetch(reader, epoch)
    talk.forget("t", "u", "no")
    for each in "ab":
        talk.beat(each, -1)
    talk.commit("", -1)
    talk.commit("a", 3)
    talk.fetch("a", 3)
    talk.forget("t")
    talk.delete()


def classic_members(talk: Talk) -> None:
    talk.join("a")
    talk.describe_as_classic()
    talk.beat_as_classic("a", 2)
    talk.sync("a", 2)
    talk.join_as_classic("", protocol_type="connect")
    told = talk.join_as_classic("")
    old = talk.join_as_classic(told.member_id).member_id
    talk.sync(old, 3)
    talk.beat_as_classic(old, 3)
    talk.beat("a", 2)
    talk.beat("a", 2)
    talk.beat_as_classic(old, 3)
    again = talk.join_as_classic(old)
    talk.sync(old, again.generation_id)
    talk.beat_as_classic(old, again.generation_id)
    talk.beat_as_classic(old, 9)
    talk.beat("a", -1)
    talk.describe_as_classic()
    talk.list()
    talk.leave_as_classic(MemberIdentity(member_id=old))
    talk.delete()


def a_group_that_goes_over(talk: Talk) -> None:
    told = talk.join_as_classic("")
    old = talk.join_as_classic(told.member_id).member_id
    talk.sync(old, 1, assigns=True)
    talk.describe()
    talk.beat(old, 1)
    talk.join("a")
    talk.list()
    talk.beat_as_classic(old, 1)
    told = talk.join_as_classic(old)
    talk.sync(old, told.generation_id)
    talk.beat("a", 2)
    talk.beat_as_classic(old, 2)
    talk.describe_as_classic()
    talk.beat("a", -1)
    talk.list()
    talk.beat_as_classic(old, 2)
    talk.leave_as_classic(MemberIdentity(member_id=old))
    talk.delete()
    talk.join_as_classic("", protocol_type="connect")
    talk.join("a")
    talk.beat("a", -1)
    talk.delete()


TALKS: Final[tuple[Callable[[Talk], None], ...]] = (
    what_is_wrong,
    members_come_and_go,
    static_members,
    offsets,
    classic_members,
    a_group_that_goes_over,
)


@contextmanager
def ours(folder: Path) -> Iterator[int]:
    process = start(folder, BRISK)
    yield process.port
    assert process.stop() == 0, process.log_tail()


@contextmanager
def kafkas(release: Release, folder: Path) -> Iterator[int]:
    with apache_kafka(release, folder, settings=BRISK) as server:
        yield server.port


def heard(port: int) -> list[tuple[str, Any]]:
    with closing(Talk(port)) as talk:
        talk.make()
        for each in TALKS:
            talk.hear(f"--- {each.__name__}", None)
            each(talk)
        return talk.heard


def test_members_hear_from_us_what_they_hear_from_kafka(kafka_4_4: Release, tmp_path: Path) -> None:
    with ours(tmp_path / "ours") as port:
        from_us = heard(port)
    with kafkas(kafka_4_4, tmp_path / "kafka") as port:
        from_kafka = heard(port)
    pairs = zip(from_us, from_kafka, strict=True)
    different = [f"{us[0]}\n  ours  {us[1]}\n  kafka {kafka[1]}" for us, kafka in pairs if us[1] != kafka[1]]
    assert not different, "\n".join(different)
