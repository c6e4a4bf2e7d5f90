"""Remote segments as Kafka's records say them, and back."""

from headwater.control.tiering.states import SegmentState
from headwater.kernel.units import Timestamp
from headwater.log.port import EpochStart, PartitionId
from headwater.log.tiering.segment import RemoteSegment
from headwater.wire.records import (
    remote_log_segment_metadata_record as added,
    remote_log_segment_metadata_update_record as updated,
    remote_partition_delete_metadata_record as deleted,
)
from headwater.wire.records.remote_log_segment_metadata_record import (
    RemoteLogSegmentMetadataRecord,
    SegmentLeaderEpochEntry,
)
from headwater.wire.records.remote_log_segment_metadata_update_record import RemoteLogSegmentMetadataUpdateRecord
from headwater.wire.records.remote_partition_delete_metadata_record import RemotePartitionDeleteMetadataRecord
from headwater.wire.types import LeaderEpoch, NodeId, Offset, TopicName, Uuid

Entry = added.TopicIdPartitionEntry | updated.TopicIdPartitionEntry | deleted.TopicIdPartitionEntry


def partition_of(entry: Entry) -> PartitionId:
    return PartitionId(topic=TopicName(entry.name), topic_id=entry.id, index=entry.partition)


def added_record(segment: RemoteSegment, *, broker: NodeId, now: Timestamp) -> RemoteLogSegmentMetadataRecord:
    partition = segment.partition
    return RemoteLogSegmentMetadataRecord(
        remote_log_segment_id=added.RemoteLogSegmentIdEntry(
            topic_id_partition=added.TopicIdPartitionEntry(
                name=partition.topic, id=partition.topic_id, partition=partition.index
            ),
            id=segment.id,
        ),
        start_offset=segment.base,
        end_offset=segment.end - 1,
        broker_id=broker,
        max_timestamp_ms=segment.largest_timestamp,
        event_timestamp_ms=now,
        segment_leader_epochs=tuple(
            SegmentLeaderEpochEntry(leader_epoch=each.epoch, offset=each.start) for each in segment.epochs
        ),
        segment_size_in_bytes=segment.size,
        remote_log_segment_state=SegmentState.COPY_SEGMENT_STARTED,
        txn_index_empty=not segment.has_aborted,
    )


def segment_of(record: RemoteLogSegmentMetadataRecord) -> RemoteSegment:
    epochs = (
        EpochStart(epoch=LeaderEpoch(each.leader_epoch), start=Offset(each.offset))
        for each in record.segment_leader_epochs
    )
    return RemoteSegment(
        id=record.remote_log_segment_id.id,
        partition=partition_of(record.remote_log_segment_id.topic_id_partition),
        base=Offset(record.start_offset),
        end=Offset(record.end_offset + 1),
        size=record.segment_size_in_bytes,
        largest_timestamp=Timestamp(record.max_timestamp_ms),
        copied=Timestamp(record.event_timestamp_ms),
        epochs=tuple(epochs),
        has_aborted=not record.txn_index_empty,
        manifest=record.custom_metadata or b"",
    )


def update_record(
    partition: PartitionId, id_: Uuid, state: SegmentState, *, manifest: bytes | None, broker: NodeId, now: Timestamp
) -> RemoteLogSegmentMetadataUpdateRecord:
    return RemoteLogSegmentMetadataUpdateRecord(
        remote_log_segment_id=updated.RemoteLogSegmentIdEntry(
            topic_id_partition=updated.TopicIdPartitionEntry(
                name=partition.topic, id=partition.topic_id, partition=partition.index
            ),
            id=id_,
        ),
        broker_id=broker,
        event_timestamp_ms=now,
        custom_metadata=manifest,
        remote_log_segment_state=state,
    )


def deletion_record(
    partition: PartitionId, state: int, *, broker: NodeId, now: Timestamp
) -> RemotePartitionDeleteMetadataRecord:
    return RemotePartitionDeleteMetadataRecord(
        topic_id_partition=deleted.TopicIdPartitionEntry(
            name=partition.topic, id=partition.topic_id, partition=partition.index
        ),
        broker_id=broker,
        event_timestamp_ms=now,
        remote_partition_delete_state=state,
    )
