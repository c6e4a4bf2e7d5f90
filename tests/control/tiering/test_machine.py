"""The list of remote segments in the hand: requests in, records and refusals out."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st

from headwater.control.partitioner import murmur2, remote_metadata_partition
from headwater.control.tiering.codec import RemoteMetadataCodec
from headwater.control.tiering.errors import InvalidTransition, UnknownSegment
from headwater.control.tiering.machine import RemoteLogMetadata
from headwater.control.tiering.records import added_record, segment_of
from headwater.control.tiering.requests import Advance, AdvancePartition, BeginCopy, Request
from headwater.control.tiering.states import PartitionState, SegmentState
from headwater.kernel.units import Timestamp
from headwater.log.port import EpochStart, PartitionId
from headwater.log.tiering.segment import RemoteSegment
from headwater.machine.decision import Ticket
from headwater.machine.machine import Moment
from headwater.wire.types import LeaderEpoch, NodeId, Offset, TopicName, Uuid, uuid_of

NOON = Timestamp(1_767_268_800_000)
BROKER = NodeId(1)
ORDERS = PartitionId(topic=TopicName("orders"), topic_id=Uuid(b"o" * 16), index=3)
STARTED, FINISHED, DELETING, DELETED = SegmentState


def segment(number: int = 1, base: int = 0, end: int = 10) -> RemoteSegment:
    return RemoteSegment(
        id=Uuid(bytes([number]) * 16),
        partition=ORDERS,
        base=Offset(base),
        end=Offset(end),
        size=1000,
        largest_timestamp=NOON,
        copied=NOON,
        epochs=(EpochStart(epoch=LeaderEpoch(2), start=Offset(base)),),
        has_aborted=True,
    )


class Rig:
    """Every record goes through the codec, as through the log."""

    def __init__(self, log: Sequence[Any] = ()) -> None:
        self.machine = RemoteLogMetadata()
        self.log: list[Any] = []
        self._codec = RemoteMetadataCodec()
        for record in log:
            self.replay(record)

    def ask(self, request: Request) -> Any:
        decision = self.machine.decide(request, ticket=Ticket(1), moment=Moment(wall=NOON, elapsed=0))
        for record in decision.records:
            self.replay(record)
        return decision.answers[0][1]

    def replay(self, record: Any) -> None:
        read = self._codec.decode(*self._codec.encode(record))
        self.log.append(read)
        self.machine.replay(read)

    def begin(self, *segments: RemoteSegment) -> None:
        for each in segments:
            assert self.ask(BeginCopy(segment=each, broker=BROKER)) is None

    def advance(self, to: SegmentState, *segments: RemoteSegment, manifest: bytes | None = None) -> Any:
        ids = tuple(each.id for each in segments)
        return self.ask(Advance(partition=ORDERS, segments=ids, to=to, broker=BROKER, manifest=manifest))

    def delete_partition(self, to: PartitionState) -> Any:
        return self.ask(AdvancePartition(partition=ORDERS, to=to, broker=BROKER))

    def ids(self, *states: SegmentState) -> list[Uuid]:
        return [each.id for each in self.machine.of(ORDERS).in_state(*states)]


def test_a_segment_is_in_the_list_from_the_moment_its_copy_begins():
    rig = Rig()
    rig.begin(segment())
    assert rig.ids(STARTED) == [segment().id]
    assert rig.ids(FINISHED) == []


def test_a_finished_segment_is_what_was_copied_and_knows_its_manifest():
    rig = Rig()
    rig.begin(segment())
    assert rig.advance(FINISHED, segment(), manifest=b"seal") is None
    (found,) = rig.machine.of(ORDERS).in_state(FINISHED)
    assert found.manifest == b"seal"
    assert (found.base, found.end, found.epochs, found.has_aborted) == (0, 10, segment().epochs, True)


def test_a_deleted_segment_is_forgotten():
    rig = Rig()
    rig.begin(segment())
    for state in (FINISHED, DELETING, DELETED):
        assert rig.advance(state, segment()) is None
    assert rig.machine.of(ORDERS).segments == {}
    assert isinstance(rig.advance(DELETING, segment()), UnknownSegment)


@pytest.mark.parametrize(
    ("before", "asked"),
    [((), DELETED), ((FINISHED,), FINISHED), ((FINISHED,), DELETED), ((DELETING,), FINISHED), ((DELETING,), DELETING)],
)
def test_what_can_not_follow_is_refused_and_writes_nothing(before: tuple[SegmentState, ...], asked: SegmentState):
    rig = Rig()
    rig.begin(segment())
    for state in before:
        rig.advance(state, segment())
    written = len(rig.log)
    assert isinstance(rig.advance(asked, segment()), InvalidTransition)
    assert len(rig.log) == written


def test_several_segments_are_advanced_together_or_not_at_all():
    rig = Rig()
    one, two = segment(1, 0, 10), segment(2, 10, 20)
    rig.begin(one, two)
    rig.advance(FINISHED, one)
    assert isinstance(rig.advance(FINISHED, two, one), InvalidTransition)
    assert rig.ids(STARTED) == [two.id]
    assert rig.advance(DELETING, one, two) is None
    assert rig.ids(DELETING) == [one.id, two.id]


def test_nothing_is_copied_for_a_partition_that_is_deleted():
    rig = Rig()
    rig.begin(segment())
    rig.delete_partition(PartitionState.DELETE_PARTITION_MARKED)
    assert isinstance(rig.ask(BeginCopy(segment=segment(2), broker=BROKER)), InvalidTransition)


def test_a_partition_is_forgotten_only_when_none_of_its_segments_is_left():
    rig = Rig()
    rig.begin(segment())
    assert rig.delete_partition(PartitionState.DELETE_PARTITION_MARKED) is None
    assert isinstance(rig.delete_partition(PartitionState.DELETE_PARTITION_FINISHED), InvalidTransition)
    rig.advance(DELETING, segment())
    rig.advance(DELETED, segment())
    assert rig.delete_partition(PartitionState.DELETE_PARTITION_FINISHED) is None
    assert not rig.machine.partitions


def test_a_state_that_was_reached_is_not_written_again():
    rig = Rig()
    rig.delete_partition(PartitionState.DELETE_PARTITION_MARKED)
    written = len(rig.log)
    assert rig.delete_partition(PartitionState.DELETE_PARTITION_MARKED) is None
    assert len(rig.log) == written


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from([None, *SegmentState]), st.booleans()), max_size=30))
def test_a_snapshot_replays_to_the_same_list(steps: list[tuple[int, SegmentState | None, bool]]):
    rig = Rig()
    for number, state, marks in steps:
        if state is None:
            rig.ask(BeginCopy(segment=segment(number), broker=BROKER))
        else:
            rig.advance(state, segment(number), manifest=b"m")
        if marks and number == 4:
            rig.delete_partition(PartitionState.DELETE_PARTITION_MARKED)
    again = Rig(list(rig.machine.snapshot()))
    assert {key: (each.segments, each.deletion) for key, each in again.machine.partitions.items()} == {
        key: (each.segments, each.deletion)
        for key, each in rig.machine.partitions.items()
        if each.segments or each.deletion is not None
    }


def test_a_segment_comes_back_from_its_record():
    assert segment_of(added_record(segment(), broker=BROKER, now=NOON)) == segment()


@pytest.mark.parametrize(
    ("topic", "partition", "expected"),
    [
        ("uxrVcxm4nNho-w5vaE35kg", 54, 32),
        ("CUa48FUs8eWoq4Xc977Z1Q", 48, 17),
        ("AZDlcicZuBL2tVu6KNobfg", 62, 0),
        ("jdeu4_J7XbHpNAz77-SdqQ", 89, 32),
        ("Za03gOn5eJhY9vE9KMp6Ng", 74, 8),
    ],
)
def test_a_partition_falls_where_kafka_4_4_puts_it(topic: str, partition: int, expected: int):
    assert remote_metadata_partition(uuid_of(topic), partition, 50) == expected


@pytest.mark.parametrize(
    ("data", "expected"), [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)]
)
def test_murmur2_is_kafkas(data: bytes, expected: int):
    """The numbers of Kafka's own test of `Utils.murmur2`."""
    assert murmur2(data) == expected & 0xFFFFFFFF
