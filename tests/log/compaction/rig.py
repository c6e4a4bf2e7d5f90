"""Logs to compact, and the simplest thing that a compacted log can be compared with."""

from typing import Any

from tests.contracts.log_store import NOON, Store, batch, everything, headers, open_log, records

from headwater.kernel.units import MiB, Timestamp
from headwater.kernel.world import Workers
from headwater.log.compaction.cleaner import Cleaned, Cleaner
from headwater.log.compaction.dirty import measure
from headwater.log.compaction.keys import KeyMap
from headwater.log.compaction.pace import Pace
from headwater.log.port import Isolation, Log, Slice
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.records import Record
from headwater.wire.types import Offset

COMPACTED: dict[str, Any] = {
    "compact_policy": True,
    "delete_policy": False,
    "segment_bytes": 400,
    "delete_retention_ms": 1000,
}


class AtOnce:
    """Workers who are always free."""

    async def run(self, job: Any) -> Any:
        return job()


def keyed(*pairs: tuple[str, str | None], at: int = NOON, **options: Any) -> bytearray:
    new = [
        NewRecord(key=key.encode(), value=None if value is None else value.encode(), timestamp=Timestamp(at))
        for key, value in pairs
    ]
    return build_batch(new, **options)


async def compact(
    log: Log, *, now: int = NOON, keys_max: int = 10_000, workers: Workers | None = None
) -> Cleaned | None:
    """One round, or None where nothing is dirty."""
    dirty = measure(log.spans(), log.bounds, log.settings, first_dirty=log.first_dirty, now=Timestamp(now))
    if not dirty.dirty_bytes:
        return None
    keys = KeyMap(bytes_max=keys_max * 200)
    pace = Pace(bytes_per_second=float(100 * MiB))
    cleaner = Cleaner(log, dirty, keys, now=Timestamp(now), pace=pace, workers=workers or AtOnce(), read_bytes=1000)
    return await cleaner.clean()


async def pairs(log: Log) -> list[tuple[str, str | None]]:
    """Keys and values of what is no marker."""
    data = await everything(log)
    found: list[tuple[str, str | None]] = []
    at = 0
    for header in headers(data):
        if not header.is_control:
            found += [_pair(each) for each in records(data[at : at + header.size])]
        at += header.size
    return found


def _pair(record: Record) -> tuple[str, str | None]:
    return (record.key or b"").decode(), None if record.value is None else record.value.decode()


async def committed(log: Log) -> list[Record]:
    """What a consumer with `isolation.level=read_committed` is given, by Kafka's way of leaving out what is void."""
    offset = log.bounds.start
    found: list[Record] = []
    while (piece := await log.read(offset, bytes_max=700, isolation=Isolation.READ_COMMITTED)).size:
        offset, given = _without_void(piece)
        found += given
    return found


def _without_void(piece: Slice) -> tuple[Offset, list[Record]]:
    data = b"".join(bytes(part) for part in piece.data)
    waiting, void = list(piece.aborted), dict[int, None]()
    found: list[Record] = []
    at, end = 0, Offset(0)
    for header in headers(data):
        while waiting and waiting[0].first <= header.last_offset:
            void[waiting.pop(0).producer_id] = None
        inside = records(data[at : at + header.size])
        if header.is_control:
            if inside and inside[0].key == b"\0\0\0\0":
                void.pop(header.producer_id, None)
        elif not (header.is_transactional and header.producer_id in void):
            found += inside
        at += header.size
        end = Offset(header.last_offset + 1)
    return end, found


async def make(store: Store, **settings: Any) -> Log:
    return await open_log(await store.open(), **{**COMPACTED, **settings})


async def finish_span(log: Log) -> None:
    """Enough under a key of its own that what was written before is in no active span."""
    end = log.bounds.end
    number = 0
    while not log.spans() or log.spans()[-1].base < end:
        number += 1
        await log.append([memoryview(batch(f"filler-{number}".ljust(150, "x")))])
