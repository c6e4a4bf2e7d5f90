"""One long conversation about share groups, with Apache Kafka 4.4.0 and with us: every answer says the same.

Ids and texts are each broker's own. So are epochs, for with Kafka a member has its partitions some heartbeats later.
"""

import socket
import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pytest
from tests.conformance.test_same_answers import TIMEOUT_S, received
from tests.e2e.process import QUICK, start
from tools.apache_kafka import Release, apache_kafka

from headwater.wire.apis import APIS
from headwater.wire.error_codes import ErrorCode
from headwater.wire.frames import decode_response, encode_request
from headwater.wire.messages import (
    alter_share_group_offsets_request as altering,
    create_topics_request as creating,
    delete_share_group_offsets_request as forgetting,
    describe_share_group_offsets_request as offsets,
    offset_commit_request as committing,
    offset_delete_request as dropping,
    offset_fetch_request as fetching,
)
from headwater.wire.messages.consumer_group_describe_request import ConsumerGroupDescribeRequest
from headwater.wire.messages.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest
from headwater.wire.messages.delete_groups_request import DeleteGroupsRequest
from headwater.wire.messages.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from headwater.wire.messages.list_groups_request import ListGroupsRequest
from headwater.wire.messages.share_group_describe_request import ShareGroupDescribeRequest
from headwater.wire.messages.share_group_heartbeat_request import ShareGroupHeartbeatRequest
from headwater.wire.schema import Message

pytestmark = pytest.mark.java

GROUP = "workers"
PARTITIONS = 2
SETTINGS: Final = {
    "group.share.assignment.interval.ms": "0",
    "share.coordinator.state.topic.num.partitions": "3",
}
KAFKAS: Final = {
    **SETTINGS,
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "5",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
}
OWN: Final = frozenset(
    {
        *("throttle_time_ms", "topic_id", "error_message", "client_id", "client_host", "host", "port", "node_id"),
        *("member_epoch", "group_epoch", "assignment_epoch"),
    }
)
SOON_S: Final = 0.1


class Talk:
    """A connection, and all that was asked and said on it."""

    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.heard: list[tuple[str, Any]] = []

    def quietly(self, request: Message, version: int) -> Any:
        self._connection.sendall(b"".join(encode_request(request, version, correlation_id=1, client_id="judge")))
        size = int.from_bytes(received(self._connection, 4), "big")
        assert request.API_KEY is not None
        return decode_response(APIS[request.API_KEY].response, version, received(self._connection, size))[1]

    def ask(self, request: Message, version: int) -> Any:
        answer = self.quietly(request, version)
        self.heard.append((f"{len(self.heard)}: {request}", said(answer)))
        return answer

    def close(self) -> None:
        self._connection.close()


def said(part: Any, name: str = "") -> Any:
    if isinstance(part, msgspec.Struct):
        fields = {each: getattr(part, each) for each in part.__struct_fields__ if each not in OWN}
        return {each: said(value, each) for each, value in fields.items()}
    if isinstance(part, tuple):
        return sorted((said(each) for each in part), key=repr)
    return ErrorCode(part).name if name == "error_code" else part


def beat(epoch: int, topics: Sequence[str] | None = ("orders",), *, member: str = "m", group: str = GROUP) -> Message:
    names = None if topics is None else tuple(topics)
    return ShareGroupHeartbeatRequest(
        group_id=group, member_id=member, member_epoch=epoch, subscribed_topic_names=names
    )


def joined(talk: Talk, *topics: str) -> int:
    """The epoch of a member that has its partitions, and of a group that has come to rest."""
    answer = talk.quietly(beat(0, topics), 1)
    deadline = time.monotonic() + TIMEOUT_S
    while not all(len(_partitions(talk, topic)) == PARTITIONS for topic in topics):
        assert time.monotonic() < deadline, answer
        time.sleep(SOON_S)
        answer = talk.quietly(beat(answer.member_epoch, None), 1)
        assert answer.error_code == 0, answer
    return int(answer.member_epoch)


