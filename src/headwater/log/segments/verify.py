"""Whether a log's files say what they must: for a folder that nobody has open. Nothing is written.

batches     whole, with the right checksum, offsets and leader epochs that only go up; records too, if they are to be opened
.index      entries that only go up, each at the beginning of a batch that does not begin behind its offset
.timeindex  entries that only go up, each as late as everything up to its offset
.txnindex   aborted transactions that end within their segment
"""

from collections.abc import Iterator

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.kernel.world import Disk, File, Mode
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.segments import offset_index, time_index, txn_index
from headwater.log.segments.names import LOG, OFFSET_INDEX, TIME_INDEX, TXN_INDEX
from headwater.log.segments.offline import log_files
from headwater.wire.batch.header import HEADER_BYTES, NO_TIMESTAMP, BatchHeader
from headwater.wire.batch.stored import is_old, iter_stored_records, read_stored_header, verify_stored_crc
from headwater.wire.errors import WireError
from headwater.wire.types import NO_EPOCH, LeaderEpoch, Offset


class Problem(Struct, frozen=True, kw_only=True):
    path: str
    position: int | None
    """In the file; None where it is about all of it."""
    reason: str


class Verified(Struct, frozen=True, kw_only=True):
    """What was found in one log."""

    start: Offset
    end: Offset
    segments: int
    batches: int
    bytes: int
    problems: tuple[Problem, ...]


class _Log:
    """What is known of a log on the way through it."""

    def __init__(self, disk: Disk, *, opens_records: bool) -> None:
        self._disk = disk
        self._opens_records = opens_records
        self._epoch: LeaderEpoch = NO_EPOCH
        self.end: Offset | None = None
        self.batches = self.bytes = 0

    def segment(self, base: Offset, path: str) -> Iterator[Problem]:
        edges: dict[int, Offset] = {}
        latest: list[tuple[Offset, Timestamp]] = [(base, NO_TIMESTAMP)]
        if self.end is not None and base < self.end:
            yield Problem(
                path=path, position=None, reason=f"it begins at {base}, and the one before ends at {self.end}"
            )
        self.end = base
        file = self._disk.open(path, Mode.READ)
        try:
            for position, header, problem in self._batches(file):
                if problem:
                    yield Problem(path=path, position=position, reason=problem)
                if header is not None:
                    edges[position] = header.base_offset
                    latest.append((header.last_offset, max(latest[-1][1], header.max_timestamp)))
        finally:
            file.close()
        yield from self._indexes(base, path.removesuffix(LOG), edges, latest)

    def _batches(self, file: File) -> Iterator[tuple[int, BatchHeader | None, str]]:
        """Position, header and what is wrong. Where no header can be read nothing can be found behind it."""
        at, size = 0, file.size
        while at < size:
            try:
                header = read_stored_header(file.pread(HEADER_BYTES, at))
            except WireError as error:
                yield at, None, str(error)
                return
            if at + header.size > size:
                yield at, None, f"the batch is {header.size} bytes long, and {size - at} are left"
                return
            yield at, header, self._wrong(file.pread(header.size, at), header)
            self.batches += 1
            self.bytes += header.size
            at += header.size

    def _wrong(self, batch: bytes, header: BatchHeader) -> str:
        expected, before = self.end or 0, self._epoch
        self.end = Offset(max(expected, header.last_offset + 1))
        self._epoch = max(before, header.partition_leader_epoch)
        if header.base_offset < expected:
            return f"it begins at offset {header.base_offset}, and the one before ended at {expected}"
        if header.partition_leader_epoch < before and not is_old(header):
            return f"its leader epoch is {header.partition_leader_epoch}, after {before}"
        try:
            verify_stored_crc(batch, header)
            if self._opens_records:
                for _ in iter_stored_records(batch, header, decompressed_max=DECOMPRESSED_MAX):
                    pass
        except WireError as error:
            return str(error)
        return ""

    def _indexes(
        self, base: Offset, stem: str, edges: dict[int, Offset], latest: list[tuple[Offset, Timestamp]]
    ) -> Iterator[Problem]:
        if self._disk.exists(path := stem + OFFSET_INDEX):
            entries = list(offset_index.read_entries(self._disk.read(path), base))
            yield from (Problem(path=path, position=None, reason=each) for each in _offset_problems(entries, edges))
        if self._disk.exists(path := stem + TIME_INDEX):
            times = list(time_index.read_entries(self._disk.read(path), base))
            yield from (Problem(path=path, position=None, reason=each) for each in _time_problems(times, latest))
        if self._disk.exists(path := stem + TXN_INDEX):
            for each in txn_index.read_entries(self._disk.read(path)):
                if not base <= each.last < (self.end or base):
                    reason = f"a transaction of producer {each.producer_id} ends at {each.last}, not in this segment"
                    yield Problem(path=path, position=None, reason=reason)


def verify_log(disk: Disk, folder: str, *, opens_records: bool) -> Verified:
    log = _Log(disk, opens_records=opens_records)
    files = log_files(disk, folder)
    problems = [problem for base, path in files for problem in log.segment(base, path)]
    start = files[0][0] if files else Offset(0)
    return Verified(
        start=start,
        end=log.end or start,
        segments=len(files),
        batches=log.batches,
        bytes=log.bytes,
        problems=tuple(problems),
    )


def _offset_problems(entries: list[tuple[Offset, int]], edges: dict[int, Offset]) -> Iterator[str]:
    before = (-1, -1)
    for offset, position in entries:
        begins = edges.get(position)
        if (offset, position) <= before:
            yield f"the entry for offset {offset} comes after one for {before[0]}"
        elif begins is None:
            yield f"offset {offset} is said to be at byte {position}, where no batch begins"
        elif begins > offset:
            yield f"offset {offset} is said to be at byte {position}, where a later batch begins, of offset {begins}"
        before = (offset, position)


def _time_problems(entries: list[tuple[Timestamp, Offset]], latest: list[tuple[Offset, Timestamp]]) -> Iterator[str]:
    place, before = 0, NO_TIMESTAMP
    for timestamp, offset in entries:
        while place + 1 < len(latest) and latest[place + 1][0] <= offset:
            place += 1
        if timestamp < before:
            yield f"the entry for {timestamp} comes after one for {before}"
        elif latest[place][1] > timestamp:
            yield f"up to offset {offset} nothing is said to be later than {timestamp}, and something is: {latest[place][1]}"
        before = timestamp
