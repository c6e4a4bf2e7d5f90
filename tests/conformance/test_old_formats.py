"""Old messages that we compacted, read by Apache Kafka: wrappers that we made anew must be what it would have made."""

import asyncio
import re
from pathlib import Path

import pytest
from tests.contracts.log_store import NOON, append, open_log
from tests.contracts.segment_store import SegmentStore
from tests.log.compaction.rig import COMPACTED, compact, keyed
from tests.log.segments.old_formats import Pair, lay, messages
from tools.apache_kafka import Release

from headwater.wire.batch.attributes import Compression

pytestmark = pytest.mark.java

FIRST: list[Pair] = [("a", "old"), ("b", "kept"), ("c", "old"), ("d", "kept")]
SECOND: list[Pair] = [("a", "new"), ("c", "new")]
RECORD = re.compile(r"\| offset: (\d+) .*keySize: .* key: (\w) payload: (\w+)")


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("codec", [Compression.NONE, Compression.GZIP, Compression.SNAPPY])
def test_kafka_reads_what_is_left_of_old_messages(
    kafka_4_3: Release, tmp_path: Path, magic: int, codec: Compression
) -> None:
    path = asyncio.run(compacted(tmp_path, magic, codec))
    dump = "org.apache.kafka.tools.DumpLogSegments"
    said = kafka_4_3.run(dump, "--deep-iteration", "--print-data-log", "--files", str(path))
    found = [(int(offset), key, value) for offset, key, value in RECORD.findall(said)]
    assert found[:4] == [(1, "b", "kept"), (3, "d", "kept"), (4, "a", "new"), (5, "c", "new")], said


async def compacted(root: Path, magic: int, codec: Compression) -> Path:
    """The log file that is left."""
    store = SegmentStore(root)
    folder = lay(store, (0, messages(magic, codec, FIRST, base=0)), (4, messages(magic, codec, SECOND, base=4)))
    logs = await store.open()
    log = await open_log(logs, **COMPACTED)
    for value in "x", "y":
        await append(log, keyed(("e", value * 300)))
    await compact(log, now=NOON)
    await logs.close()
    return min(folder.glob("*.log"))
