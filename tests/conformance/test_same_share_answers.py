"""The same conversation of share consumers with Apache Kafka 4.4.0 and with us: every code and every record lent is the same."""

import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from tests.conformance.test_same_answers import TIMEOUT_S, received
from tests.e2e.process import Process
from tools.apache_kafka import Release, apache_kafka

from headwater.kernel.units import Timestamp
from headwater.wire.apis import APIS
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.frames import decode_response, encode_request
from headwater.wire.messages import (
    create_topics_request as creating,
    delete_share_group_state_request as deleting,
    incremental_alter_configs_request as changing,
    initialize_share_group_state_request as initializing,
    produce_request as producing,
    read_share_group_state_request as reading,
    read_share_group_state_summary_request as summing,
    share_acknowledge_request as acknowledging,
    share_fetch_request as fetching,
    write_share_group_state_request as writing,
)
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.schema import Message
from headwater.wire.types import Uuid, uuid_text

pytestmark = pytest.mark.java

ONE_NODE: Final = {
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "3",
}
GROUP: Final = "workers"
ELSEWHERE: Final = Uuid(bytes([5]) * 16)
ACCEPT, RELEASE, REJECT, RENEW = 1, 2, 3, 4
PATIENCE: Final = 100


class Talk:
    """One connection to either broker. `said` keeps what is to be compared."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.said: list[tuple[str, Any]] = []
        self.topic = Uuid(bytes(16))

    def ask(self, request: Message, version: int) -> Any:
        self._connection.sendall(b"".join(encode_request(request, version, correlation_id=1, client_id="judge")))
        size = int.from_bytes(received(self._connection, 4), "big")
        key = request.API_KEY
        assert key is not None
        return decode_response(APIS[key].response, version, received(self._connection, size))[1]

    def hear(self, name: str, request: Message, version: int) -> Any:
        answer = self.ask(request, version)
        self.said.append((name, told(answer)))
        return answer

    def until(self, holds: Callable[[], bool]) -> None:
        for _ in range(PATIENCE):
            if holds():
                return
        raise AssertionError("it never came to be")


def told(part: Any) -> Any:
    """Codes by name, offsets, counts and states; not the texts, and nothing of partitions of which nothing is said."""
    if isinstance(part, tuple):
        return tuple(each for each in map(told, part) if each)
    if not hasattr(part, "__struct_fields__"):
        return part
    fields = {name: getattr(part, name) for name in part.__struct_fields__}
    compared = {name: _compared(name, value) for name, value in fields.items()}
    return {name: value for name, value in compared.items() if value not in (None, (), 0)}


def _compared(name: str, value: Any) -> Any:
    if name in ("error_code", "acknowledge_error_code"):
        return ErrorCode(value).name if value else None
    if isinstance(value, tuple) and value and hasattr(value[0], "__struct_fields__"):
        return told(value)
    kept = ("first_offset", "last_offset", "delivery_count", "delivery_state", "start_offset", "state_epoch")
    return value if name in (*kept, "acquisition_lock_timeout_ms", "delivery_complete_count") else None


def prepare(talk: Talk) -> None:
    """A topic with ten records in two batches, and an initialized share partition."""
    topic = creating.CreatableTopic(name="orders", num_partitions=1, replication_factor=1)
    made = talk.ask(creating.CreateTopicsRequest(topics=(topic,), timeout_ms=10_000), 7)
    talk.topic = made.topics[0].topic_id
    item = changing.AlterableConfig(name="share.auto.offset.reset", config_operation=0, value="earliest")
    group = changing.AlterConfigsResource(resource_type=32, resource_name=GROUP, configs=(item,))
    talk.ask(changing.IncrementalAlterConfigsRequest(resources=(group,)), 1)
    for first in (0, 5):
        talk.until(lambda first=first: produced(talk, first))  # type: ignore[misc] # called at once
    key = f"{GROUP}:{uuid_text(talk.topic)}:0"
    find = FindCoordinatorRequest(key_type=2, coordinator_keys=(key,))
    talk.until(lambda: not talk.ask(find, 6).coordinators[0].error_code)
    part = initializing.PartitionData(partition=0, state_epoch=1, start_offset=-1)
    state = initializing.InitializeStateData(topic_id=talk.topic, partitions=(part,))
    begin = initializing.InitializeShareGroupStateRequest(group_id=GROUP, topics=(state,))
    talk.until(lambda: not talk.ask(begin, 0).results[0].partitions[0].error_code)


def produced(talk: Talk, first: int) -> bool:
    records = [NewRecord(value=f"{first + each}".encode(), timestamp=Timestamp(1_700_000_000_000)) for each in range(5)]
    part = producing.PartitionProduceData(index=0, records=memoryview(build_batch(records)))
    topic = producing.TopicProduceData(topic_id=talk.topic, partition_data=(part,))
    answer = talk.ask(producing.ProduceRequest(acks=-1, timeout_ms=10_000, topic_data=(topic,)), 13)
    return not answer.responses[0].partition_responses[0].error_code


def fetch(
    talk: Talk,
    epoch: int,
    *batches: Any,
    member: str | None = "one",
    topic: Uuid | None = None,
    index: int = 0,
    wait_ms: int = 0,
    **more: Any,
) -> Message:
    part = fetching.FetchPartition(partition_index=index, acknowledgement_batches=batches)
    given: dict[str, Any] = {"min_bytes": 1, "max_bytes": 10**6, "max_records": 5, "batch_size": 5, **more}
    return fetching.ShareFetchRequest(
        group_id=GROUP,
        member_id=member,
        share_session_epoch=epoch,
        max_wait_ms=wait_ms,
        topics=(fetching.FetchTopic(topic_id=topic or talk.topic, partitions=(part,)),),
        **given,
    )


def acknowledge(talk: Talk, epoch: int, *batches: Any, member: str = "one", **more: Any) -> Message:
    part = acknowledging.AcknowledgePartition(partition_index=0, acknowledgement_batches=batches)
    return acknowledging.ShareAcknowledgeRequest(
        group_id=GROUP,
        member_id=member,
        share_session_epoch=epoch,
        topics=(acknowledging.AcknowledgeTopic(topic_id=more.pop("topic", talk.topic), partitions=(part,)),),
        **more,
    )


def batch(first: int, last: int, *types: int) -> Any:
    return acknowledging.AcknowledgementBatch(first_offset=first, last_offset=last, acknowledge_types=types)


def said(first: int, last: int, *types: int) -> Any:
    return fetching.AcknowledgementBatch(first_offset=first, last_offset=last, acknowledge_types=types)


def sessions(talk: Talk) -> None:
    """Before anything is lent."""
    talk.hear("acknowledge begins no session", acknowledge(talk, 0, batch(0, 0, ACCEPT)), 2)
    talk.hear("acknowledge without a session", acknowledge(talk, 3, batch(0, 0, ACCEPT)), 2)
    talk.hear("fetch without a session", fetch(talk, 5), 2)
    talk.hear("end without a session", fetch(talk, -1), 2)
    talk.hear("acknowledge with the first fetch", fetch(talk, 0, said(0, 0, ACCEPT)), 2)
    talk.hear("no member", fetch(talk, 0, member=""), 2)
    talk.hear("an unknown topic", fetch(talk, 0, member="lost", topic=ELSEWHERE), 2)
    talk.hear("an unknown partition", fetch(talk, 0, member="lost", index=7), 2)
    talk.hear("a fetch that renews", fetch(talk, 0, is_renew_ack=True), 2)


def records(talk: Talk) -> None:
    """Member `one` holds everything in the end."""
    talk.hear("the first batch", fetch(talk, 0, wait_ms=5_000), 2)
    talk.hear("the second batch", fetch(talk, 1, wait_ms=5_000), 2)
    talk.hear("nothing is left", fetch(talk, 0, member="other"), 2)
    talk.hear("a wrong epoch", acknowledge(talk, 9, batch(0, 0, ACCEPT)), 2)
    talk.hear("two are accepted", acknowledge(talk, 2, batch(0, 1, ACCEPT)), 2)
    talk.hear("and not again", acknowledge(talk, 3, batch(0, 1, ACCEPT)), 2)
    talk.hear("what was never lent", acknowledge(talk, 4, batch(100, 101, ACCEPT)), 2)
    talk.hear("past the end", acknowledge(talk, 5, batch(8, 12, ACCEPT)), 2)
    talk.hear("too few types", acknowledge(talk, 6, batch(2, 4, ACCEPT, ACCEPT)), 2)
    talk.hear("no type", acknowledge(talk, 7, batch(2, 4)), 2)
    talk.hear("an unknown type", acknowledge(talk, 8, batch(2, 4, 9)), 2)
    talk.hear("the wrong way round", acknowledge(talk, 9, batch(4, 2, ACCEPT)), 2)
    talk.hear("overlaps", acknowledge(talk, 10, batch(2, 4, ACCEPT), batch(3, 5, ACCEPT)), 2)
    talk.hear("renewed without saying so", acknowledge(talk, 11, batch(2, 4, RENEW)), 2)
    talk.hear("renewed", acknowledge(talk, 12, batch(2, 4, RENEW), is_renew_ack=True), 2)
    talk.hear("another topic", acknowledge(talk, 13, batch(0, 0, ACCEPT), topic=ELSEWHERE), 2)
    talk.hear("another's records", acknowledge(talk, 1, batch(2, 2, ACCEPT), member="other"), 2)
    talk.hear("released", acknowledge(talk, 14, batch(2, 4, RELEASE)), 2)
    talk.hear("lent again", fetch(talk, 15, wait_ms=5_000), 2)
    talk.hear("each its own", acknowledge(talk, 16, batch(2, 4, ACCEPT, REJECT, 0)), 2)
    talk.hear("with a fetch", fetch(talk, 17, said(5, 5, ACCEPT), said(9, 9, REJECT)), 2)
    talk.hear("with a fetch, again", fetch(talk, 18, said(5, 5, ACCEPT)), 2)
    talk.hear("in the old version", fetch(talk, 19, said(6, 6, RENEW)), 1)


def state(talk: Talk) -> None:
    """What is remembered, until it is forgotten."""
    part = summing.PartitionData(partition=0, leader_epoch=0)
    topic = summing.ReadStateSummaryData(topic_id=talk.topic, partitions=(part,))
    talk.hear("summary", summing.ReadShareGroupStateSummaryRequest(group_id=GROUP, topics=(topic,)), 1)
    talk.hear("end", fetch(talk, -1), 2)
    talk.hear("after the end", fetch(talk, 20), 2)
    talk.until(lambda: len(talk.ask(read(talk, 0), 0).results[0].partitions[0].state_batches) > 1)
    for leader_epoch in (0, 3, 1):
        talk.hear(f"read {leader_epoch}", read(talk, leader_epoch), 0)
    for state_epoch, leader_epoch, start in ((0, 3, 6), (1, 2, 6), (1, 3, 6), (1, -1, 6), (-1, 3, 6)):
        talk.hear(f"write {state_epoch} {leader_epoch}", write(talk, state_epoch, leader_epoch, start), 1)
    talk.hear("read what was written", read(talk, 3), 0)
    for name, request, version in gone(talk):
        talk.hear(name, request, version)


def read(talk: Talk, leader_epoch: int) -> Message:
    part = reading.PartitionData(partition=0, leader_epoch=leader_epoch)
    topic = reading.ReadStateData(topic_id=talk.topic, partitions=(part,))
    return reading.ReadShareGroupStateRequest(group_id=GROUP, topics=(topic,))


def write(talk: Talk, state_epoch: int, leader_epoch: int, start: int) -> Message:
    done = writing.StateBatch(first_offset=6, last_offset=7, delivery_state=2, delivery_count=3)
    part = writing.PartitionData(
        partition=0, state_epoch=state_epoch, leader_epoch=leader_epoch, start_offset=start, state_batches=(done,)
    )
    topic = writing.WriteStateData(topic_id=talk.topic, partitions=(part,))
    return writing.WriteShareGroupStateRequest(group_id=GROUP, topics=(topic,))


def gone(talk: Talk) -> Iterator[tuple[str, Message, int]]:
    places = {"all": (talk.topic, 0), "it again": (talk.topic, 0), "more": (talk.topic, 5), "others": (ELSEWHERE, 0)}
    for what, (topic_id, index) in places.items():
        part = deleting.PartitionData(partition=index)
        topic = deleting.DeleteStateData(topic_id=topic_id, partitions=(part,))
        yield f"delete {what}", deleting.DeleteShareGroupStateRequest(group_id=GROUP, topics=(topic,)), 0
    yield "read what is gone", read(talk, 3), 0
    yield "write what is gone", write(talk, 1, 3, 6), 1


def conversation(port: int) -> Mapping[str, Any]:
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        talk = Talk(connection)
        prepare(talk)
        for part in (sessions, records, state):
            part(talk)
    return dict(talk.said)


@pytest.fixture(scope="module")
def kafkas(kafka_4_4: Release, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    folder: Path = tmp_path_factory.mktemp("kafka")
    with apache_kafka(kafka_4_4, folder, settings=ONE_NODE, heap="512m") as server:
        return conversation(server.port)


def test_share_consumers_hear_the_same(broker: Process, kafkas: Mapping[str, Any]) -> None:
    ours = conversation(broker.port)
    different = [f"{name}\n  ours  {ours[name]}\n  kafka {said}" for name, said in kafkas.items() if ours[name] != said]
    assert not different, "\n".join(different)
