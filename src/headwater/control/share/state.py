"""What the share coordinator knows of one share partition, and the records that say it.

A ShareSnapshot holds all of it, a ShareUpdate what has changed since. So a load needs the last snapshot of each share
partition and what follows it, and nothing before.
"""

from msgspec import Struct

from headwater.control.share.batches import NO_OFFSET, StateBatch, combined
from headwater.control.share.key import SharePartitionKey
from headwater.kernel.units import Timestamp
from headwater.wire.records.share_snapshot_key import ShareSnapshotKey
from headwater.wire.records.share_snapshot_value import ShareSnapshotValue, StateBatch as StoredBatch
from headwater.wire.records.share_update_key import ShareUpdateKey
from headwater.wire.records.share_update_value import ShareUpdateValue, StateBatch as UpdatedBatch

NOTHING_COMPLETE = 0


class ShareState(Struct, frozen=True, kw_only=True):
    """`state_epoch` grows when someone sets the group's offsets, `leader_epoch` with the leaders of the partition."""

    state_epoch: int
    leader_epoch: int = 0
    start_offset: int = NO_OFFSET
    """Before it nothing is left to be delivered; `NO_OFFSET` until the first delivery."""
    delivery_complete: int = NOTHING_COMPLETE
    """Records from `start_offset` on that are done with; -1 where nobody has counted them."""
    batches: tuple[StateBatch, ...] = ()
    snapshot_epoch: int = 0
    created: Timestamp = Timestamp(0)
    written: Timestamp = Timestamp(0)
    """When the snapshot was written; later than `created` in one that was written again only because it was old."""


class ShareRecord(Struct, frozen=True, kw_only=True):
    """A None value is a tombstone, and only snapshots have those."""

    key: ShareSnapshotKey | ShareUpdateKey
    value: ShareSnapshotValue | ShareUpdateValue | None

    @property
    def share_partition(self) -> SharePartitionKey:
        key = self.key
        return SharePartitionKey(group_id=key.group_id, topic_id=key.topic_id, partition=key.partition)


def snapshot_record(key: SharePartitionKey, state: ShareState) -> ShareRecord:
    value = ShareSnapshotValue(
        snapshot_epoch=state.snapshot_epoch,
        state_epoch=state.state_epoch,
        leader_epoch=state.leader_epoch,
        start_offset=state.start_offset,
        delivery_complete_count=state.delivery_complete,
        create_timestamp=state.created,
        write_timestamp=state.written,
        state_batches=tuple(
            StoredBatch(
                first_offset=each.first,
                last_offset=each.last,
                delivery_state=each.state,
                delivery_count=each.delivery_count,
            )
            for each in state.batches
        ),
    )
    return ShareRecord(key=_snapshot_key(key), value=value)


def update_record(key: SharePartitionKey, change: ShareState) -> ShareRecord:
    """`change` has only the batches that are new. An update can't change the state epoch."""
    value = ShareUpdateValue(
        snapshot_epoch=change.snapshot_epoch,
        leader_epoch=change.leader_epoch,
        start_offset=change.start_offset,
        delivery_complete_count=change.delivery_complete,
        state_batches=tuple(
            UpdatedBatch(
                first_offset=each.first,
                last_offset=each.last,
                delivery_state=each.state,
                delivery_count=each.delivery_count,
            )
            for each in change.batches
        ),
    )
    named = ShareUpdateKey(group_id=key.group_id, topic_id=key.topic_id, partition=key.partition)
    return ShareRecord(key=named, value=value)


def tombstone(key: SharePartitionKey) -> ShareRecord:
    return ShareRecord(key=_snapshot_key(key), value=None)


def snapshot_of(value: ShareSnapshotValue) -> ShareState:
    return ShareState(
        state_epoch=value.state_epoch,
        leader_epoch=value.leader_epoch,
        start_offset=value.start_offset,
        delivery_complete=value.delivery_complete_count,
        batches=_batches(value.state_batches),
        snapshot_epoch=value.snapshot_epoch,
        created=Timestamp(value.create_timestamp),
        written=Timestamp(value.write_timestamp),
    )


def updated(state: ShareState, value: ShareUpdateValue) -> ShareState:
    start = state.start_offset if value.start_offset == NO_OFFSET else value.start_offset
    return ShareState(
        state_epoch=state.state_epoch,
        leader_epoch=state.leader_epoch if value.leader_epoch < 0 else value.leader_epoch,
        start_offset=start,
        delivery_complete=value.delivery_complete_count,
        batches=combined(state.batches, _batches(value.state_batches), start=start),
        snapshot_epoch=state.snapshot_epoch,
        created=state.created,
        written=state.written,
    )


def _snapshot_key(key: SharePartitionKey) -> ShareSnapshotKey:
    return ShareSnapshotKey(group_id=key.group_id, topic_id=key.topic_id, partition=key.partition)


def _batches(stored: tuple[StoredBatch, ...] | tuple[UpdatedBatch, ...]) -> tuple[StateBatch, ...]:
    return tuple(
        StateBatch(
            first=each.first_offset,
            last=each.last_offset,
            state=each.delivery_state,
            delivery_count=each.delivery_count,
        )
        for each in stored
    )
