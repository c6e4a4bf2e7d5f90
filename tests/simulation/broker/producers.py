"""Who writes: without idempotence, one batch after another; with it, by our own producer or with five batches in flight."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Final

from tests.simulation.broker.history import Acknowledged, Batch, History, TopicPartition
from tests.simulation.broker.patience import OPTIONS
from tests.simulation.broker.server import ADDRESS

from headwater.client.cluster import Cluster
from headwater.client.connecting import connect
from headwater.client.connection import Connection
from headwater.client.errors import ClientError, DeadlinePassed, Refused, check
from headwater.client.producer import PRODUCE_VERSIONS, Producer
from headwater.client.roles import AnyBroker, Leader
from headwater.kernel.units import Timestamp
from headwater.kernel.world import Clock
from headwater.wire.batch.builder import NOBODY, NewRecord, Producer as Writer, build_batch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.init_producer_id_request import InitProducerIdRequest
from headwater.wire.messages.init_producer_id_response import InitProducerIdResponse
from headwater.wire.messages.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from headwater.wire.messages.produce_response import PartitionProduceResponse, ProduceResponse
from headwater.wire.types import ProducerEpoch, ProducerId, Sequence as SequenceNumber

IN_FLIGHT_MAX: Final = 5
PRODUCE_TIMEOUT_MS: Final = 2_000
ONE_REPLICA: Final = 1
ALL_REPLICAS: Final = -1


class RecordMaker:
    """Batches of one writer. Each has a few records, of which the first says which batch it is."""

    def __init__(self, name: str, random: Random, clock: Clock) -> None:
        self.name = name
        self._random = random
        self._clock = clock
        self._next: dict[TopicPartition, int] = {}

    def batch(self, place: TopicPartition) -> tuple[Batch, list[NewRecord]]:
        number = self._next.get(place, 0)
        self._next[place] = number + 1
        batch = Batch(writer=self.name, place=place, number=number)
        values = [batch.label, *(self._padding() for _ in range(self._random.choice((0, 0, 1, 3))))]
        now = self._clock.now()
        return batch, [NewRecord(key=b"k", value=value, timestamp=Timestamp(now)) for value in values]

    def _padding(self) -> bytes:
        return bytes(self._random.choice((1, 100, 900)))


class PlainProducer:
    """Asks again until it is answered, so that a batch may come twice, but never after one that was sent later."""

    def __init__(self, maker: RecordMaker, cluster: Cluster, history: History, random: Random) -> None:
        self._maker = maker
        self._cluster = cluster
        self._history = history
        self._random = random

    async def send(self, place: TopicPartition) -> None:
        batch, records = self._maker.batch(place)
        request = produce_request(place, build_batch(records, producer=NOBODY), self._acks())

        def accept(answer: ProduceResponse) -> None:
            check(result_of(answer).error_code)

        self._history.ask()
        try:
            answer = await self._cluster.ask(
                Leader(*place), request, ProduceResponse, versions=PRODUCE_VERSIONS, accept=accept
            )
        except DeadlinePassed:
            return
        except Refused as refused:
            raise AssertionError(f"{batch} was refused") from refused
        self._history.acknowledged.append(Acknowledged(batch=batch, base_offset=result_of(answer).base_offset))

    def _acks(self) -> int:
        return self._random.choice((ONE_REPLICA, ALL_REPLICAS))


class IdempotentProducer:
    """Our own client's producer."""

    def __init__(self, maker: RecordMaker, cluster: Cluster, history: History) -> None:
        self._maker = maker
        self._producer = Producer(cluster)
        self._history = history
        history.idempotent.append(maker.name)

    async def send(self, place: TopicPartition) -> None:
        batch, records = self._maker.batch(place)
        self._history.ask()
        try:
            produced = await self._producer.send(*place, records)
        except DeadlinePassed:
            return
        except Refused as refused:
            if refused.code is not ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER:
                raise AssertionError(f"{batch} was refused") from refused
            self._history.disowned.append(batch)
            return
        self._history.acknowledged.append(Acknowledged(batch=batch, base_offset=produced.base_offset))


