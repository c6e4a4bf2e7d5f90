"""A snapshot as KRaft writes it: batches of their own, between a control record that opens it and one that closes it.

`bootstrap.checkpoint` in the root folder has the same form: the feature levels that a new folder begins with.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from headwater.kernel.units import Timestamp
from headwater.kernel.world import Disk
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.journals.batches import place, snapshot_batches
from headwater.log.journals.codec import RecordCodec
from headwater.machine.decision import Record
from headwater.wire.batch.control import ControlType, build_control_batch, control_type
from headwater.wire.batch.header import iter_headers
from headwater.wire.batch.records import iter_records
from headwater.wire.codec import encode_bytes
from headwater.wire.records.snapshot_footer_record import SnapshotFooterRecord
from headwater.wire.records.snapshot_header_record import SnapshotHeaderRecord
from headwater.wire.types import LeaderEpoch, Offset

BOOTSTRAP: Final = "bootstrap.checkpoint"


async def snapshot_file(
    records: Iterable[Record],
    codec: RecordCodec,
    *,
    epoch: LeaderEpoch,
    now: Timestamp,
    quorum: Sequence[tuple[ControlType, bytes]] = (),
) -> bytes:
    """The whole file; its offsets are its own, from 0. `quorum` are control records that follow its header."""
    header, footer = SnapshotHeaderRecord(last_contained_log_timestamp=now), SnapshotFooterRecord()
    opening = (ControlType.SNAPSHOT_HEADER, encode_bytes(header, header.version))
    batches = [
        build_control_batch([opening, *quorum], timestamp=now),
        *await snapshot_batches(records, codec, now=now),
        build_control_batch([(ControlType.SNAPSHOT_FOOTER, encode_bytes(footer, footer.version))], timestamp=now),
    ]
    place(batches, first=Offset(0), epoch=epoch)
    return b"".join(batches)


def is_whole(data: bytes) -> bool:
    """Whether the record that closes a snapshot is its last one: what was cut off would be taken for deleted."""
    for at, header in iter_headers(data):
        if at + header.size == len(data):
            records = iter_records(data[at:], header, decompressed_max=DECOMPRESSED_MAX)
            return header.is_control and any(control_type(each) is ControlType.SNAPSHOT_FOOTER for each in records)
    return False


async def write_bootstrap(
    disk: Disk, root: str, records: Iterable[Record], codec: RecordCodec, *, now: Timestamp
) -> None:
    """Once, when a folder is formatted."""
    data = await snapshot_file(records, codec, epoch=LeaderEpoch(0), now=now)
    await disk.write(f"{root}/{BOOTSTRAP}", data)
