"""The same conversation of streams groups' members with Apache Kafka 4.4.0 and with us: every answer says the same.

Which of equal tasks a member gets is each broker's own business, so only how many are compared. Descriptions of topologies
are left out: Kafka has them by a plugin, and none of its own.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Final

import pytest
from msgspec.structs import replace
from tests.conformance.test_same_answers import TIMEOUT_S, received
from tests.e2e.process import start
from tools.apache_kafka import Release, apache_kafka

from headwater.wire.apis import APIS
from headwater.wire.error_codes import ErrorCode
from headwater.wire.frames import decode_response, encode_request
from headwater.wire.messages import (
    offset_commit_request as committing,
    offset_delete_request as dropping,
    offset_fetch_request as fetching,
    streams_group_heartbeat_request as beats,
)
from headwater.wire.messages.consumer_group_describe_request import ConsumerGroupDescribeRequest
from headwater.wire.messages.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest
from headwater.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from headwater.wire.messages.delete_groups_request import DeleteGroupsRequest
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from headwater.wire.messages.list_groups_request import ListGroupsRequest
from headwater.wire.messages.metadata_request import MetadataRequest
from headwater.wire.messages.streams_group_describe_request import StreamsGroupDescribeRequest
from headwater.wire.schema import Message

pytestmark = pytest.mark.java

BRISK: Final = {
    "group.streams.assignment.interval.ms": "0",
    "group.streams.initial.rebalance.delay.ms": "0",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
}
PARTITIONS: Final = 4


def part(name: str, *sources: str, **more: Any) -> beats.Subtopology:
    return beats.Subtopology(subtopology_id=name, source_topics=sources, **more)


COPIES: Final = beats.Topology(subtopologies=(part("0", "lines"),))
OTHERS: Final = beats.Topology(subtopologies=(part("0", "more"),))
ABSENT: Final = beats.Topology(subtopologies=(part("0", "absent"),))
UNFED: Final = beats.Topology(
    subtopologies=(part("0", "lines", repartition_source_topics=(beats.TopicInfo(name="again"),)),)
)
UNEVEN: Final = beats.Topology(
    subtopologies=(part("0", "lines", "few", copartition_groups=(beats.CopartitionGroup(source_topics=(0, 1)),)),)
)
FIXED_LOG: Final = beats.Topology(
    subtopologies=(part("0", "lines", state_changelog_topics=(beats.TopicInfo(name="log", partitions=3),)),)
)
INTERNAL: Final = beats.Topology(subtopologies=(part("0", "__consumer_offsets"),))
COUNTS: Final = beats.Topology(
    subtopologies=(part("0", "lines", state_changelog_topics=(beats.TopicInfo(name="log"),)),)
)
TASK: Final = beats.TaskIds(subtopology_id="0", partitions=(9,))


class Talk:
    """One connection, and all that was said on it. Members own what they were last told."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.heard: list[tuple[str, Any]] = []
        self.epochs: dict[str, int] = {}
        self.owned: dict[str, dict[str, Any]] = {}

    def quietly(self, request: Message, version: int) -> Any:
        self._socket.sendall(b"".join(encode_request(request, version, correlation_id=1, client_id="judge")))
        size = int.from_bytes(received(self._socket, 4), "big")
        assert request.API_KEY is not None
        return decode_response(APIS[request.API_KEY].response, version, received(self._socket, size))[1]

    def close(self) -> None:
        self._socket.close()

    def hear(self, asked: str, told: Any) -> None:
        self.heard.append((asked, told))

    def make(self) -> None:
        """Topics, and the coordinator."""
        counts = {"lines": PARTITIONS, "more": PARTITIONS, "few": 2}
        topics = tuple(
            CreatableTopic(name=name, num_partitions=count, replication_factor=1) for name, count in counts.items()
        )
        self.quietly(CreateTopicsRequest(topics=topics), 7)
        give_up = monotonic() + TIMEOUT_S
        ready = StreamsGroupDescribeRequest(group_ids=("none",))
        while self.quietly(ready, 0).groups[0].error_code != ErrorCode.GROUP_ID_NOT_FOUND:
            assert monotonic() < give_up
            self.quietly(FindCoordinatorRequest(coordinator_keys=("g",)), 4)

    def send(self, member: str, epoch: int, *, group: str = "g", version: int = 1, **fields: Any) -> Any:
        given = self.owned.get(member, {}) | {"process_id": None} | fields
        request = beats.StreamsGroupHeartbeatRequest(group_id=group, member_id=member, member_epoch=epoch, **given)
        answer = self.quietly(request, version)
        if answer.active_tasks is not None:
            self.owned[member] = {
                name: tuple(
                    beats.TaskIds(subtopology_id=each.subtopology_id, partitions=each.partitions)
                    for each in getattr(answer, name)
                )
                for name in ("active_tasks", "standby_tasks", "warmup_tasks")
            }
        if not answer.error_code:
            self.epochs[member] = answer.member_epoch
        return answer

    def beat(self, member: str, epoch: int | None = None, **fields: Any) -> Any:
        epoch = self.epochs.get(member, 0) if epoch is None else epoch
        answer = self.send(member, epoch, **fields)
        statuses = [(each.status_code, each.status_detail) for each in answer.status or ()]
        told = (
            *(ErrorCode(answer.error_code).name, answer.member_id, answer.member_epoch, statuses),
            *(answer.heartbeat_interval_ms, answer.task_offset_interval_ms, answer.acceptable_recovery_lag),
            *(counts(answer.active_tasks), counts(answer.standby_tasks), counts(answer.warmup_tasks)),
            *(answer.endpoint_information_epoch, places(answer.partitions_by_user_endpoint)),
        )
        self.hear(f"{member} in {epoch} {fields}", told)
        return answer

    def join(self, member: str, topology: beats.Topology | None = COPIES, **fields: Any) -> Any:
        self.owned.pop(member, None)
        first = {
            "rebalance_timeout_ms": 60_000,
            "topology": topology,
            "active_tasks": (),
            "standby_tasks": (),
            "warmup_tasks": (),
            "process_id": f"process of {member}",
            "client_tags": (),
        }
        return self.beat(member, 0, **first | fields)

    def go_on(self, *members: str, rounds: int = 3) -> None:
        for _ in range(rounds):
            for each in members:
                self.beat(each)

    def assigned(self) -> dict[str, Any]:
        """Who has which tasks of the group that all have settled in."""
        (told,) = self.quietly(StreamsGroupDescribeRequest(group_ids=("g",)), 1).groups
        assert told.group_state == "Stable"
        return {each.member_id: each.assignment for each in told.members}

    def describe(self, group: str = "g") -> None:
        (told,) = self.quietly(StreamsGroupDescribeRequest(group_ids=(group,)), 1).groups
        members = sorted(
            (
                *(each.member_id, each.member_epoch, each.instance_id or "", each.topology_epoch, each.process_id),
                *(counts(each.assignment.active_tasks), counts(each.target_assignment.active_tasks)),
            )
            for each in told.members
        )
        parts = [] if told.topology is None else [str(each) for each in told.topology.subtopologies]
        said = (ErrorCode(told.error_code).name, told.group_state, told.group_epoch, told.assignment_epoch)
        self.hear(f"describe {group}", (*said, told.assignor_name, parts, members))


