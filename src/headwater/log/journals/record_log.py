"""A log seen as a machine's records: replayed in order, appended by decisions."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from headwater.kernel.logging import get
from headwater.kernel.units import KiB, Timestamp
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.errors import EndMoved
from headwater.log.journals.batches import SLICE, batches_in_turns
from headwater.log.journals.codec import RecordCodec
from headwater.log.port import Buffer, Log, Origin
from headwater.log.producers import marker_of
from headwater.machine.decision import Record
from headwater.machine.errors import Conflict, UnreadableRecord
from headwater.machine.transactional import InTransaction, TransactionEnd
from headwater.wire.batch.header import BatchHeader
from headwater.wire.batch.records import Record as StoredRecord
from headwater.wire.batch.stored import iter_stored_headers, iter_stored_records, verify_stored_crc
from headwater.wire.errors import WireError
from headwater.wire.types import Offset

READ_BYTES: Final = 256 * KiB

_log = get("log.journals")

Replay = Callable[[Record], None]
Until = Callable[[], Offset]
Control = Callable[[memoryview, BatchHeader], None]


class RecordLog:
    """`strict` where an unknown record must stop the load; otherwise it is skipped and counted, as in Kafka's coordinators."""

    def __init__(self, log: Log, codec: RecordCodec, *, strict: bool) -> None:
        self.log = log
        self.codec = codec
        self.skipped = 0
        self.at = Offset(0)
        """Of the record that is being replayed."""
        self._strict = strict

    @property
    def name(self) -> str:
        return str(self.log.partition)

    async def replay(
        self, replay: Replay, *, first: Offset, until: Until, control: Control | None = None
    ) -> tuple[Offset, int]:
        """Everything from `first` up to `until()`, which may move meanwhile. Gives the end, and how many records there were."""
        offset, count = first, 0
        while offset < (end := until()):
            found = await self.log.read(offset, bytes_max=READ_BYTES)
            if not found.size:
                return end, count
            for part in found.data:
                last, records = await self.replay_batches(replay, part, until=end, control=control)
                offset = max(offset, last)
                count += records
        return offset, count

    async def replay_batches(
        self,
        replay: Replay,
        data: Buffer,
        *,
        until: Offset | None = None,
        control: Control | None = None,
    ) -> tuple[Offset, int]:
        """Whole batches, up to the one that begins at `until`. Markers end transactions; `control` sees other control batches.

        Checksums are verified: what a machine believes it acts upon, and a topic that is missing has its folder deleted.
        """
        view, end, count = memoryview(data), Offset(0), 0
        for at, header in iter_stored_headers(view):
            if until is not None and header.base_offset >= until:
                return until, count
            end = Offset(header.last_offset + 1)
            self._verify(view, header, at)
            batch = view[at : at + header.size]
            if header.is_control:
                count += self._replay_control(replay, batch, header, control)
                continue
            for stored in self._stored(batch, header):
                count += self._replay_one(replay, stored, header)
                if count % SLICE == 0:
                    await asyncio.sleep(0)
        return end, count

    def _verify(self, view: memoryview, header: BatchHeader, at: int) -> None:
        try:
            verify_stored_crc(view, header, at)
        except WireError as error:
            raise UnreadableRecord(self.name, header.base_offset, str(error)) from error

    def _stored(self, batch: memoryview, header: BatchHeader) -> Iterable[StoredRecord]:
        try:
            yield from iter_stored_records(batch, header, decompressed_max=DECOMPRESSED_MAX)
        except WireError as error:
            raise UnreadableRecord(self.name, header.base_offset, str(error)) from error

    def _replay_control(self, replay: Replay, batch: memoryview, header: BatchHeader, control: Control | None) -> int:
        marker = marker_of(batch, header)
        if marker is not None:
            replay(
                TransactionEnd(
                    producer_id=header.producer_id,
                    producer_epoch=header.producer_epoch,
                    committed=marker.committed,
                    coordinator_epoch=marker.coordinator_epoch,
                )
            )
            return 1
        if control is not None:
            control(batch, header)
        return 0

    def _replay_one(self, replay: Replay, stored: StoredRecord, header: BatchHeader) -> int:
        try:
            record = self.codec.decode(stored.key, stored.value)
        except WireError as error:
            raise UnreadableRecord(self.name, stored.offset, str(error)) from error
        if record is not None:
            self.at = stored.offset
            replay(_in_its_transaction(record, header))
            return 1
        if self._strict:
            raise UnreadableRecord(self.name, stored.offset, "its type is unknown to this version")
        self.skipped += 1
        _log.warn("a record of an unknown type is skipped", log=self.name, offset=stored.offset)
        return 0

    async def append(self, decisions: Sequence[Sequence[Record]], *, expected_end: Offset, now: Timestamp) -> Offset:
        """See the port `Journal`."""
        batches = await batches_in_turns(decisions, self.codec, now=now)
        if not batches:
            return expected_end
        return await self.append_batches(batches, expected_end=expected_end)

    async def append_batches(self, batches: Sequence[bytearray], *, expected_end: Offset) -> Offset:
        views = [memoryview(batch) for batch in batches]
        try:
            appended = await self.log.append(views, origin=Origin.COORDINATOR, expected_end=expected_end)
        except EndMoved as moved:
            raise Conflict(moved.expected, moved.end) from moved
        return Offset(appended.last_offset + 1)


def _in_its_transaction(record: Record, header: BatchHeader) -> Record:
    if not header.is_transactional:
        return record
    return InTransaction(producer_id=header.producer_id, producer_epoch=header.producer_epoch, record=record)
