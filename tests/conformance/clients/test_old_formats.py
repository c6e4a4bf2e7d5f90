"""Segments of Kafka before 0.11, laid into a broker's folder, and today's clients that read them."""

from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from tests.conformance.clients.conftest import LIBRARIES
from tests.conformance.clients.reading import closing, read_from
from tests.e2e.process import Process, start
from tests.log.segments.old_formats import Pair, messages

from headwater.wire.batch.attributes import Compression

WAIT_S = 30.0
PAIRS: list[Pair] = [("a", "1"), ("b", "2"), (None, "3"), ("c", None)]
SETS = [(magic, codec) for magic in (0, 1) for codec in (Compression.NONE, Compression.GZIP)]
READERS = ("confluent-kafka", "kafka-python")
"""aiokafka takes the relative offsets of format 1 for absolute ones."""
SETTINGS = {"retention.ms": "-1"}


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A broker that was killed, and whose one log is old."""
    folder = tmp_path_factory.mktemp("old") / "data"
    process = start(folder)
    try:
        admin = AdminClient({"bootstrap.servers": process.bootstrap})
        admin.create_topics([NewTopic("old", 1, 1, config=SETTINGS)])["old"].result(WAIT_S)
        process.kill()
        log = (messages(*each, PAIRS, base=len(PAIRS) * place) for place, each in enumerate(SETS))
        (folder / "old-0" / "00000000000000000000.log").write_bytes(b"".join(log))
        process.start()
        yield process
    finally:
        assert process.stop() == 0, process.log_tail()


@pytest.mark.parametrize("name", READERS)
def test_clients_read_what_is_older_than_they(aged: Process, name: str):
    with closing(LIBRARIES[name](aged.bootstrap).reader()) as reader:
        for offset in (0, 7, len(SETS) * len(PAIRS) - 3):
            expected = (PAIRS * len(SETS))[offset:]
            found = read_from(reader, "old", len(expected), {0: offset})
            texts = [(each.key, each.value) for each in found]
            assert texts == [(key and key.encode(), value and value.encode()) for key, value in expected]
            assert [each.offset for each in found] == list(range(offset, len(SETS) * len(PAIRS)))