def counts(tasks: Any) -> dict[str, int] | None:
    return None if tasks is None else {each.subtopology_id: len(each.partitions) for each in tasks if each.partitions}


def places(told: Any) -> Any:
    if told is None:
        return None
    return sorted((each.user_endpoint.port, sum(len(p.partitions) for p in each.active_partitions)) for each in told)


# --- what is talked about


def what_can_not_be(talk: Talk) -> None:
    talk.beat("a", 1)
    talk.beat("a", -1)
    talk.describe()
    talk.join("", COPIES)
    talk.join("a", None)
    talk.join("a", instance_id="")
    talk.join("a", rack_id="")
    talk.join("a", rebalance_timeout_ms=-1)
    talk.join("a", active_tasks=None)
    talk.join("a", active_tasks=(TASK,))
    talk.beat("a", -3)
    talk.beat("a", -2)
    talk.beat("a", 1, topology=COPIES)
    for topology in (UNFED, FIXED_LOG, INTERNAL):
        talk.join("x", topology)
    regex = replace(COPIES, subtopologies=(replace(COPIES.subtopologies[0], source_topic_regex=("l.*",)),))
    talk.join("a", regex)


def one_member(talk: Talk) -> None:
    talk.join("a", user_endpoint=beats.Endpoint(host="h", port=1))
    talk.describe()
    talk.go_on("a", rounds=2)
    talk.beat("a", 9)
    talk.beat("a", 0 + talk.epochs["a"], active_tasks=(TASK,), standby_tasks=(), warmup_tasks=())
    talk.beat("a", active_tasks=(), standby_tasks=None, warmup_tasks=None)
    talk.beat("a", endpoint_information_epoch=-1)
    twice = (beats.TaskOffset(subtopology_id="0", partition=0, offset=1),) * 2
    talk.beat("a", task_offsets=twice)
    talk.beat("a", task_offsets=twice[:1], task_end_offsets=twice[:1])
    talk.join("a", user_endpoint=beats.Endpoint(host="h", port=1))
    talk.describe()
    talk.hear("list", str(talk.quietly(ListGroupsRequest(types_filter=("streams",)), 5).groups))


