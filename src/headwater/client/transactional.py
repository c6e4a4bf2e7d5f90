"""A transactional producer: what it sends between `begin` and `commit` counts as a whole, and only while nobody else has its id.

Of all producers with one transactional id only the youngest may write (KIP-98). So the id is a lock that can't be held by the
dead: who begins has ended what others had open, and what they send from then on is refused with `ProducerFenced`, also where
they were stopped in the middle of it and woken a day later.

When an answer is lost, nobody knows how a transaction ended. The next `begin` makes sure that it has ended, one way or the other,
and takes a new epoch, but only in the place of this very producer (KIP-360): where another has come meanwhile, that one stays.

It asks as clients before KIP-890 do, saying beforehand where it will write; every broker since Kafka 3.0 understands that.
"""

import asyncio
from collections.abc import Callable, Sequence as Many
from typing import Final, TypeVar

from headwater.client.cluster import Cluster
from headwater.client.errors import ProducerFenced, Refused, UnexpectedAnswer, check
from headwater.client.producer import ACKS_ALL, Identity, Produced, only
from headwater.client.roles import Leader, Role, TransactionCoordinator
from headwater.kernel.units import SECOND_MS
from headwater.wire.batch.builder import NewRecord, Producer as Writer, build_batch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.add_partitions_to_txn_request import AddPartitionsToTxnRequest, AddPartitionsToTxnTopic
from headwater.wire.messages.add_partitions_to_txn_response import AddPartitionsToTxnResponse
from headwater.wire.messages.end_txn_request import EndTxnRequest
from headwater.wire.messages.end_txn_response import EndTxnResponse
from headwater.wire.messages.init_producer_id_request import InitProducerIdRequest
from headwater.wire.messages.init_producer_id_response import InitProducerIdResponse
from headwater.wire.messages.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from headwater.wire.messages.produce_response import ProduceResponse
from headwater.wire.schema import Message, Versions
from headwater.wire.types import NO_PRODUCER, ProducerEpoch, ProducerId, Sequence

M = TypeVar("M", bound=Message)

_INIT_VERSIONS: Final = Versions(3, 5)
_ANNOUNCE_VERSIONS: Final = Versions(1, 3)
_PRODUCE_VERSIONS: Final = Versions(7, 11)
_END_VERSIONS: Final = Versions(1, 4)
_FENCED: Final = frozenset({
    ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.INVALID_PRODUCER_ID_MAPPING,
})  # fmt: skip
_NO_EPOCH: Final = ProducerEpoch(-1)
_SEQUENCES: Final = 2**31
_MARKERS_S: Final = 0.005
"""How soon to ask again while the end of the transaction before is being written."""


