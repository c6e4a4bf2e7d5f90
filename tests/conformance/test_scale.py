"""Ten thousand partitions and two thousand idle connections are ordinary, and neither needs as many open files."""

import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from tests.conformance.clients.confluent import QUIET, Confluent
from tests.conformance.clients.raw import Raw, batch_of, connected
from tests.conformance.clients.reading import until
from tests.e2e.process import QUICK, Process
from tests.e2e.serve import OPEN_FILES

from headwater.wire.messages.api_versions_request import ApiVersionsRequest
from headwater.wire.messages.api_versions_response import ApiVersionsResponse

TOPICS = 10
PARTITIONS = 1_000
"""Of each topic."""
WRITTEN = 150
"""Partitions of each topic that are written to: together more than there may be open files."""
CONNECTIONS = 2_000
SPARE_FILES = 500
DEADLINE_S = 60.0


@contextmanager
def broker_with(folder: Path, open_files: str) -> Iterator[Process]:
    process = Process(folder, {**QUICK, OPEN_FILES: open_files})
    process.start()
    try:
        yield process
    finally:
        process.kill()


def open_files(process: Process) -> int:
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


def test_ten_thousand_partitions_live_with_a_thousand_open_files(tmp_path: Path):
    with broker_with(tmp_path / "data", "1024:1024") as broker:
        library = Confluent(broker.bootstrap)
        admin = library.admin()
        topics = [f"many-{number}" for number in range(TOPICS)]
        for topic in topics:
            admin.create(topic, partitions=PARTITIONS)
        write_one_record_each(broker, topics)
        assert broker.stop() == 0
        broker.start()
        assert {topic: admin.topics()[topic] for topic in topics} == dict.fromkeys(topics, PARTITIONS)
        assert read_all(broker, topics) == sorted((topic, index) for topic in topics for index in range(WRITTEN))
        if Path("/proc/self/fd").exists():
            assert open_files(broker) < 1_024


def write_one_record_each(broker: Process, topics: list[str]) -> None:
    errors: list[object] = []
    producer = Producer({**QUIET, "bootstrap.servers": broker.bootstrap, "linger.ms": 50})
    for topic in topics:
        for partition in range(WRITTEN):
            producer.produce(topic, b"x", partition=partition, on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(DEADLINE_S) == 0
    assert errors == [None] * len(topics) * WRITTEN


def read_all(broker: Process, topics: list[str]) -> list[tuple[str, int]]:
    """Which partitions have a record, of all of them."""
    consumer = Consumer(
        {**QUIET, "bootstrap.servers": broker.bootstrap, "group.id": "all", "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(topic, index, 0) for topic in topics for index in range(PARTITIONS)])
    found: list[tuple[str, int]] = []

    def everything() -> bool:
        messages = consumer.consume(TOPICS * WRITTEN, timeout=0.5)
        found.extend((each.topic(), each.partition()) for each in messages)
        return len(found) >= TOPICS * WRITTEN

    until(everything, lambda: f"{len(found)} of {TOPICS * WRITTEN}")
    consumer.close()
    return sorted(found)


def test_two_thousand_idle_connections_disturb_nobody(tmp_path: Path):
    """The usual limit of open files is lower: the broker asks the system for what it may have."""
    with (
        more_open_files(CONNECTIONS + SPARE_FILES),
        broker_with(tmp_path / "data", f"1024:{CONNECTIONS + 2_000}") as broker,
    ):
        with ExitStack() as open_connections:
            idle = [open_connections.enter_context(connected(broker)) for _ in range(CONNECTIONS)]
            for each in idle:
                assert asks(each)
            with connected(broker) as busy:
                busy.topic("orders", make=True)
                assert busy.produce("orders", batch_of(b"x")).error_code == 0
                assert busy.fetch("orders", 0).records
            for each in idle:
                assert asks(each)
        assert broker.stop() == 0


def asks(raw: Raw) -> bool:
    request = ApiVersionsRequest(client_software_name="idle", client_software_version="1")
    return raw.ask(request, 3, ApiVersionsResponse).error_code == 0


@contextmanager
def more_open_files(count: int) -> Iterator[None]:
    """For this process too: it is the other end of all those connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