def two_members(talk: Talk) -> None:
    talk.join("b")
    talk.go_on("b", "a", "a", "b")
    talk.describe()
    talk.join("c", OTHERS)
    talk.join("c", replace(COPIES, epoch=1))
    talk.beat("c")
    talk.beat("b", -1)
    talk.beat("b", -1)
    talk.go_on("a", rounds=3)
    talk.describe()


def offsets(talk: Talk) -> None:
    epoch = talk.epochs["a"]
    for member, at in (("a", epoch), ("a", epoch + 1), ("a", 1), ("x", epoch), ("", -1)):
        each = committing.OffsetCommitRequestPartition(partition_index=0, committed_offset=5)
        topic = committing.OffsetCommitRequestTopic(name="lines", partitions=(each,))
        request = committing.OffsetCommitRequest(
            group_id="g", member_id=member, generation_id_or_member_epoch=at, topics=(topic,)
        )
        talk.hear(f"commit {member} {at}", str(talk.quietly(request, 9).topics))
    readers: tuple[tuple[str | None, int], ...] = (("a", epoch), ("a", epoch - 1), ("x", epoch), (None, -1))
    for reader, at in readers:
        topics = (fetching.OffsetFetchRequestTopics(name="lines", partition_indexes=(0,)),)
        group = fetching.OffsetFetchRequestGroup(group_id="g", member_id=reader, member_epoch=at, topics=topics)
        talk.hear(f"fetch {reader} {at}", str(talk.quietly(fetching.OffsetFetchRequest(groups=(group,)), 9).groups))
    part_ = dropping.OffsetDeleteRequestPartition(partition_index=0)
    named = tuple(dropping.OffsetDeleteRequestTopic(name=each, partitions=(part_,)) for each in ("lines", "more"))
    talk.hear("delete offsets", str(talk.quietly(dropping.OffsetDeleteRequest(group_id="g", topics=named), 0)))


def other_kinds(talk: Talk) -> None:
    consumer = ConsumerGroupHeartbeatRequest(
        group_id="g",
        member_id="k",
        member_epoch=0,
        rebalance_timeout_ms=1_000,
        subscribed_topic_names=("lines",),
        topic_partitions=(),
    )
    talk.hear("consumer", talk.quietly(consumer, 1).error_code)
    protocol = JoinGroupRequestProtocol(name="range", metadata=b"")
    classic = JoinGroupRequest(group_id="g", session_timeout_ms=10_000, protocol_type="consumer", protocols=(protocol,))
    talk.hear("classic", talk.quietly(classic, 9).error_code)
    for request, version in (
        (DescribeGroupsRequest(groups=("g",)), 6),
        (DescribeGroupsRequest(groups=("g",)), 5),
        (ConsumerGroupDescribeRequest(group_ids=("g",)), 1),
    ):
        told = talk.quietly(request, version).groups[0]
        talk.hear(f"{request}", (told.error_code, told.group_state))
    talk.hear("consumer elsewhere", talk.quietly(replace(consumer, group_id="k"), 1).error_code)
    talk.join("a2", group="k")
    talk.hear("delete", str(talk.quietly(DeleteGroupsRequest(groups_names=("g",)), 2).results))


