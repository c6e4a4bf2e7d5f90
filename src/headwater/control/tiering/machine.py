"""The list of remote segments: every partition that falls on one partition of `__remote_log_metadata`.

A segment's first record says what it is, and each one after it what has become of it (see `states`). Whoever copies or deletes asks
first, and does it when the record is durable: so what a crash interrupts is in the list, and is found there.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from headwater.control.tiering.errors import InvalidTransition, TieringError, UnknownSegment
from headwater.control.tiering.records import added_record, deletion_record, partition_of, segment_of, update_record
from headwater.control.tiering.requests import Advance, AdvancePartition, BeginCopy, Request
from headwater.control.tiering.states import FOLLOWS, PartitionState, SegmentState
from headwater.kernel.units import Timestamp
from headwater.log.port import PartitionId
from headwater.log.tiering.segment import RemoteSegment
from headwater.machine.decision import Decision, Record, Ticket, answer
from headwater.machine.machine import Moment, Timeless
from headwater.wire.records.remote_log_segment_metadata_record import RemoteLogSegmentMetadataRecord
from headwater.wire.records.remote_log_segment_metadata_update_record import RemoteLogSegmentMetadataUpdateRecord
from headwater.wire.records.remote_partition_delete_metadata_record import RemotePartitionDeleteMetadataRecord
from headwater.wire.types import NodeId, Uuid, uuid_text

Key = tuple[Uuid, int]
_NOBODY: Final = NodeId(-1)
_NO_TIME: Final = Timestamp(-1)


class RemotePartition:
    """What the list says of one partition."""

    __slots__ = ("deletion", "partition", "segments")

    def __init__(self, partition: PartitionId) -> None:
        self.partition = partition
        self.segments: dict[Uuid, RemoteLogSegmentMetadataRecord] = {}
        """Each as its records together say it."""
        self.deletion: PartitionState | None = None
        """Set where its topic is gone."""

    def in_state(self, *states: SegmentState) -> list[RemoteSegment]:
        return [segment_of(each) for each in self.segments.values() if each.remote_log_segment_state in states]


class RemoteLogMetadata(Timeless):
    def __init__(self) -> None:
        self._partitions: dict[Key, RemotePartition] = {}

    @property
    def partitions(self) -> Mapping[Key, RemotePartition]:
        return self._partitions

    def of(self, partition: PartitionId) -> RemotePartition:
        """An empty one where nothing is known."""
        return self._partitions.get(_key(partition)) or RemotePartition(partition)

    # --- deciding

    def decide(self, request: Request, *, ticket: Ticket, moment: Moment) -> Decision:
        decided = self._decided(request, moment)
        if isinstance(decided, TieringError):
            return answer(ticket, decided)
        return Decision(records=decided, answers=((ticket, None),))

    def _decided(self, request: Request, moment: Moment) -> tuple[Record, ...] | TieringError:
        match request:
            case BeginCopy():
                return self._begun(request, moment)
            case Advance():
                return self._advanced(request, moment)
            case AdvancePartition():
                return self._partition_advanced(request, moment)

    def _begun(self, request: BeginCopy, moment: Moment) -> tuple[Record, ...] | TieringError:
        held = self.of(request.segment.partition)
        if held.deletion is not None:
            return InvalidTransition(str(held.partition), held.deletion.name, "a copy")
        return (added_record(request.segment, broker=request.broker, now=moment.wall),)

    def _advanced(self, request: Advance, moment: Moment) -> tuple[Record, ...] | TieringError:
        held = self.of(request.partition)
        records = []
        for each in request.segments:
            found = held.segments.get(each)
            if found is None:
                return UnknownSegment(uuid_text(each))
            state = SegmentState(found.remote_log_segment_state)
            if request.to not in FOLLOWS[state]:
                return InvalidTransition(uuid_text(each), state.name, request.to.name)
            update = update_record(
                request.partition,
                each,
                request.to,
                manifest=request.manifest,
                broker=request.broker,
                now=moment.wall,
            )
            records.append(update)
        return tuple(records)

    def _partition_advanced(self, request: AdvancePartition, moment: Moment) -> tuple[Record, ...] | TieringError:
        held = self.of(request.partition)
        if request.to is PartitionState.DELETE_PARTITION_FINISHED and held.segments:
            return InvalidTransition(str(held.partition), f"{len(held.segments)} segments", request.to.name)
        if held.deletion is not None and request.to <= held.deletion:
            return ()
        return (deletion_record(request.partition, request.to, broker=request.broker, now=moment.wall),)

    # --- replaying

    def replay(self, record: Record) -> None:
        match record:
            case RemoteLogSegmentMetadataRecord():
                self._held(partition_of(record.remote_log_segment_id.topic_id_partition)).segments[
                    record.remote_log_segment_id.id
                ] = record
            case RemoteLogSegmentMetadataUpdateRecord():
                self._replay_update(record)
            case RemotePartitionDeleteMetadataRecord():
                self._replay_deletion(record)

    def _held(self, partition: PartitionId) -> RemotePartition:
        return self._partitions.setdefault(_key(partition), RemotePartition(partition))

    def _replay_update(self, record: RemoteLogSegmentMetadataUpdateRecord) -> None:
        partition, id_ = partition_of(record.remote_log_segment_id.topic_id_partition), record.remote_log_segment_id.id
        segments = self._held(partition).segments
        if record.remote_log_segment_state == SegmentState.DELETE_SEGMENT_FINISHED:
            segments.pop(id_, None)
        elif (found := segments.get(id_)) is not None:
            kept = found.custom_metadata if record.custom_metadata is None else record.custom_metadata
            segments[id_] = replace(
                found, remote_log_segment_state=record.remote_log_segment_state, custom_metadata=kept
            )

    def _replay_deletion(self, record: RemotePartitionDeleteMetadataRecord) -> None:
        partition = partition_of(record.topic_id_partition)
        state = PartitionState(record.remote_partition_delete_state)
        if state is PartitionState.DELETE_PARTITION_FINISHED:
            self._partitions.pop(_key(partition), None)
        else:
            self._held(partition).deletion = state

    def snapshot(self) -> Iterator[Record]:
        for held in self._partitions.values():
            yield from held.segments.values()
            if held.deletion is not None:
                yield deletion_record(held.partition, held.deletion, broker=_NOBODY, now=_NO_TIME)


def _key(partition: PartitionId) -> Key:
    return partition.topic_id, partition.index
