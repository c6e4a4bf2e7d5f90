"""The journal of the cluster's metadata: KRaft's log and its snapshots, of a quorum that has one voter.

A KRaft leader begins its epoch with a LeaderChange batch, and so does this journal at the first load of an epoch. A
snapshot holds the state in batches of its own, between a header and a footer; once it is written the log is trimmed up to it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from headwater.kernel.units import Timestamp
from headwater.kernel.world import Clock
from headwater.log.epochs import Epochs
from headwater.log.journals.checkpoints import BOOTSTRAP_SNAPSHOT, SnapshotId, SnapshotStore
from headwater.log.journals.codec import RecordCodec
from headwater.log.journals.quorum import QuorumRecords, leader_change
from headwater.log.journals.record_log import RecordLog
from headwater.log.journals.snapshot_file import is_whole, snapshot_file
from headwater.log.port import Log
from headwater.machine.decision import Record
from headwater.machine.errors import UnreadableRecord
from headwater.machine.journal import Reducible
from headwater.wire.batch.control import build_control_batch
from headwater.wire.batch.header import BatchHeader
from headwater.wire.types import LeaderEpoch, NodeId, Offset

_NOTHING_YET = SnapshotId(end=Offset(0), epoch=LeaderEpoch(0))


class MetadataJournal:
    """The `Journal` port over the metadata log. A record of an unknown type stops the load."""

    def __init__(
        self, log: Log, codec: RecordCodec, snapshots: SnapshotStore, *, node_id: NodeId, clock: Clock
    ) -> None:
        self._log = log
        self._records = RecordLog(log, codec, strict=True)
        self._snapshots = snapshots
        self._node_id = node_id
        self._clock = clock
        self._newest = _NOTHING_YET
        self._claimed: LeaderEpoch | None = None
        self.quorum: Final = QuorumRecords()

    async def load(self, replay: Callable[[Record], None], *, until: Offset | None = None) -> Offset:
        newest, first = self._snapshots.newest(), _NOTHING_YET.end
        if newest is not None:
            first = newest.end
            self._newest, self._claimed = newest, newest.epoch
            data = self._snapshots.read(newest)
            if not is_whole(data):
                raise UnreadableRecord(self._records.name, first, "its snapshot is cut off")
            seen = _not_yet if newest == BOOTSTRAP_SNAPSHOT else replay
            await self._records.replay_batches(seen, data, control=self._see)
        if not self._log.bounds.start <= first <= self._log.bounds.high_watermark:
            raise UnreadableRecord(self._records.name, first, f"the log does not hold it: {self._log.bounds}")
        if until is not None:
            await self._records.replay(replay, first=first, until=lambda: until)
            return until
        end, _ = await self._records.replay(
            replay, first=first, until=lambda: self._log.bounds.high_watermark, control=self._see
        )
        return end if self._claimed == self._log.bounds.epoch else await self._claim(end)

    def _see(self, batch: memoryview, header: BatchHeader) -> None:
        """A leader's first batch in its epoch is a control batch."""
        self._claimed = header.partition_leader_epoch
        self.quorum.see(batch, header)

    async def _claim(self, end: Offset) -> Offset:
        batch = build_control_batch([leader_change(self._node_id)], timestamp=self._clock.now())
        epoch = self._log.bounds.epoch
        end = await self._records.append_batches([batch], expected_end=end)
        self._claimed = epoch
        return end

    async def append(self, decisions: Sequence[Sequence[Record]], *, expected_end: Offset, now: Timestamp) -> Offset:
        return await self._records.append(decisions, expected_end=expected_end, now=now)

    def reducible(self) -> Reducible:
        end = self._log.bounds.high_watermark
        return Reducible(end=end, records=end - self._newest.end)

    async def write_snapshot(self, records: Iterable[Record], *, end: Offset, now: Timestamp) -> None:
        epoch = Epochs(self._log.bounds.epochs).at(Offset(end - 1))
        if end == self._newest.end or epoch is None:
            return
        quorum = self.quorum.controls()
        data = await snapshot_file(records, self._records.codec, epoch=epoch, now=now, quorum=quorum)
        snapshot = SnapshotId(end=end, epoch=epoch)
        await self._snapshots.write(snapshot, data)
        self._newest = snapshot
        await self._log.trim(end)
        self._snapshots.remove_before(snapshot)


def _not_yet(record: Record) -> None:
    """It is no state before whoever bootstraps the cluster has appended it."""
