"""A program that lives on one folder of logs: it checks what it finds at its start, then writes, reads and trims.

What clients remember outlives the program: an idempotent producer sends again what it got no answer for, as Kafka's
clients do, and a plain one never does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.contracts.log_store import pieces
from tests.simulation.log.ledger import Ledger

from headwater.kernel.units import Timestamp
from headwater.kernel.world import World
from headwater.log.errors import DuplicateSequence, OffsetOutOfRange, OutOfOrderSequence
from headwater.log.port import Appended, Log, Logs, PartitionId
from headwater.log.settings import LogSettings
from headwater.wire.batch.builder import NOBODY, NewRecord, Producer, build_batch
from headwater.wire.batch.header import iter_headers
from headwater.wire.types import (
    LeaderEpoch,
    Offset,
    ProducerEpoch,
    ProducerId,
    Sequence as SequenceNumber,
    TopicName,
    Uuid,
)

IN_FLIGHT_MAX = 5
BEGAN_MS = 1_767_225_600_000
OpenLogs = Callable[[World], Awaitable[Logs]]


@dataclass(kw_only=True, slots=True)
class Client:
    """A producer: idempotent where it has an id. `unanswered` are batches to send again, in order."""

    producer_id: int | None
    sequence: int = 0
    unanswered: list[bytearray] = field(default_factory=list)


class Workload:
    """`number` tells programs apart that share their ledgers, as brokers share a store; only one that is `alone` trims.

    `pace` stretches its pauses.
    """

    def __init__(
        self,
        random: Random,
        open_logs: OpenLogs,
        ledgers: Sequence[Ledger],
        settings: LogSettings,
        *,
        number: int,
        alone: bool,
        pace: float,
    ) -> None:
        self.verified = asyncio.Event()
        """Set by each start that found what it must."""
        self._ledgers = ledgers
        self._number = number
        self._alone = alone
        self._pace = pace
        self._random = random
        self._open_logs = open_logs
        self._settings = settings
        self._clients = [[Client(producer_id=None), Client(producer_id=number)] for _ in ledgers]
        self._records = 0
        self._closing: asyncio.Event | None = None

    async def program(self, world: World) -> None:
        """Until it is killed, its storage fails, or `close` asks for a clean end."""
        self._closing = asyncio.Event()
        logs = await self._open_logs(world)
        opened = [await self._open(logs, ledger, index) for index, ledger in enumerate(self._ledgers)]
        for log, ledger in zip(opened, self._ledgers, strict=True):
            await ledger.verify(log, alone=self._alone)
        self.verified.set()
        work = [self._closing.wait(), *(each for pair in enumerate(opened) for each in self._work(*pair))]
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(each) for each in work]
        for task in tasks:
            task.add_done_callback(_hear)
        done, _ = await asyncio.wait([logs.failed, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for failure in [each.exception() for each in done]:
            if failure is not None:
                raise failure
        await logs.close()

    def close(self) -> None:
        """Have the running program end cleanly."""
        if self._closing is not None:
            self._closing.set()

    async def _open(self, logs: Logs, ledger: Ledger, index: int) -> Log:
        if not logs.clean:
            ledger.leader_epoch += 1
        topic_id = Uuid(b"simulated-topic!")
        partition = PartitionId(topic=TopicName("orders"), topic_id=topic_id, index=index)
        return await logs.open(partition, epoch=LeaderEpoch(ledger.leader_epoch), settings=self._settings)

    def _work(self, index: int, log: Log) -> Sequence[Coroutine[Any, Any, object]]:
        ledger = self._ledgers[index]
        writers = [self._write(log, ledger, client) for client in self._clients[index]]
        return [*writers, self._read(log, ledger), *self._delete(log, ledger)]

    def _delete(self, log: Log, ledger: Ledger) -> Sequence[Coroutine[Any, Any, object]]:
        return (self._trim(log, ledger), self._compact(log, ledger)) if self._alone else ()

    # Writers.

    async def _write(self, log: Log, ledger: Ledger, client: Client) -> None:
        while True:
            await self._pause(0.1)
            fresh = self._random.randint(0, IN_FLIGHT_MAX - len(client.unanswered))
            made = [self._batch(client) for _ in range(fresh)]
            for batch in made:
                ledger.send(batch)
            batches = client.unanswered + made
            if client.producer_id is not None:
                client.unanswered = batches
            answers = [self._append(log, ledger, batch) for batch in batches]
            ledger.show(log.bounds)
            for batch, answer in zip(batches, answers, strict=True):
                if answer is not None:
                    appended = await answer
                    ledger.acknowledge(batch, appended.base_offset, appended.last_offset)
            client.unanswered = []

    def _append(self, log: Log, ledger: Ledger, batch: bytearray) -> Awaitable[Appended] | None:
        """None for a batch that is there, but is no longer known by its sequence: a restart may remember only the last one."""
        try:
            answer = log.append([memoryview(bytearray(batch))])
        except (DuplicateSequence, OutOfOrderSequence) as refusal:
            if ledger.knows(batch):
                return None
            raise AssertionError(f"{ledger.name}: {refusal}, and it is not there") from refusal
        answer.add_done_callback(_hear)
        return answer

    def _batch(self, client: Client) -> bytearray:
        records = [self._record() for _ in range(self._random.choice((1, 1, 2, 5)))]
        if client.producer_id is None:
            return build_batch(records, producer=NOBODY)
        sequence = client.sequence
        client.sequence += len(records)
        producer = Producer(
            id=ProducerId(client.producer_id), epoch=ProducerEpoch(0), base_sequence=SequenceNumber(sequence)
        )
        return build_batch(records, producer=producer)

    def _record(self) -> NewRecord:
        self._records += 1
        value = b"%d.%d:" % (self._number, self._records) + self._random.randbytes(self._random.choice((10, 100, 700)))
        time = Timestamp(BEGAN_MS + self._records * 10 - self._random.choice((0, 0, 25)))
        return NewRecord(key=b"k", value=value, timestamp=time)

    # Readers, and who deletes records.

    async def _read(self, log: Log, ledger: Ledger) -> None:
        while True:
            await self._pause(0.2)
            bounds = log.bounds
            ledger.show(bounds)
            offset = Offset(self._random.randint(bounds.start, bounds.high_watermark))
            try:
                found = await log.read(offset, bytes_max=self._random.choice((1, 1000, 10_000)))
            except OffsetOutOfRange:
                assert offset < log.bounds.start, "trimmed meanwhile"
                continue
            assert found.data or offset >= bounds.high_watermark, f"{ledger.name}: nothing at {offset} of {bounds}"
            ledger.read(offset, found)

    async def _trim(self, log: Log, ledger: Ledger) -> None:
        while True:
            await self._pause(1.0)
            bounds = log.bounds
            before = self._random.randint(bounds.start, bounds.start + (bounds.high_watermark - bounds.start) // 2)
            ledger.start_at_most = max(ledger.start_at_most, before)
            await log.trim(Offset(before))
            ledger.trimmed(before)

    async def _compact(self, log: Log, ledger: Ledger) -> None:
        """Leave a third of all batches out of one closed span or some."""
        while True:
            await self._pause(1.0)
            closed = [each for each in log.spans() if not each.active and each.base >= log.bounds.start]
            if not closed:
                continue
            first = self._random.randrange(len(closed))
            spans = closed[first : first + self._random.choice((1, 1, 2))]
            with suppress(OffsetOutOfRange):
                if kept := await self._thinned(log, ledger, spans[0].base, spans[-1].end):
                    await log.replace(spans[0].base, spans[-1].end, pieces(*kept))

    async def _thinned(self, log: Log, ledger: Ledger, first: Offset, end: Offset) -> list[bytes]:
        kept: list[bytes] = []
        offset = first
        while offset < end and offset >= log.bounds.start:
            found = await log.read(offset, bytes_max=16_000)
            ledger.read(offset, found)
            data = b"".join(found.data)
            for at, header in iter_headers(data):
                if header.last_offset >= end:
                    return kept
                if self._random.random() < 0.33:
                    ledger.thin(header.base_offset)
                else:
                    kept.append(data[at : at + header.size])
                offset = Offset(header.last_offset + 1)
            if not data:
                break
        return kept

    async def _pause(self, usual_s: float) -> None:
        await asyncio.sleep(self._pace * usual_s * 3 ** self._random.uniform(-1, 1))


def _hear(done: asyncio.Future[Any]) -> None:
    """Of several that fail together only the first is raised; asyncio would complain that nobody asked the others."""
    if not done.cancelled():
        done.exception()