def static_members(talk: Talk) -> None:
    talk.join("s", instance_id="i", group="st")
    talk.join("t", instance_id="i", group="st")
    talk.beat("t", 1, instance_id="i", group="st")
    talk.beat("s", 2, instance_id="j", group="st")
    talk.beat("s", -2, instance_id="i", group="st")
    talk.describe("st")
    talk.join("s2", instance_id="i", process_id="process of s", group="st")
    talk.beat("s", 2, instance_id="i", group="st")
    talk.beat("s2", instance_id="i", group="st")
    talk.describe("st")
    talk.beat("s2", -1, instance_id="i", group="st")
    talk.describe("st")


def topics_that_are_not_there(talk: Talk) -> None:
    talk.join("a", ABSENT, group="absent")
    talk.describe("absent")
    talk.join("a", UNEVEN, group="uneven")
    talk.describe("uneven")
    talk.join("a", COUNTS, group="counts")
    talk.describe("counts")
    give_up = monotonic() + TIMEOUT_S
    while "log" not in {each.name for each in talk.quietly(MetadataRequest(topics=None), 12).topics}:
        assert monotonic() < give_up
    while talk.send("a", talk.epochs["a"], group="counts").status:
        assert monotonic() < give_up
    talk.beat("a", group="counts")
    talk.describe("counts")


def the_end(talk: Talk) -> None:
    talk.owned.pop("a")
    (described,) = talk.quietly(StreamsGroupDescribeRequest(group_ids=("g",)), 1).groups
    (epoch,) = (each.member_epoch for each in described.members)
    talk.beat("a", epoch, shutdown_application=True)
    talk.beat("a", epoch)
    talk.beat("a", -1)
    talk.describe()
    talk.hear("delete", str(talk.quietly(DeleteGroupsRequest(groups_names=("g", "none")), 2).results))
    talk.describe()
    talk.join("z")
    talk.describe()


TALKS: Final[tuple[Callable[[Talk], None], ...]] = (
    what_can_not_be,
    one_member,
    two_members,
    offsets,
    other_kinds,
    static_members,
    topics_that_are_not_there,
    the_end,
)


@contextmanager
def ours(folder: Path) -> Iterator[int]:
    process = start(folder, BRISK)
    yield process.port
    assert process.stop() == 0, process.log_tail()


def heard(port: int) -> list[tuple[str, Any]]:
    with closing(Talk(port)) as talk:
        talk.make()
        for each in TALKS:
            talk.hear(f"--- {each.__name__}", None)
            each(talk)
        return talk.heard


def test_streams_members_hear_from_us_what_they_hear_from_kafka(kafka_4_4: Release, tmp_path: Path) -> None:
    with ours(tmp_path / "ours") as port:
        from_us = heard(port)
    with apache_kafka(kafka_4_4, tmp_path / "kafka", settings=BRISK) as server:
        from_kafka = heard(server.port)
    pairs = zip(from_us, from_kafka, strict=True)
    different = [f"{us[0]}\n  ours  {us[1]}\n  kafka {kafka[1]}" for us, kafka in pairs if us[1] != kafka[1]]
    assert not different, "\n".join(different)


def test_a_group_goes_on_from_kafka_to_us_and_back(kafka_4_4: Release, tmp_path: Path) -> None:
    """Each finds in the folder what the other has written. The hash of topics is each broker's own, so an epoch begins."""
    folder = tmp_path / "kafka"
    with apache_kafka(kafka_4_4, folder, settings=BRISK) as server, closing(Talk(server.port)) as talk:
        talk.make()
        talk.join("a")
        talk.join("b", instance_id="i")
        talk.go_on("b", "a")
        held, epochs, owned = talk.assigned(), talk.epochs, talk.owned
    with ours(folder / "data") as port, closing(Talk(port)) as talk:
        talk.epochs, talk.owned = epochs, owned
        talk.make()
        assert talk.assigned() == held
        talk.go_on("a", "b")
        assert talk.assigned() == held
    with apache_kafka(kafka_4_4, folder, settings=BRISK) as server, closing(Talk(server.port)) as talk:
        talk.epochs, talk.owned = epochs, owned
        talk.make()
        assert talk.assigned() == held
        talk.go_on("a", "b")
        assert talk.assigned() == held
        assert epochs == {"a": 5, "b": 5}
