"""What the log's contract needs besides the port: a store that can be opened again, a clock, and batches."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from headwater.kernel.units import Timestamp
from headwater.log.memory.faults import Faults, NoFaults
from headwater.log.memory.logs import MemoryLogs
from headwater.log.memory.storage import MemoryStorage
from headwater.log.port import Appended, Buffer, Isolation, Log, Logs, Origin, PartitionId, Slice
from headwater.log.settings import LogSettings
from headwater.wire.batch.builder import NOBODY, NewRecord, Producer, build_batch
from headwater.wire.batch.control import EndOfTransaction, build_end_of_transaction
from headwater.wire.batch.header import BatchHeader, iter_headers, patch
from headwater.wire.batch.records import Record, iter_records
from headwater.wire.batch.stored import iter_stored_headers
from headwater.wire.types import (
    LeaderEpoch,
    Offset,
    ProducerEpoch,
    ProducerId,
    Sequence as SequenceNumber,
    TopicName,
    Uuid,
)

NOON = Timestamp(1_767_268_800_000)
BIG = 1_000_000
COMMITTED = Isolation.READ_COMMITTED
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass
class SetClock:
    """A clock that stands where a test puts it."""

    time: Timestamp = NOON

    def now(self) -> Timestamp:
        return self.time


class Store(Protocol):
    """One storage, under one clock."""

    clock: SetClock

    async def open(self) -> Logs:
        """Open the storage, for the first time or again."""
        ...

    async def crash(self, logs: Logs) -> None:
        """End without closing, as a killed process does."""
        ...


@dataclass
class MemoryStore:
    clock: SetClock = field(default_factory=SetClock)
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    faults: Faults = field(default_factory=NoFaults)

    async def open(self) -> MemoryLogs:
        return MemoryLogs(self.storage, clock=self.clock, faults=self.faults)

    async def crash(self, logs: Logs) -> None:
        assert isinstance(logs, MemoryLogs)
        logs.crash()


def partition(topic: str = "orders", index: int = 0, life: int = 1) -> PartitionId:
    return PartitionId(
        topic=TopicName(topic), topic_id=Uuid(topic.encode().ljust(15, b"\0") + bytes([life])), index=index
    )


async def open_log(logs: Logs, of: PartitionId | None = None, *, epoch: int = 0, **settings: Any) -> Log:
    return await logs.open(of or partition(), epoch=LeaderEpoch(epoch), settings=LogSettings(**settings))


def batch(*values: str, at: int = NOON, **options: Any) -> bytearray:
    """A batch of records with these values, a millisecond apart; a value is its key too."""
    records = [
        NewRecord(key=value.encode(), value=value.encode(), timestamp=Timestamp(at + place))
        for place, value in enumerate(values)
    ]
    return build_batch(records, **options)


def sequenced(*values: str, sequence: int, producer: int = 7, epoch: int = 0, **options: Any) -> bytearray:
    return batch(*values, producer=producer_of(producer, epoch, sequence), **options)


def producer_of(producer: int, epoch: int = 0, sequence: int = NOBODY.base_sequence) -> Producer:
    return Producer(id=ProducerId(producer), epoch=ProducerEpoch(epoch), base_sequence=SequenceNumber(sequence))


def marker(producer: int, *, committed: bool, epoch: int = 0) -> bytearray:
    return build_end_of_transaction(
        EndOfTransaction(committed=committed, coordinator_epoch=0),
        producer_id=ProducerId(producer),
        producer_epoch=ProducerEpoch(epoch),
        timestamp=NOON,
    )


def copied(*values: str, base: int, epoch: int) -> bytearray:
    return batch(*values, base_offset=Offset(base), leader_epoch=LeaderEpoch(epoch))


def placed(made: bytearray, base: int, epoch: int = 0) -> bytes:
    """As a log that gave it this place keeps it."""
    kept = bytearray(made)
    patch(memoryview(kept), base_offset=Offset(base), leader_epoch=LeaderEpoch(epoch))
    return bytes(kept)


async def append(log: Log, *batches: bytes | bytearray, **options: Any) -> Appended:
    """A refusal may come at once or by the future: here both are raised. The bytes given stay what they are."""
    return await log.append([memoryview(bytearray(each)) for each in batches], **options)


async def pieces(*batches: bytes | bytearray) -> AsyncIterator[Sequence[Buffer]]:
    """As `Log.replace` takes them."""
    for each in batches:
        yield (each,)


async def everything(log: Log, first: int | None = None, **options: Any) -> bytes:
    """All batches from `first` on, read in several steps."""
    offset = log.bounds.start if first is None else Offset(first)
    parts: list[bytes] = []
    while (found := await log.read(offset, bytes_max=200, **options)).size:
        data = whole(found)
        parts.append(data)
        offset = Offset(headers(data)[-1].last_offset + 1)
    return b"".join(parts)


def whole(found: Slice) -> bytes:
    data = b"".join(bytes(part) for part in found.data)
    assert len(data) == found.size
    return data


def headers(data: bytes) -> list[BatchHeader]:
    return [header for _, header in iter_stored_headers(data)]


def records(data: bytes) -> list[Record]:
    return [
        record
        for at, header in iter_headers(data)
        for record in iter_records(data[at : at + header.size], header, decompressed_max=BIG)
    ]


def values(data: bytes) -> list[str]:
    return [(record.value or b"").decode() for record in records(data)]


async def contents(log: Log, **options: Any) -> list[str]:
    return values(await everything(log, **options))


async def fill(log: Log) -> None:
    """A little of everything: a trimmed start, two epochs, a producer, an abort, an open transaction."""
    await append(log, batch("x", "y"))
    await append(log, batch("p"))
    await append(log, sequenced("a", sequence=0))
    await append(log, sequenced("b", sequence=1))
    log.lead(LeaderEpoch(2))
    await append(log, sequenced("t", sequence=0, producer=8, transactional=True))
    await append(log, marker(8, committed=False), origin=Origin.COORDINATOR)
    await append(log, sequenced("u", sequence=0, producer=9, transactional=True))
    await append(log, batch(*LETTERS, at=NOON + 1000))
    await log.trim(Offset(2))


async def snapshot(log: Log) -> dict[str, Any]:
    """All that the port shows of a log."""
    committed = await log.read(log.bounds.start, bytes_max=BIG, isolation=COMMITTED)
    return {
        "data": await everything(log),
        "committed": (whole(committed), committed.aborted),
        "bounds": log.bounds,
        "size": log.size,
        "spans": [(span.base, span.end, span.size, span.largest_timestamp, span.active) for span in log.spans()],
        "producers": sorted(
            (each.producer_id, each.epoch, each.last_sequence, each.last_offset) for each in log.producers()
        ),
        "times": [await log.find_time(Timestamp(NOON + delta)) for delta in (0, 1001, 9999)],
        "latest": await log.find_latest_time(),
        "ends": [log.end_of_epoch(LeaderEpoch(epoch)) for epoch in range(4)],
    }