class PipeliningProducer:
    """Up to five batches of a partition in flight; what is not answered is sent again, all of it and in order.

    A broker that started twice remembers only the last batch of a producer. Then it refuses an older one that comes again,
    as Kafka does, and the producer goes on with a new identity, as Kafka's clients do.
    """

    def __init__(self, maker: RecordMaker, cluster: Cluster, history: History, random: Random) -> None:
        self._maker = maker
        self._cluster = cluster
        self._history = history
        self._random = random
        self._connection: Connection | None = None
        self._writer: Writer | None = None
        self._sequences: dict[TopicPartition, int] = {}
        history.idempotent.append(maker.name)

    async def send(self, place: TopicPartition) -> None:
        if self._writer is None and not await self._identify():
            return
        unanswered = [self._next(place) for _ in range(self._random.randint(1, IN_FLIGHT_MAX))]
        while unanswered and self._writer is not None:
            unanswered = await self._send_all(place, unanswered)
            if unanswered:
                await asyncio.sleep(self._random.uniform(0.05, 0.5))

    async def _identify(self) -> bool:
        self._history.ask()
        request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=PRODUCE_TIMEOUT_MS)
        try:
            answer = await self._cluster.ask_once(AnyBroker(), request, InitProducerIdResponse)
            check(answer.error_code)
        except ClientError:
            return False
        self._writer = Writer(id=ProducerId(answer.producer_id), epoch=ProducerEpoch(answer.producer_epoch))
        self._sequences.clear()
        return True

    def _next(self, place: TopicPartition) -> tuple[Batch, bytearray]:
        assert self._writer is not None
        batch, records = self._maker.batch(place)
        sequence = self._sequences.get(place, 0)
        self._sequences[place] = sequence + len(records)
        writer = Writer(id=self._writer.id, epoch=self._writer.epoch, base_sequence=SequenceNumber(sequence))
        return batch, build_batch(records, producer=writer)

    async def _send_all(
        self, place: TopicPartition, pairs: Sequence[tuple[Batch, bytearray]]
    ) -> list[tuple[Batch, bytearray]]:
        """Gives what must be sent again."""
        again: list[tuple[Batch, bytearray]] = []
        if (connection := await self._connected()) is None:
            return list(pairs)
        answers = await asyncio.gather(*(self._ask(connection, place, data) for _, data in pairs))
        for (batch, data), answer in zip(pairs, answers, strict=True):
            code = None if answer is None else ErrorCode(answer.error_code)
            if answer is not None and code in (ErrorCode.NONE, ErrorCode.DUPLICATE_SEQUENCE_NUMBER):
                base_offset = answer.base_offset if code is ErrorCode.NONE else -1
                self._history.acknowledged.append(Acknowledged(batch=batch, base_offset=base_offset))
            elif code is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER and not again:
                self._history.disowned.append(batch)
                self._writer = None
                return []
            else:
                assert code is None or code.retriable or again, f"{batch} is refused with {code}"
                again.append((batch, data))
        return again

    async def _connected(self) -> Connection | None:
        """One connection for all that is in flight: a batch on its way beside the one before it might come first."""
        if self._connection is None or self._connection.is_closed:
            try:
                self._connection = await connect(ADDRESS, OPTIONS)
            except ClientError:
                return None
        return self._connection

    async def _ask(
        self, connection: Connection, place: TopicPartition, data: bytearray
    ) -> PartitionProduceResponse | None:
        self._history.ask()
        request = produce_request(place, data, ALL_REPLICAS)
        try:
            return result_of(await connection.ask(request, ProduceResponse, versions=PRODUCE_VERSIONS))
        except ClientError:
            return None


def produce_request(place: TopicPartition, batch: bytearray, acks: int) -> ProduceRequest:
    topic, partition = place
    data = PartitionProduceData(index=partition, records=memoryview(batch))
    return ProduceRequest(
        acks=acks, timeout_ms=PRODUCE_TIMEOUT_MS, topic_data=(TopicProduceData(name=topic, partition_data=(data,)),)
    )


def result_of(answer: ProduceResponse) -> PartitionProduceResponse:
    return answer.responses[0].partition_responses[0]
