"""A Kafka Streams word count in a JVM of its own (`java/StreamsGroupJob.java`), its input, and what it has counted."""

import subprocess
import time
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.e2e.process import TAIL, line_within
from tools.apache_kafka import Release

JOB = Path(__file__).parent / "java" / "StreamsGroupJob.java"
PARTITIONS = 3
GROUP = "words"
DEADLINE_S = 120.0


class Application:
    """Its instances live in folders below `folder`, with what they have stored."""

    def __init__(self, release: Release, bootstrap: str, folder: Path, *, guarantee: str, instances: int = 1) -> None:
        self._command = release.java(str(JOB), bootstrap, str(folder / "state"), guarantee, str(instances))
        self._log = folder / "application.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until all instances run."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.PIPE)
        self._hear(b"running\n")

    def stop_one(self) -> None:
        """End one instance as it should end; the others take over."""
        process = self._running()
        assert process.stdin is not None
        process.stdin.write(b"stop\n")
        process.stdin.flush()
        self._hear(b"stopped\n")

    def stop(self) -> None:
        process = self._running()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 0, self._log.read_text()[-TAIL:]
        self._end()

    def kill(self) -> None:
        """kill -9, at whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE_S)
            self._end()

    def _hear(self, expected: bytes) -> None:
        process, heard = self._running(), b""
        assert process.stderr is not None
        while expected not in heard.splitlines(keepends=True):
            more = line_within(process.stderr, DEADLINE_S)
            assert more, f"expected {expected!r}, heard {heard!r}:\n{self._log.read_text(errors='replace')[-TAIL:]}"
            heard += more

    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def _end(self) -> None:
        process = self._running()
        for pipe in (process.stdin, process.stderr):
            if pipe is not None:
                pipe.close()
        self._process = None


class Words:
    """What goes in, and the counts that come out; both by a client that is told nothing of the application."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._said = 0
        admin = AdminClient({"bootstrap.servers": bootstrap})
        topics = [NewTopic(name, PARTITIONS, 1) for name in ("lines", "counts")]
        for made in admin.create_topics(topics).values():
            made.result()

    def say(self, lines: int) -> None:
        producer = Producer({"bootstrap.servers": self._bootstrap, "enable.idempotence": True})
        for number in range(lines):
            producer.produce("lines", f"all word{number % 10}", partition=number % PARTITIONS)
        assert producer.flush(DEADLINE_S) == 0
        self._said += lines

    def counted(self) -> None:
        """Until the newest count of each word is that of all lines so far."""
        expected = {"all": self._said} | {f"word{number}": self._said // 10 for number in range(10)}
        seen: dict[str, int] = {}
        consumer = self._consumer()
        deadline = time.monotonic() + DEADLINE_S
        while seen != expected and time.monotonic() < deadline:
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                seen[_text(message.key())] = int.from_bytes(_bytes(message.value()), "big")
        consumer.close()
        assert seen == expected

    def only_grew(self) -> None:
        """No word's committed counts ever went back or stood still: nothing was counted twice, and then taken back."""
        consumer, newest, ends = self._consumer(), dict[str, int](), self._ends()
        while any(consumer.position([each])[0].offset < end for each, end in ends):
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                word, count = _text(message.key()), int.from_bytes(_bytes(message.value()), "big")
                assert count > newest.get(word, 0)
                newest[word] = count
        consumer.close()

    def _ends(self) -> list[tuple[TopicPartition, int]]:
        consumer = self._consumer()
        ends = [(each, consumer.get_watermark_offsets(each, timeout=DEADLINE_S)[1]) for each in consumer.assignment()]
        consumer.close()
        return ends

    def _consumer(self) -> Consumer:
        consumer = Consumer(
            {"bootstrap.servers": self._bootstrap, "group.id": "onlooker", "isolation.level": "read_committed"}
        )
        consumer.assign([TopicPartition("counts", number, 0) for number in range(PARTITIONS)])
        return consumer


def _bytes(value: str | bytes | None) -> bytes:
    assert isinstance(value, bytes)
    return value


def _text(key: str | bytes | None) -> str:
    return _bytes(key).decode()
