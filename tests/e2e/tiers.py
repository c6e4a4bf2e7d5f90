"""A broker with remote storage on a real S3 server, and clients that know what they wrote."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType
from tests.contracts.seaweed import Seaweed
from tests.e2e.process import QUICK, Process, environment

from headwater.client.address import Address
from headwater.client.connecting import connect
from headwater.kernel.units import KiB, MiB
from headwater.log.tiering.obstore_store import ObstoreStore
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.fetch_request import FetchPartition, FetchRequest, FetchTopic
from headwater.wire.messages.fetch_response import FetchResponse
from headwater.wire.schema import Versions

TOPIC = "events"
VALUE_BYTES = 8 * KiB
DEADLINE_S = 120.0
PAUSE_S = 0.05
_NOISE = os.urandom(MiB)


def settings(server: Seaweed, path: str, **more: str) -> dict[str, str]:
    options = ",".join(f"{name}={value}" for name, value in server.options.items())
    return {
        **QUICK,
        "remote.log.storage.system.enable": "true",
        "remote.storage.url": f"{server.url}/{path}",
        "remote.storage.options": options,
        "remote.storage.timeout.ms": "3000",
        "remote.log.manager.task.interval.ms": "100",
        "remote.log.manager.task.retry.backoff.max.ms": "1000",
        "rlmm.config.remote.log.metadata.topic.num.partitions": "2",
        **{name.replace("_", "."): value for name, value in more.items()},
    }


@contextmanager
def broker(folder: Path, given: dict[str, str]) -> Iterator[Process]:
    process = Process(folder, given)
    process.start()
    try:
        yield process
    finally:
        process.stop()


def create(process: Process, **config: str | int) -> None:
    wanted = {"remote.storage.enable": "true", "file.delete.delay.ms": "0", "retention.ms": "-1"}
    wanted |= {name.replace("_", "."): str(value) for name, value in config.items()}
    admin = AdminClient({"bootstrap.servers": process.bootstrap})
    for done in admin.create_topics([NewTopic(TOPIC, 1, 1, config=wanted)]).values():
        done.result(DEADLINE_S)


def value(number: int) -> bytes:
    """Other bytes for each number, which no codec makes smaller."""
    at = number * 131 % (len(_NOISE) - VALUE_BYTES)
    return number.to_bytes(8, "big") + _NOISE[at : at + VALUE_BYTES - 8]


def produce(process: Process, first: int, end: int) -> None:
    """All of them are acknowledged when this returns."""
    producer = Producer(
        {
            "bootstrap.servers": process.bootstrap,
            "enable.idempotence": True,
            "linger.ms": 5,
            "batch.size": 256 * KiB,
            "queue.buffering.max.kbytes": 64 * KiB,
            "retry.backoff.ms": 50,
        }
    )
    failed: list[KafkaError] = []
    for number in range(first, end):
        while True:
            try:
                producer.produce(
                    TOPIC, value(number), on_delivery=lambda error, _: failed.append(error) if error else None
                )
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    assert producer.flush(DEADLINE_S) == 0
    assert not failed, failed[0]


def consumer(process: Process) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": process.bootstrap,
            "group.id": "readers",
            "enable.auto.commit": False,
            "fetch.error.backoff.ms": 100,
            "auto.offset.reset": "error",
        }
    )


def read(process: Process, first: int, end: int) -> None:
    """They are there, byte for byte and in order. The deadline is for the next one."""
    deadline = time.monotonic() + DEADLINE_S
    with closing(consumer(process)) as reader:
        reader.assign([TopicPartition(TOPIC, 0, first)])
        at = first
        while at < end:
            for message in reader.consume(min(1_000, end - at), 0.2):
                if (error := message.error()) is not None:
                    assert error.retriable() or not error.fatal(), error
                    continue
                assert (message.offset(), message.value()) == (at, value(at))
                at += 1
                deadline = time.monotonic() + DEADLINE_S
            assert time.monotonic() < deadline, f"{at} of {end} were read:\n{process.log_tail()}"


def first_offset(process: Process) -> int:
    with closing(consumer(process)) as reader:
        low, _ = reader.get_watermark_offsets(TopicPartition(TOPIC, 0), DEADLINE_S)
        return int(low)


def metric(process: Process, name: str) -> float:
    with urlopen(f"http://127.0.0.1:{process.admin_port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"headwater_{name} ")))


def log_bytes(process: Process) -> int:
    """Of the topic's segments that lie here."""
    return sum(each.stat().st_size for each in (process.folder / f"{TOPIC}-0").glob("*.log"))


def objects(server: Seaweed, path: str) -> list[str]:
    async def names() -> list[str]:
        store = ObstoreStore(f"{server.url}/{path}", server.options, timeout_ms=10_000)
        return [each.name for each in await store.list("")]

    return asyncio.run(names())


def of_segments(server: Seaweed, path: str, *, suffix: str = ".log") -> int:
    return sum(name.endswith(suffix) for name in objects(server, path))


def tier_status(process: Process) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "headwater.cli.main", "tier", "status", "--output", "json"]
    told = environment() | {"HEADWATER_BOOTSTRAP": process.bootstrap}
    shown = subprocess.run(command, env=told, capture_output=True, text=True, timeout=DEADLINE_S, check=True)
    rows: list[dict[str, Any]] = json.loads(shown.stdout)
    return rows


def is_refused(process: Process, offset: int) -> bool:
    """Whether a read there is answered with the error that a client tries again."""
    partition = FetchPartition(partition=0, fetch_offset=offset, partition_max_bytes=MiB)
    request = FetchRequest(max_wait_ms=100, min_bytes=1, topics=(FetchTopic(topic=TOPIC, partitions=(partition,)),))

    async def ask() -> int:
        connection = await connect(Address("127.0.0.1", process.port))
        try:
            answer = await connection.ask(request, FetchResponse, versions=Versions(12, 12))
        finally:
            await connection.close()
        return answer.responses[0].partitions[0].error_code

    return asyncio.run(ask()) == ErrorCode.KAFKA_STORAGE_ERROR


def alter(process: Process, config: dict[str, str]) -> None:
    changes = [ConfigEntry(name, text, incremental_operation=AlterConfigOpType.SET) for name, text in config.items()]
    resource = ConfigResource(ResourceType.TOPIC, TOPIC, incremental_configs=changes)
    admin = AdminClient({"bootstrap.servers": process.bootstrap})
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(DEADLINE_S)


def delete_topic(process: Process) -> None:
    admin = AdminClient({"bootstrap.servers": process.bootstrap})
    for done in admin.delete_topics([TOPIC]).values():
        done.result(DEADLINE_S)


def until(what: Callable[[], bool], process: Process, *, seconds: float = DEADLINE_S) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"it never was so:\n{process.log_tail()}"
        time.sleep(PAUSE_S)
