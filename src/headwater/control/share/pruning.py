"""What the log of a share coordinator has to keep: the last snapshot of each share partition, and what follows it."""

from headwater.control.share.state import ShareRecord
from headwater.log.journals.pruned import Whole
from headwater.machine.decision import Record
from headwater.wire.records.share_snapshot_key import ShareSnapshotKey


def whole_of(record: Record) -> Whole | None:
    assert isinstance(record, ShareRecord)
    if not isinstance(record.key, ShareSnapshotKey):
        return None
    return Whole(key=record.share_partition, is_end=record.value is None)
