"""`python -m bench.compaction`: the same log compacted by Headwater and by Apache Kafka 4.3.1, each a real process.

A topic is written whose keys come again and again, with segments of 8 MiB; then it is told to compact, and both get to the
end of one round, as their `cleaner-offset-checkpoint` says. Counted are the bytes of the closed segments, over the processor
time of the process, as cores are shared, and over the time on the clock. A round before warms both up.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Final

from confluent_kafka import Producer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

from bench.systems import Running, headwater, kafka

KEYS: Final = 50_000
SETTINGS: Final[Mapping[str, str]] = {"log.cleaner.backoff.ms": "200"}
SEGMENTS: Final[Mapping[str, str]] = {"segment.bytes": str(8 * 1024 * 1024)}
_DEADLINE_S: Final = 180
_MEGABYTE: Final = 1_000_000


def write(system: Running, topic: str, *, megabytes: int, record_bytes: int, codec: str) -> None:
    random = Random(1)
    producer = Producer(
        {
            "bootstrap.servers": system.bootstrap,
            "compression.type": codec,
            "linger.ms": 20,
            "enable.metrics.push": False,
        }
    )
    for _ in range(megabytes * _MEGABYTE // record_bytes):
        producer.poll(0)
        producer.produce(topic, key=f"customer-{random.randrange(KEYS):012}", value=random.randbytes(record_bytes))
        if len(producer) > 50_000:
            producer.flush()
    producer.flush()


def compact(system: Running, topic: str) -> tuple[float, float, float]:
    """MB of closed segments a second of processor time, a second of the clock, and the share that is left."""
    logs = system.data / f"{topic}-0"
    closed = sorted(logs.glob("*.log"))[:-1]
    end = int(max(logs.glob("*.log")).stem)
    before = sum(each.stat().st_size for each in closed)
    used, began = system.cpu_s(), time.monotonic()
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    resource.add_incremental_config(
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.SET)
    )
    admin = system.admin()  # which must live until its request is answered
    admin.incremental_alter_configs([resource])[resource].result(30)
    while cleaned(system.data, topic) < end:
        if time.monotonic() - began > _DEADLINE_S:
            raise TimeoutError(f"{system.name} did not compact {topic}")
        time.sleep(0.01)
    lasted, used = time.monotonic() - began, system.cpu_s() - used
    after = sum(each.stat().st_size for each in logs.glob("*.log") if int(each.stem) < end)
    return before / _MEGABYTE / used, before / _MEGABYTE / lasted, after / before


def cleaned(data: Path, topic: str) -> int:
    checkpoint = data / "cleaner-offset-checkpoint"
    rows = checkpoint.read_text().splitlines() if checkpoint.exists() else []
    return next((int(row.split()[2]) for row in rows if row.startswith(f"{topic} 0 ")), -1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.compaction", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as name, ExitStack() as stack:
        root = Path(name)
        systems = (
            stack.enter_context(headwater(root / "commit", flush_mode="commit", settings=SETTINGS)),
            stack.enter_context(kafka(root / "kafka", settings=SETTINGS)),
        )
        print("| records | codec | system | MB/s of processor | MB/s | left |\n|---|---|---|---|---|---|")
        for number, (size, codec) in enumerate([(1000, "none"), (100, "none"), (1000, "none"), (1000, "lz4")]):
            for system in systems:
                topic = f"topic-{number}"
                system.create_topic(topic, 1, SEGMENTS)
                write(system, topic, megabytes=options.megabytes, record_bytes=size, codec=codec)
                by_cpu, by_clock, left = compact(system, topic)
                if number:
                    print(
                        f"| {size} | {codec} | {system.name} | {by_cpu:.0f} | {by_clock:.0f} | {left:.0%} |", flush=True
                    )


if __name__ == "__main__":
    main()
