"""What the world outside knows of one log, and so what the log may never take back.

An acknowledged batch is there, at its offset, byte for byte; so is every batch that a reader was shown, acknowledged or
not. What was sent and never answered may be there or not, but in one place at most. The high watermark, the start and the
history of epochs, once shown, only go on.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from headwater.log.port import Bounds, Found, Log, Slice
from headwater.wire.batch.header import BatchHeader, iter_headers, verify_crc
from headwater.wire.batch.records import iter_records
from headwater.wire.types import Offset

BASE_OFFSET_BYTES = 8
EPOCH = slice(12, 16)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A batch that must stay. `epoch` is known once it was read."""

    body: bytes
    end: int
    epoch: int | None


class Ledger:
    def __init__(self, name: str) -> None:
        self.name = name
        self.requests = 0
        self.acknowledged = 0
        self.leader_epoch = 0
        self.start_at_most = 0
        self._sent: dict[bytes, None] = {}
        self._entries: dict[int, Entry] = {}
        self._thinned: dict[int, None] = {}
        self._place: dict[bytes, int] = {}
        self._shown: Bounds | None = None
        self._start = 0

    # What clients do and are told.

    def send(self, batch: bytes | bytearray) -> None:
        self.requests += 1
        self._sent[_body(batch)] = None

    def acknowledge(self, batch: bytes | bytearray, base_offset: int, last_offset: int) -> None:
        self.acknowledged += 1
        self._keep(_body(batch), base_offset, last_offset + 1, None)

    def read(self, offset: int, found: Slice) -> None:
        """A reader asked from `offset` and was given this, perhaps after a while: its bounds may be those of before."""
        data = b"".join(found.data)
        assert len(data) == found.size, f"{self.name}: the slice's size is not its bytes"
        expected: int | None = None
        for at, header in iter_headers(data):
            verify_crc(data, header, at)
            place = f"{self.name}: {header.base_offset} to {header.last_offset}"
            assert header.last_offset >= offset, f"{place} is given for {offset}"
            wanted = offset if expected is None else expected
            assert self._may_lack(wanted, header.base_offset), f"{place} is given for {wanted}"
            expected = header.last_offset + 1
            assert expected <= found.bounds.high_watermark, f"{self.name}: {header.last_offset} is not yet sure"
            body = _body(data[at : at + header.size])
            assert body in self._sent, f"{self.name}: nobody sent what stands at {header.base_offset}"
            self._keep(body, header.base_offset, expected, header.partition_leader_epoch)

    def show(self, bounds: Bounds) -> None:
        """Somebody saw these bounds."""
        assert bounds.start <= bounds.last_stable <= bounds.high_watermark <= bounds.end
        assert bounds.start <= self.start_at_most, f"{self.name}: the start moved to {bounds.start} and nobody asked"
        assert bounds.start >= self._start, f"{self.name}: the start went back from {self._start} to {bounds.start}"
        if (shown := self._shown) is not None:
            what = f"{self.name}: {bounds} after {shown}"
            assert bounds.high_watermark >= shown.high_watermark, what
            assert bounds.epoch >= shown.epoch, what
            sure = [each for each in shown.epochs if bounds.start < each.start < shown.high_watermark]
            assert set(sure) <= set(bounds.epochs), what
        self._shown = bounds

    def thin(self, base_offset: int) -> None:
        """A compaction was asked to leave this batch out; from now on it may be there or not."""
        self._thinned[base_offset] = None

    def _may_lack(self, offset: int, end: int) -> bool:
        """Whether everything from `offset` up to `end` was thinned out."""
        for base in sorted(self._thinned):
            if base <= offset < self._entries[base].end:
                offset = self._entries[base].end
        return offset >= end

    def knows(self, batch: bytes | bytearray) -> bool:
        """Whether somebody was told where this batch is."""
        return _body(batch) in self._place

    def trimmed(self, start: int) -> None:
        """A trim to `start` was acknowledged."""
        self._start = max(self._start, start)

    def _keep(self, body: bytes, base: int, end: int, epoch: int | None) -> None:
        known = self._entries.get(base)
        if known is not None:
            assert known.body == body, f"{self.name}: another batch stands at {base} now"
            assert known.epoch in (None, epoch) or epoch is None, f"{self.name}: the epoch of {base} changed"
            epoch = known.epoch if epoch is None else epoch
        assert self._place.setdefault(body, base) == base, f"{self.name}: {base} is there twice"
        self._entries[base] = Entry(body=body, end=end, epoch=epoch)

    # What is checked after every start.

    async def verify(self, log: Log, *, alone: bool) -> None:
        """Everything that must be there is there. If nobody else writes, what is found by time is looked at, too."""
        bounds = log.bounds
        self.show(bounds)
        assert bounds.high_watermark == bounds.end, f"{self.name}: after a start all that is there is sure"
        assert bounds.end >= self._end, f"{self.name}: it ends at {bounds.end}, but {self._end} records are known"
        missing = {base for base, entry in self._entries.items() if entry.end > bounds.start} - self._thinned.keys()
        times: list[Found] = []
        offset = bounds.start
        while offset < bounds.high_watermark:
            found = await log.read(offset, bytes_max=64 * 1024)
            self.read(offset, found)
            headers = list(_batches(found))
            if not headers and self._may_lack(offset, bounds.high_watermark):
                break
            assert headers, f"{self.name}: nothing at {offset}, below the high watermark"
            for data, header in headers:
                missing.discard(header.base_offset)
                times.extend(_times(data, header, bounds.start))
            offset = Offset(headers[-1][1].last_offset + 1)
        assert not missing, f"{self.name}: lost {sorted(missing)}"
        if alone:
            await self._verify_times(log, times)

    @property
    def _end(self) -> int:
        return max((entry.end for entry in self._entries.values()), default=0)

    async def _verify_times(self, log: Log, times: list[Found]) -> None:
        for wanted in {each.timestamp: None for each in times[:: len(times) // 5 + 1]}:
            first = next(each for each in times if each.timestamp >= wanted)
            found = await log.find_time(wanted)
            assert found == first, f"{self.name}: time {wanted} is found as {found}, not {first}"
        if times:
            latest = max(each.timestamp for each in times)
            found = await log.find_latest_time()
            assert found == next(each for each in times if each.timestamp == latest), (
                f"{self.name}: latest is {found} of {times[-3:]}"
            )


def _body(batch: bytes | bytearray) -> bytes:
    """All of a batch but its base offset and leader epoch, which the log gives it."""
    return bytes(batch[BASE_OFFSET_BYTES : EPOCH.start]) + bytes(batch[EPOCH.stop :])


def _batches(found: Slice) -> Iterable[tuple[bytes, BatchHeader]]:
    data = b"".join(found.data)
    for at, header in iter_headers(data):
        yield data[at : at + header.size], header


def _times(batch: bytes, header: BatchHeader, start: int) -> Iterable[Found]:
    for record in iter_records(batch, header, decompressed_max=2**20):
        if record.offset >= start:
            yield Found(offset=record.offset, timestamp=record.timestamp, epoch=header.partition_leader_epoch)
