"""What clients find when their broker comes back: leader epochs tell them whether it stopped cleanly.

After a clean stop nothing can be missing, so nothing changes. After any other end every partition has a new leader epoch,
so that a client that saw a tail which is gone learns where the logs part (KIP-101, KIP-320).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.conformance.clients.confluent import Confluent
from tests.conformance.clients.members import team
from tests.conformance.clients.port import DEADLINE_S, Committed, Joining, New
from tests.conformance.clients.raw import BY_NAME, Raw, batch_of, connected, fetch_request, signed
from tests.conformance.clients.reading import batches_on_disk, closing, read_all
from tests.e2e.process import Process, start

from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.fetch_response import FetchResponse, PartitionData
from headwater.wire.messages.offset_for_leader_epoch_request import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)
from headwater.wire.messages.offset_for_leader_epoch_response import EpochEndOffset, OffsetForLeaderEpochResponse

TOPIC = "orders"
End = Callable[[Process], object]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Process]:
    process = start(tmp_path / "data")
    yield process
    process.kill()


def end_of_epoch(raw: Raw, epoch: int, *, current: int = -1) -> EpochEndOffset:
    place = OffsetForLeaderPartition(partition=0, leader_epoch=epoch, current_leader_epoch=current)
    request = OffsetForLeaderEpochRequest(
        replica_id=-1, topics=(OffsetForLeaderTopic(topic=TOPIC, partitions=(place,)),)
    )
    return raw.ask(request, 4, OffsetForLeaderEpochResponse).topics[0].partitions[0]


def epoch_of(raw: Raw) -> int:
    return raw.topic(TOPIC, make=True).partitions[0].leader_epoch


def fetched(raw: Raw, offset: int, **how: int) -> PartitionData:
    return raw.fetch(TOPIC, offset, **how)


def written(broker: Process, *values: bytes) -> int:
    """The leader epoch in which they were written."""
    with connected(broker) as raw:
        epoch = epoch_of(raw)
        assert raw.produce(TOPIC, batch_of(*values)).error_code == 0
        return epoch


def test_a_clean_stop_begins_no_epoch(broker: Process):
    before = written(broker, b"a", b"b")
    assert broker.stop() == 0
    broker.start()
    with connected(broker) as raw:
        assert epoch_of(raw) == before
        assert fetched(raw, 0, leader_epoch=before).error_code == 0


def test_every_other_end_begins_an_epoch_that_clients_learn_of(broker: Process):
    before = written(broker, b"a", b"b")
    broker.kill()
    broker.start()
    with connected(broker) as raw:
        assert epoch_of(raw) > before
        assert fetched(raw, 0, leader_epoch=before).error_code == ErrorCode.FENCED_LEADER_EPOCH
        assert fetched(raw, 0, leader_epoch=epoch_of(raw) + 1).error_code == ErrorCode.UNKNOWN_LEADER_EPOCH
        assert fetched(raw, 0, leader_epoch=epoch_of(raw)).error_code == 0
        assert end_of_epoch(raw, before, current=before).error_code == ErrorCode.FENCED_LEADER_EPOCH


def test_a_client_that_saw_more_than_there_is_finds_where_the_logs_part(broker: Process):
    """It read two records in the old epoch, and says that it read five."""
    before = written(broker, b"a", b"b")
    broker.kill()
    broker.start()
    now = written(broker, b"c", b"d", b"e", b"f")
    assert now > before
    with connected(broker) as raw:
        end = end_of_epoch(raw, before)
        assert (end.leader_epoch, end.end_offset) == (before, 2)
        parted = fetched(raw, 5, leader_epoch=now, last_epoch=before)
        assert (parted.diverging_epoch.epoch, parted.diverging_epoch.end_offset) == (before, 2)
        assert not parted.records
        agreed = fetched(raw, 2, leader_epoch=now, last_epoch=before)
        assert (agreed.diverging_epoch.epoch, agreed.diverging_epoch.end_offset) == (-1, -1)
        assert agreed.records


def test_every_batch_carries_the_epoch_in_which_it_was_written(broker: Process):
    epochs = [written(broker, b"first")]
    for _ in range(3):
        broker.kill()
        broker.start()
        epochs.append(written(broker, b"next"))
    assert epochs == sorted(set(epochs))
    assert [each.partition_leader_epoch for each in batches_on_disk(broker.folder, TOPIC)] == epochs


def test_a_fetch_that_waited_when_the_broker_died_is_asked_again_and_answered(broker: Process):
    written(broker, b"a")
    with connected(broker) as raw:
        raw.send(fetch_request(1, topic=TOPIC, wait_ms=60_000), BY_NAME)
        broker.kill()
        with pytest.raises((EOFError, ConnectionResetError)):
            raw.read(FetchResponse, BY_NAME)
    broker.start()
    written(broker, b"b")
    with connected(broker) as raw:
        assert fetched(raw, 1).records


@pytest.mark.parametrize("end", [Process.stop, Process.kill])
def test_producers_are_remembered_whatever_the_end(broker: Process, end: End):
    with connected(broker) as raw:
        epoch_of(raw)
        me = raw.producer()
        for sequence in range(3):
            raw.produce(TOPIC, signed(me, sequence, b"%d" % sequence))
    end(broker)
    broker.start()
    with connected(broker) as raw:
        again = raw.produce(TOPIC, signed(me, 2, b"2"))
        assert (again.error_code, again.base_offset) == (0, 2)
        assert raw.produce(TOPIC, signed(me, 4, b"gap")).error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
        assert raw.produce(TOPIC, signed(me, 3, b"3")).base_offset == 3
        assert raw.producer() != me


@pytest.mark.parametrize("end", [Process.stop, Process.kill])
def test_topics_settings_commits_and_deletions_outlive_the_broker(broker: Process, end: End):
    library = Confluent(broker.bootstrap)
    admin = library.admin()
    admin.create("kept", partitions=3, settings={"retention.ms": "-1"})
    admin.create("gone")
    admin.delete("gone")
    library.produce("kept", [New(value=b"%d" % number) for number in range(10)])
    assert admin.trim("kept", 0, 4) == 4
    with closing(library.reader(group="readers")) as reader:
        reader.commit("kept", 0, Committed(offset=7, metadata="seven"))
    end(broker)
    broker.start()
    assert admin.topics()["kept"] == 3
    assert "gone" not in admin.topics()
    assert admin.settings("kept")["retention.ms"] == "-1"
    assert admin.group_offsets("readers") == {("kept", 0): Committed(offset=7, metadata="seven")}
    assert [each.offset for each in read_all(library, "kept", 6)] == [4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("end", [Process.stop, Process.kill])
def test_members_find_their_group_again_and_read_on(broker: Process, end: End):
    """With librdkafka alone: members of kafka-python 3.0 sometimes forget to end a join, and aiokafka leaves tasks behind."""
    library = Confluent(broker.bootstrap)
    library.admin().create("shared", partitions=2)
    with team(library, Joining(group="readers", topics=("shared",))) as group:
        group.join(commits=True)
        group.join(commits=True)
        group.until_shared("shared", 2)
        end(broker)
        broker.start()
        for partition in range(2):
            library.produce("shared", [New(value=b"after %d" % partition)], partition=partition)
        group.until(lambda: {b"after 0", b"after 1"} <= set(group.values()))
        group.until_shared("shared", 2)


def test_an_idempotent_producer_that_waits_for_the_broker_writes_each_record_once(broker: Process):
    library = Confluent(broker.bootstrap)
    library.admin().create("once")
    library.produce("once", [New(value=b"%d" % number) for number in range(100)], idempotent=True)
    broker.kill()
    with ThreadPoolExecutor(1) as aside:
        more = [New(value=b"%d" % number) for number in range(100, 200)]
        written = aside.submit(library.produce, "once", more, idempotent=True)
        broker.start()
        assert list(written.result(DEADLINE_S)) == list(range(100, 200))
    assert [int(each.value or b"") for each in read_all(library, "once", 200)] == list(range(200))


def test_a_second_process_on_the_same_folder_is_refused(broker: Process):
    second = Process(broker.folder, broker.settings)
    with pytest.raises(AssertionError, match="did not start"):
        second.start()
    assert written(broker, b"the first goes on") >= 0
