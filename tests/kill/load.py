"""What clients do while their broker is killed again and again, each in a thread of its own, and what they were promised.

Everything is numbered from 0, so that what is missing, doubled or out of place shows. A client gives up only when it is told
to end: a broker that is away is what this is about.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

QUIET: dict[str, Any] = {
    "log_level": 0,
    "reconnect.backoff.ms": 5,
    "reconnect.backoff.max.ms": 50,
    "retry.backoff.ms": 5,
    "retry.backoff.max.ms": 50,
    "topic.metadata.refresh.fast.interval.ms": 20,
    "error_cb": lambda _: None,
}
PATIENCE_S = 60.0
A_MOMENT_S = 0.02
WAITING_MAX = 2_000
"""Records of one writer that are on their way: enough for five batches in flight."""
BURST_MAX = 60
BETWEEN_BURSTS_S = 0.005
PAYLOAD = b"." * 200


class Client:
    """A thread that repeats one step until it is ended."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.failure: BaseException | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join(2 * PATIENCE_S)
        if self._thread.is_alive():
            raise AssertionError(f"{self.name} did not end")
        if self.failure is not None:
            raise AssertionError(f"{self.name} failed") from self.failure

    def pause(self) -> None:
        self._ended.wait(A_MOMENT_S)

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                self.step()
            self.finish()
        except BaseException as failure:
            self.failure = failure

    def step(self) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """After the last step."""


@dataclass(kw_only=True, slots=True)
class Ledger:
    """What a writer was promised: the number that stands at each offset, by partition."""

    sent: dict[int, int] = field(default_factory=dict)
    acknowledged: dict[int, dict[int, int]] = field(default_factory=dict)

    def end(self, partition: int) -> int:
        """The lowest end that the partition's log may have, as far as this writer was told."""
        return max(self.acknowledged[partition], default=-1) + 1


class Writer(Client):
    """Numbers into each of the topic's partitions."""

    def __init__(
        self, bootstrap: str, topic: str, *, partitions: int, chance: Random, settings: Mapping[str, Any]
    ) -> None:
        super().__init__(f"writer of {topic}")
        self.topic = topic
        self._chance = chance
        self.ledger = Ledger(
            sent=dict.fromkeys(range(partitions), 0), acknowledged={each: {} for each in range(partitions)}
        )
        self._refused: list[KafkaError] = []
        common = {"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 1, "message.timeout.ms": 120_000}
        self._producer = Producer({**QUIET, **common, **settings})

    def step(self) -> None:
        for partition in self.ledger.sent:
            if len(self._producer) < WAITING_MAX:
                for _ in range(self._chance.randint(1, BURST_MAX)):
                    self._send(partition)
        self._producer.poll(BETWEEN_BURSTS_S)
        self._raise_refusals()

    def finish(self) -> None:
        left = self._producer.flush(PATIENCE_S)
        self._raise_refusals()
        if left:
            raise AssertionError(f"{left} records were neither written nor refused in {PATIENCE_S} s")

    def _send(self, partition: int) -> None:
        number = self.ledger.sent[partition]
        self._producer.produce(
            self.topic, b"%d " % number + PAYLOAD, partition=partition, on_delivery=self._delivered(partition, number)
        )
        self.ledger.sent[partition] = number + 1

    def _delivered(self, partition: int, number: int) -> Callable[[KafkaError | None, Any], None]:
        def note(error: KafkaError | None, message: Any) -> None:
            if error is not None:
                self._refused.append(error)
            elif (
                message.offset() >= 0
            ):  # the answer to a duplicate that the broker no longer remembers in full has none
                self.ledger.acknowledged[partition][message.offset()] = number

        return note

    def _raise_refusals(self) -> None:
        if self._refused:
            raise KafkaException(self._refused[0])


class Committer(Client):
    """Commits ever higher offsets of a group without members."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        super().__init__("committer")
        self.tried = 0
        self.acknowledged = 0
        self.partition = TopicPartition(topic, 0)
        settings = {"bootstrap.servers": bootstrap, "group.id": "committer", "enable.auto.commit": False}
        self._consumer = Consumer(QUIET | settings)

    def step(self) -> None:
        self.tried += 1
        offset = TopicPartition(self.partition.topic, 0, self.tried, metadata=f"mark {self.tried}")
        try:
            (committed,) = self._consumer.commit(offsets=[offset], asynchronous=False)
        except KafkaException:
            self.pause()
            return
        if committed.error is None:
            self.acknowledged = self.tried

    def finish(self) -> None:
        self._consumer.close()


class Creator(Client):
    """Creates topic after topic, and deletes every third."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__("creator")
        self.made: list[str] = []
        self.deleted: list[str] = []
        self._count = 0
        self._admin = AdminClient(QUIET | {"bootstrap.servers": bootstrap})

    def step(self) -> None:
        name = f"made-{self._count}"
        self._count += 1
        if not self._is_done(self._admin.create_topics([NewTopic(name, 1, 1)], request_timeout=1.0)):
            return
        if self._count % 3:
            self.made.append(name)
        elif self._is_done(self._admin.delete_topics([name], request_timeout=1.0)):
            self.deleted.append(name)
        self.pause()

    def _is_done(self, futures: Any) -> bool:
        """Only what was acknowledged counts: a request that failed may have been carried out or not."""
        (future,) = futures.values()
        try:
            future.result(PATIENCE_S)
        except KafkaException:
            self.pause()
            return False
        return True
