"""Compaction: megabytes a second of one log, read twice and written once, on one core.

    python -m bench.compaction [--megabytes 200]

A log of keyed records, of which the keys come again and again, is written once; then one round compacts it. What is counted
is the dirty bytes over the processor time of the whole round, on however many cores.
"""

import argparse
import asyncio
import shutil
import tempfile
import time
from pathlib import Path
from random import Random

import uvloop

from headwater.kernel.real.world import real_world
from headwater.kernel.units import MiB, Timestamp
from headwater.kernel.world import World
from headwater.log.compaction.cleaner import Cleaner
from headwater.log.compaction.dirty import measure
from headwater.log.compaction.keys import KeyMap
from headwater.log.compaction.pace import Pace
from headwater.log.port import Log, PartitionId
from headwater.log.segments.logs import open_logs
from headwater.log.settings import LogSettings
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.types import LeaderEpoch, TopicName, Uuid

SEGMENT_BYTES = 8 * MiB
BATCH_BYTES = 16_000
KEYS = 50_000


async def fill(log: Log, *, megabytes: int, record_bytes: int, codec: Compression) -> None:
    random = Random(1)
    now = Timestamp(time.time_ns() // 1_000_000)
    count = max(1, BATCH_BYTES // record_bytes)
    for _ in range(megabytes * MiB // (count * record_bytes)):
        records = [
            NewRecord(
                key=b"customer-%012d" % random.randrange(KEYS), value=random.randbytes(record_bytes), timestamp=now
            )
            for _ in range(count)
        ]
        await log.append([memoryview(build_batch(records, compression=codec))])


async def longest_turn(until: asyncio.Task[object]) -> float:
    """The longest that the loop was held, in milliseconds of its own processor time."""
    worst, before = 0.0, time.thread_time()
    while not until.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        worst, before = max(worst, now - before), now
    return worst * 1000


async def compact(world: World, log: Log) -> tuple[float, float, float, float]:
    """MB a second of processor time, seconds, the share that is left, and the longest turn."""
    now = world.clock.now()
    dirty = measure(log.spans(), log.bounds, log.settings, first_dirty=log.first_dirty, now=now)
    keys = KeyMap(bytes_max=128 * MiB, load_factor=0.9)
    pace = Pace(bytes_per_second=float("inf"))
    cleaner = Cleaner(log, dirty, keys, now=now, pace=pace, workers=world.workers, read_bytes=512 * 1024)
    began, used = time.perf_counter(), time.process_time()
    cleaning = asyncio.create_task(cleaner.clean())
    turn = await longest_turn(cleaning)
    done = await cleaning
    lasted, used = time.perf_counter() - began, time.process_time() - used
    return dirty.dirty_bytes / MiB / used, lasted, done.bytes_written / dirty.dirty_bytes, turn


async def measure_one(*, megabytes: int, record_bytes: int, codec: Compression) -> tuple[float, float, float, float]:
    folder = Path(tempfile.mkdtemp(prefix="compaction-"))
    world = real_world()
    try:
        logs = await open_logs(world, str(folder / "data"))
        settings = LogSettings(compact_policy=True, delete_policy=False, segment_bytes=SEGMENT_BYTES)
        partition = PartitionId(topic=TopicName("bench"), topic_id=Uuid(b"benchmarks-topic"), index=0)
        log = await logs.open(partition, epoch=LeaderEpoch(0), settings=settings)
        await fill(log, megabytes=megabytes, record_bytes=record_bytes, codec=codec)
        found = await compact(world, log)
        await logs.close()
        return found
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    asked = parser.parse_args()
    print(f"{'records':<18}{'codec':<8}{'MB/cpu s':>9}{'seconds':>9}{'left':>7}{'longest turn, ms':>18}")
    for record_bytes in (100, 1000):
        for codec in (Compression.NONE, Compression.LZ4):
            rate, lasted, left, turn = uvloop.run(
                measure_one(megabytes=asked.megabytes, record_bytes=record_bytes, codec=codec)
            )
            print(f"{record_bytes:<18}{codec.name:<8}{rate:>9.1f}{lasted:>9.1f}{left:>7.0%}{turn:>18.1f}", flush=True)


if __name__ == "__main__":
    main()