class TransactionalProducer:
    """For one caller, who awaits each call before the next."""

    def __init__(
        self, cluster: Cluster, transactional_id: str, *, transaction_timeout_ms: int = 10 * SECOND_MS
    ) -> None:
        self.transactional_id: Final = transactional_id
        self._cluster = cluster
        self._timeout_ms = transaction_timeout_ms
        self._identity: Identity | None = None
        self._in_doubt = False
        self._announced: dict[tuple[str, int], None] = {}

    async def connected(self, topic: str, partition: int, *, deadline_ms: int) -> None:
        """Comes back when whoever is asked to write there can be asked. Raises `DeadlinePassed`."""
        await self._cluster.connected(
            TransactionCoordinator(self.transactional_id), Leader(topic, partition), deadline_ms=deadline_ms
        )

    async def begin(self) -> None:
        """The first time this fences whoever had the id; later it costs nothing unless the end of a transaction is unknown.
        Raises ProducerFenced where somebody has taken the id since."""
        if self._identity is not None and not self._in_doubt:
            return
        known = self._identity
        if known is not None:
            await self._abort_what_may_be_open(known)
        request = InitProducerIdRequest(
            transactional_id=self.transactional_id,
            transaction_timeout_ms=self._timeout_ms,
            producer_id=known.id if known else NO_PRODUCER,
            producer_epoch=known.epoch if known else _NO_EPOCH,
        )
        answer = await self._coordinator(request, InitProducerIdResponse, _INIT_VERSIONS, lambda each: each.error_code)
        self._identity = Identity(id=ProducerId(answer.producer_id), epoch=ProducerEpoch(answer.producer_epoch))
        self._in_doubt = False
        self._announced.clear()

    async def send(self, topic: str, partition: int, records: Many[NewRecord]) -> Produced:
        """Records as one batch, at least one, which count once the transaction is committed."""
        identity = self._begun()
        self._in_doubt = True
        await self._announce(identity, topic, partition)
        sequence = identity.next_sequences.get((topic, partition), 0)
        writer = Writer(id=identity.id, epoch=identity.epoch, base_sequence=Sequence(sequence))
        produced = await self._produce(topic, partition, build_batch(records, producer=writer, transactional=True))
        identity.next_sequences[topic, partition] = (sequence + len(records)) % _SEQUENCES
        return produced

    async def commit(self) -> None:
        """All that was sent counts when this returns; where it raises, that is unknown."""
        await self._end(committed=True)

    async def abort(self) -> None:
        """Nothing that was sent counts."""
        await self._end(committed=False)

    def _begun(self) -> Identity:
        assert self._identity is not None, "a transaction begins with `begin`"
        return self._identity

    async def _announce(self, identity: Identity, topic: str, partition: int) -> None:
        if (topic, partition) in self._announced:
            return
        request = AddPartitionsToTxnRequest(
            v3_and_below_transactional_id=self.transactional_id,
            v3_and_below_producer_id=identity.id,
            v3_and_below_producer_epoch=identity.epoch,
            v3_and_below_topics=(AddPartitionsToTxnTopic(name=topic, partitions=(partition,)),),
        )
        await self._coordinator(request, AddPartitionsToTxnResponse, _ANNOUNCE_VERSIONS, _announced)
        self._announced[topic, partition] = None

    async def _produce(self, topic: str, partition: int, batch: bytearray) -> Produced:
        data = PartitionProduceData(index=partition, records=memoryview(batch))
        request = ProduceRequest(
            transactional_id=self.transactional_id,
            acks=ACKS_ALL,
            timeout_ms=self._cluster.options.request_timeout_ms,
            topic_data=(TopicProduceData(name=topic, partition_data=(data,)),),
        )
        answer = await self._ask(
            Leader(topic, partition), request, ProduceResponse, _PRODUCE_VERSIONS, lambda each: only(each).error_code
        )
        result = only(answer)
        return Produced(
            topic=topic,
            partition=partition,
            base_offset=result.base_offset,
            log_append_time=result.log_append_time_ms,
            log_start_offset=result.log_start_offset,
        )

    async def _end(self, *, committed: bool) -> None:
        identity = self._begun()
        if self._announced:
            await self._ask_for_end(identity, committed=committed)
        self._announced.clear()
        self._in_doubt = False

    async def _abort_what_may_be_open(self, identity: Identity) -> None:
        """A coordinator that found it open when a new epoch is asked for would take this producer for another one's victim."""
        try:
            await self._ask_for_end(identity, committed=False)
        except Refused as refused:
            if refused.code != ErrorCode.INVALID_TXN_STATE:
                raise

    async def _ask_for_end(self, identity: Identity, *, committed: bool) -> None:
        request = EndTxnRequest(
            transactional_id=self.transactional_id,
            producer_id=identity.id,
            producer_epoch=identity.epoch,
            committed=committed,
        )
        await self._coordinator(request, EndTxnResponse, _END_VERSIONS, lambda each: each.error_code)

    async def _coordinator(self, request: Message, kind: type[M], versions: Versions, code_of: Callable[[M], int]) -> M:
        return await self._ask(TransactionCoordinator(self.transactional_id), request, kind, versions, code_of)

    async def _ask(
        self, role: Role, request: Message, kind: type[M], versions: Versions, code_of: Callable[[M], int]
    ) -> M:
        """Asked again while the transaction before is being ended, which is soon over and no reason to look for others."""

        async def attempt() -> M:
            while True:
                answer = await self._cluster.ask_once(role, request, kind, versions=versions)
                code = code_of(answer)
                if code != ErrorCode.CONCURRENT_TRANSACTIONS:
                    check(code, subject=f"transactional id {self.transactional_id}")
                    return answer
                await asyncio.sleep(_MARKERS_S)

        try:
            return await self._cluster.retried(type(request).__name__, attempt)
        except Refused as refused:
            if refused.code in _FENCED:
                raise ProducerFenced(self.transactional_id) from refused
            raise


def _announced(answer: AddPartitionsToTxnResponse) -> int:
    (topic,) = answer.results_by_topic_v3_and_below or (None,)
    if topic is None or len(topic.results_by_partition) != 1:
        raise UnexpectedAnswer("one partition was announced")
    return topic.results_by_partition[0].partition_error_code
