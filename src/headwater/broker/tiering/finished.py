"""Keeps what logs know of remote segments true: the finished ones, as soon as that is durable and no longer than it is."""

from collections.abc import Sequence

from headwater.control.tiering.machine import RemoteLogMetadata
from headwater.control.tiering.records import partition_of, segment_of
from headwater.control.tiering.states import SegmentState
from headwater.log.tiering.known import KnownSegments
from headwater.machine.decision import Record
from headwater.wire.records.remote_log_segment_metadata_update_record import RemoteLogSegmentMetadataUpdateRecord
from headwater.wire.records.remote_partition_delete_metadata_record import RemotePartitionDeleteMetadataRecord

_READABLE = SegmentState.COPY_SEGMENT_FINISHED


class FinishedSegments:
    """A subscriber of one list's durable records."""

    def __init__(self, number: int, known: KnownSegments) -> None:
        self._number = number
        self._known = known
        self._machine: RemoteLogMetadata

    def reloaded(self, machine: RemoteLogMetadata) -> None:
        self._machine = machine
        listed = {held.partition: held.in_state(_READABLE) for held in machine.partitions.values()}
        for partition in self._known.listed(self._number):
            if partition not in listed:
                self._known.replace(partition, [])
        for partition, segments in listed.items():
            self._known.replace(partition, segments)
        self._known.loaded(self._number)

    def durable(self, records: Sequence[Record]) -> None:
        for record in records:
            if isinstance(record, RemoteLogSegmentMetadataUpdateRecord):
                self._updated(record)
            elif isinstance(record, RemotePartitionDeleteMetadataRecord):
                self._known.replace(partition_of(record.topic_id_partition), [])

    def _updated(self, record: RemoteLogSegmentMetadataUpdateRecord) -> None:
        """The machine may be ahead: one that it deletes already is not shown any more."""
        entry = record.remote_log_segment_id
        partition = partition_of(entry.topic_id_partition)
        held = self._machine.of(partition).segments.get(entry.id)
        if held is not None and held.remote_log_segment_state == record.remote_log_segment_state == _READABLE:
            self._known.of(partition).add(segment_of(held))
        elif record.remote_log_segment_state != _READABLE:
            self._known.of(partition).remove(entry.id)