def _partitions(talk: Talk, topic: str) -> list[int]:
    (group,) = talk.quietly(ShareGroupDescribeRequest(group_ids=(GROUP,)), 1).groups
    assigned = [each for member in group.members for each in member.assignment.topic_partitions]
    return [index for each in assigned if each.topic_name == topic for index in each.partitions]


def alter(*starts: tuple[str, int, int], group: str = GROUP) -> Message:
    topics = tuple(
        altering.AlterShareGroupOffsetsRequestTopic(
            topic_name=topic,
            partitions=tuple(
                altering.AlterShareGroupOffsetsRequestPartition(partition_index=index, start_offset=at)
                for name, index, at in starts
                if name == topic
            ),
        )
        for topic in dict.fromkeys(name for name, _, _ in starts)
    )
    return altering.AlterShareGroupOffsetsRequest(group_id=group, topics=topics)


def forget(*topics: str, group: str = GROUP) -> Message:
    listed = tuple(forgetting.DeleteShareGroupOffsetsRequestTopic(topic_name=each) for each in topics)
    return forgetting.DeleteShareGroupOffsetsRequest(group_id=group, topics=listed)


def where(topics: dict[str, tuple[int, ...]] | None = None, *, group: str = GROUP) -> Message:
    listed = (
        None
        if topics is None
        else tuple(
            offsets.DescribeShareGroupOffsetsRequestTopic(topic_name=name, partitions=indexes)
            for name, indexes in topics.items()
        )
    )
    asked = offsets.DescribeShareGroupOffsetsRequestGroup(group_id=group, topics=listed)
    return offsets.DescribeShareGroupOffsetsRequest(groups=(asked,))


def commit(group: str) -> Message:
    part = committing.OffsetCommitRequestPartition(partition_index=0, committed_offset=1)
    topic = committing.OffsetCommitRequestTopic(name="orders", partitions=(part,))
    return committing.OffsetCommitRequest(group_id=group, topics=(topic,))


def describe(group: str = GROUP) -> Message:
    return ShareGroupDescribeRequest(group_ids=(group,))


def join(group: str) -> Message:
    protocol = JoinGroupRequestProtocol(name="range", metadata=b"")
    return JoinGroupRequest(group_id=group, session_timeout_ms=10_000, protocol_type="consumer", protocols=(protocol,))


def delete(*groups: str) -> Message:
    return DeleteGroupsRequest(groups_names=groups)


def consumer_beat(group: str) -> Message:
    return ConsumerGroupHeartbeatRequest(
        group_id=group,
        member_id="c",
        rebalance_timeout_ms=1_000,
        subscribed_topic_names=("orders",),
        topic_partitions=(),
    )


def conversation(port: int) -> list[tuple[str, Any]]:
    talk = Talk(port)
    try:
        _prepare(talk)
        _refusals(talk)
        _with_a_member(talk)
        _among_other_kinds(talk)
        _without_members(talk)
        _to_the_end(talk)
    finally:
        talk.close()
    return talk.heard


def _prepare(talk: Talk) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while talk.quietly(FindCoordinatorRequest(key_type=0, coordinator_keys=(GROUP,)), 6).coordinators[0].error_code:
        assert time.monotonic() < deadline
        time.sleep(SOON_S)
    topics = (creating.CreatableTopic(name="orders", num_partitions=PARTITIONS, replication_factor=1),)
    talk.quietly(creating.CreateTopicsRequest(topics=topics, timeout_ms=10_000), 7)
    while talk.quietly(commit("old"), 9).topics[0].partitions[0].error_code:
        assert time.monotonic() < deadline
        time.sleep(SOON_S)


def _refusals(talk: Talk) -> None:
    for request in (
        beat(0, member=""),
        beat(0, group=""),
        beat(0, None),
        beat(0, ()),
        beat(-2),
        beat(3),
        beat(-1),
        beat(0, group="old"),
        describe(),
        describe("old"),
        where(),
        where({"orders": (0,)}),
        forget("orders"),
        forget("orders", group="old"),
        alter(("orders", 0, 0), group="old"),
    ):
        talk.ask(request, 1 if request.VERSIONS.first else 0)
    talk.ask(delete(GROUP), 3)


