"""Produces: records of ours, made into idempotent batches, or raw batches exactly as they are given.

Small and correct rather than fast; `bulk` is for millions. Each partition has one batch in flight, so its order is the
order of the calls, and a batch is repeated byte for byte until its outcome is known. When the time is over and it is still
not known, sequence numbers can't go on from there: the producer takes a new identity, and the caller is told.

Raw batches keep what is in them: offsets inside, producer, sequence, compression, control records. The broker gives them
their place in the log, so what is copied from one cluster to another stays what it was.
"""

import asyncio
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import Final

from headwater.client.cluster import Cluster
from headwater.client.errors import ClientError, DeadlinePassed, Refused, UnexpectedAnswer, check
from headwater.client.roles import AnyBroker, Leader
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.builder import NewRecord, Producer as Writer, build_batch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.init_producer_id_request import InitProducerIdRequest
from headwater.wire.messages.init_producer_id_response import InitProducerIdResponse
from headwater.wire.messages.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from headwater.wire.messages.produce_response import PartitionProduceResponse, ProduceResponse
from headwater.wire.schema import Buffer, Versions
from headwater.wire.types import ProducerEpoch, ProducerId, Sequence

PRODUCE_VERSIONS: Final = Versions(3, 12)
"""Before topics are named by ids alone."""
ACKS_ALL: Final = -1
_INIT_VERSIONS: Final = Versions(0, 5)
_SEQUENCES: Final = 2**31
_UNKNOWN_OFFSET: Final = -1
_NO_TIMEOUT_MS: Final = 2**31 - 1
"""For transactions, of which there are none here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Produced:
    """Where the first record is; -1 for a batch that had been taken before and that the broker no longer remembers."""

    topic: str
    partition: int
    base_offset: int
    log_append_time: int
    log_start_offset: int


@dataclass(kw_only=True, slots=True)
class Identity:
    """A producer id with its epoch, and the next sequence number of each partition."""

    id: ProducerId
    epoch: ProducerEpoch
    next_sequences: dict[tuple[str, int], int] = field(default_factory=dict)


class Producer:
    """Idempotent. `compression` holds for records; raw batches are sent as they are."""

    def __init__(self, cluster: Cluster, *, compression: Compression = Compression.NONE) -> None:
        self._cluster = cluster
        self._compression = compression
        self._identity: Identity | None = None
        self._identifying = asyncio.Lock()
        self._turns: dict[tuple[str, int], asyncio.Lock] = {}

    async def send(self, topic: str, partition: int, records: Many[NewRecord]) -> Produced:
        """Records as one batch, at least one. Where this raises DeadlinePassed, they may or may not be in the log."""
        async with self._turns.setdefault((topic, partition), asyncio.Lock()):
            identity = await self._identify()
            sequence = identity.next_sequences.get((topic, partition), 0)
            writer = Writer(id=identity.id, epoch=identity.epoch, base_sequence=Sequence(sequence))
            batch = build_batch(records, producer=writer, compression=self._compression)
            try:
                produced = await self._produce(topic, partition, batch)
            except (ClientError, asyncio.CancelledError) as failure:
                self._give_up_identity(identity, failure)
                raise
            identity.next_sequences[topic, partition] = (sequence + len(records)) % _SEQUENCES
            return produced

    async def send_raw(self, topic: str, partition: int, batch: Buffer) -> Produced:
        """One batch, byte for byte. If it has no producer of its own, a repetition after a lost answer is written twice."""
        async with self._turns.setdefault((topic, partition), asyncio.Lock()):
            return await self._produce(topic, partition, batch)

    async def _produce(self, topic: str, partition: int, batch: Buffer) -> Produced:
        data = PartitionProduceData(index=partition, records=memoryview(batch))
        request = ProduceRequest(
            acks=ACKS_ALL,
            timeout_ms=self._cluster.options.request_timeout_ms,
            topic_data=(TopicProduceData(name=topic, partition_data=(data,)),),
        )

        def accept(answer: ProduceResponse) -> None:
            result = only(answer)
            if result.error_code != ErrorCode.DUPLICATE_SEQUENCE_NUMBER:
                subject = f"partition {partition} of topic {topic}"
                check(result.error_code, subject=subject, message=result.error_message)

        answer = await self._cluster.ask(
            Leader(topic, partition), request, ProduceResponse, versions=PRODUCE_VERSIONS, accept=accept
        )
        result = only(answer)
        return Produced(
            topic=topic,
            partition=partition,
            base_offset=result.base_offset if result.error_code == ErrorCode.NONE else _UNKNOWN_OFFSET,
            log_append_time=result.log_append_time_ms,
            log_start_offset=result.log_start_offset,
        )

    async def _identify(self) -> Identity:
        async with self._identifying:
            if self._identity is None:
                request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=_NO_TIMEOUT_MS)
                answer = await self._cluster.ask(
                    AnyBroker(), request, InitProducerIdResponse, versions=_INIT_VERSIONS, accept=_identified
                )
                self._identity = Identity(id=ProducerId(answer.producer_id), epoch=ProducerEpoch(answer.producer_epoch))
            return self._identity

    def _give_up_identity(self, identity: Identity, failure: BaseException) -> None:
        """A plain refusal wrote nothing and leaves the sequence where it was. Anything else may have written."""
        about_sequence = isinstance(failure, Refused) and failure.code in _SEQUENCE_IS_LOST
        unknown = isinstance(failure, DeadlinePassed | asyncio.CancelledError)
        if (about_sequence or unknown) and self._identity is identity:
            self._identity = None


_SEQUENCE_IS_LOST: Final = frozenset({
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, ErrorCode.UNKNOWN_PRODUCER_ID, ErrorCode.INVALID_PRODUCER_EPOCH,
    ErrorCode.INVALID_PRODUCER_ID_MAPPING,
})  # fmt: skip


def _identified(answer: InitProducerIdResponse) -> None:
    check(answer.error_code, subject="a producer id")


def only(answer: ProduceResponse) -> PartitionProduceResponse:
    """The result of a request that was about one partition."""
    if len(answer.responses) != 1 or len(answer.responses[0].partition_responses) != 1:
        raise UnexpectedAnswer("one partition was produced to")
    return answer.responses[0].partition_responses[0]