def _with_a_member(talk: Talk) -> None:
    epoch = joined(talk, "orders")
    talk.ask(beat(epoch, None), 1)
    talk.ask(beat(epoch), 1)
    talk.ask(beat(epoch + 1, None), 1)
    talk.ask(beat(epoch, None, member="other"), 1)
    talk.ask(describe(), 1)
    talk.ask(where(), 1)
    talk.ask(where({"orders": (0, 1), "nowhere": (0,)}), 1)
    talk.ask(alter(("orders", 0, 0)), 0)
    talk.ask(forget("orders"), 0)
    talk.ask(delete(GROUP), 3)
    talk.ask(ListGroupsRequest(states_filter=("Stable",), types_filter=("share",)), 5)


def _among_other_kinds(talk: Talk) -> None:
    topic = fetching.OffsetFetchRequestTopics(name="orders", partition_indexes=(0,))
    fetched = fetching.OffsetFetchRequestGroup(group_id=GROUP, topics=(topic,))
    dropped = dropping.OffsetDeleteRequestTopic(
        name="orders", partitions=(dropping.OffsetDeleteRequestPartition(partition_index=0),)
    )
    talk.ask(commit(GROUP), 9)
    talk.ask(fetching.OffsetFetchRequest(groups=(fetched,)), 9)
    talk.ask(dropping.OffsetDeleteRequest(group_id=GROUP, topics=(dropped,)), 0)
    talk.ask(DescribeGroupsRequest(groups=(GROUP,)), 6)
    talk.ask(DescribeGroupsRequest(groups=(GROUP,)), 5)
    talk.ask(ConsumerGroupDescribeRequest(group_ids=(GROUP,)), 1)
    assert talk.quietly(join(GROUP), 9).error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    talk.ask(consumer_beat(GROUP), 1)


def _without_members(talk: Talk) -> None:
    talk.ask(beat(-1, None), 1)
    talk.ask(beat(-1, None), 1)
    talk.ask(describe(), 1)
    talk.ask(alter(("orders", 0, 7), ("orders", 5, 7), ("nowhere", 0, 7)), 0)
    talk.ask(where(), 1)
    talk.ask(where(), 0)
    talk.ask(forget("orders", "nowhere"), 0)
    talk.ask(forget("orders"), 0)
    talk.ask(where(), 1)
    talk.ask(alter(("orders", 1, 3)), 0)
    talk.ask(where(), 1)
    talk.ask(consumer_beat(GROUP), 1)


def _to_the_end(talk: Talk) -> None:
    joined(talk, "orders")
    talk.ask(describe(), 1)
    talk.quietly(DeleteTopicsRequest(topics=(DeleteTopicState(name="orders"),), timeout_ms=10_000), 6)
    deadline = time.monotonic() + TIMEOUT_S
    while talk.quietly(where(), 1).groups[0].topics:
        assert time.monotonic() < deadline
        time.sleep(SOON_S)
    talk.ask(beat(-1, None), 1)
    talk.ask(delete(GROUP), 3)
    talk.ask(delete(GROUP), 3)
    talk.ask(describe(), 1)
    talk.ask(ListGroupsRequest(types_filter=("share",)), 5)


@pytest.fixture(scope="module")
def kafkas(kafka_4_4: Release, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    with apache_kafka(kafka_4_4, tmp_path_factory.mktemp("kafka"), settings=KAFKAS) as server:
        return conversation(server.port)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    process = start(tmp_path_factory.mktemp("ours") / "data", {**QUICK, **SETTINGS})
    try:
        return conversation(process.port)
    finally:
        assert process.stop() == 0, process.log_tail()


def test_every_answer_about_share_groups_is_kafkas(ours: list[tuple[str, Any]], kafkas: list[tuple[str, Any]]) -> None:
    pairs = zip(ours, kafkas, strict=True)
    different = [f"{own[0]}\n  ours  {own[1]}\n  kafka {kafka[1]}" for own, kafka in pairs if own[1] != kafka[1]]
    assert not different, "\n".join(different)
