"""A transactional producer, small enough to be sure of: one request after the other, each repeated until it is answered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from tests.simulation.broker.history import History, TopicPartition
from tests.simulation.broker.producers import ALL_REPLICAS, PRODUCE_TIMEOUT_MS
from tests.simulation.transactions.ledger import Fate

from headwater.client.admin.offsets import CommitsAs, by_topic
from headwater.client.cluster import Cluster
from headwater.client.errors import DeadlinePassed, Refused, check
from headwater.client.roles import Coordinator, Leader, Role, TransactionCoordinator
from headwater.wire.batch.builder import NewRecord, Producer as Writer, build_batch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.add_offsets_to_txn_request import AddOffsetsToTxnRequest
from headwater.wire.messages.add_offsets_to_txn_response import AddOffsetsToTxnResponse
from headwater.wire.messages.add_partitions_to_txn_request import AddPartitionsToTxnRequest, AddPartitionsToTxnTopic
from headwater.wire.messages.add_partitions_to_txn_response import AddPartitionsToTxnResponse
from headwater.wire.messages.end_txn_request import EndTxnRequest
from headwater.wire.messages.end_txn_response import EndTxnResponse
from headwater.wire.messages.init_producer_id_request import InitProducerIdRequest
from headwater.wire.messages.init_producer_id_response import InitProducerIdResponse
from headwater.wire.messages.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from headwater.wire.messages.produce_response import ProduceResponse
from headwater.wire.messages.txn_offset_commit_request import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from headwater.wire.messages.txn_offset_commit_response import TxnOffsetCommitResponse
from headwater.wire.schema import Message, Versions
from headwater.wire.types import ProducerEpoch, ProducerId, Sequence as SequenceNumber

M = TypeVar("M", bound=Message)

_TAKEN: Final = (ErrorCode.NONE, ErrorCode.DUPLICATE_SEQUENCE_NUMBER)
_INIT: Final = Versions(4, 5)
_ADD_PARTITIONS: Final = Versions(2, 3)
"""As clients ask; later versions are for brokers."""
_ADD_OFFSETS: Final = Versions(2, 4)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """The versions of transactional requests. Before KIP-890 a producer says beforehand where it will write."""

    produce: Versions
    commit_offsets: Versions
    end: Versions
    announces: bool


OLD: Final = Dialect(produce=Versions(9, 11), commit_offsets=Versions(3, 4), end=Versions(2, 4), announces=True)
NEW: Final = Dialect(produce=Versions(12, 12), commit_offsets=Versions(5, 5), end=Versions(5, 5), announces=False)


class TransactionalProducer:
    """From `begin` to its first failure, which is also when an answer does not come within `patience_ms`. Whoever uses it
    then takes another one."""

    def __init__(
        self,
        cluster: Cluster,
        history: History,
        transactional_id: str,
        dialect: Dialect,
        *,
        timeout_ms: int,
        patience_ms: int,
    ) -> None:
        self._cluster = cluster
        self._history = history
        self._id = transactional_id
        self._dialect = dialect
        self._timeout_ms = timeout_ms
        self._patience_ms = patience_ms
        self._producer = (ProducerId(-1), ProducerEpoch(-1))
        self._sequences: dict[TopicPartition, int] = {}
        self._announced: dict[TopicPartition, None] = {}

    async def begin(self) -> None:
        """Fence whoever had the transactional id, once what they had open is over."""
        request = InitProducerIdRequest(transactional_id=self._id, transaction_timeout_ms=self._timeout_ms)
        answer = await self._coordinator(request, InitProducerIdResponse, _INIT, lambda each: check(each.error_code))
        self._producer = (ProducerId(answer.producer_id), ProducerEpoch(answer.producer_epoch))

    async def send(self, records: Mapping[TopicPartition, Sequence[NewRecord]]) -> None:
        """One batch in each place, all in one request."""
        if self._dialect.announces:
            await self._announce([place for place in records if place not in self._announced])
        batches = {place: self._batch(place, those) for place, those in records.items()}
        request = ProduceRequest(
            transactional_id=self._id,
            acks=ALL_REPLICAS,
            timeout_ms=PRODUCE_TIMEOUT_MS,
            topic_data=tuple(
                TopicProduceData(
                    name=topic,
                    partition_data=tuple(
                        PartitionProduceData(index=index, records=memoryview(batches[topic, index]))
                        for index in indexes
                    ),
                )
                for topic, indexes in by_topic(batches)
            ),
        )
        await self._ask(Leader(*next(iter(batches))), request, ProduceResponse, self._dialect.produce, _check_produced)

    async def send_offset(self, group: str, place: TopicPartition, offset: int, commits_as: CommitsAs) -> None:
        if self._dialect.announces:
            id_, epoch = self._producer
            announcement = AddOffsetsToTxnRequest(
                transactional_id=self._id, producer_id=id_, producer_epoch=epoch, group_id=group
            )
            await self._coordinator(
                announcement, AddOffsetsToTxnResponse, _ADD_OFFSETS, lambda each: check(each.error_code)
            )
        request = self._offset_commit(group, place, offset, commits_as)
        await self._ask(
            Coordinator(group), request, TxnOffsetCommitResponse, self._dialect.commit_offsets, _check_committed
        )

    async def end(self, *, commits: bool) -> tuple[Fate, bool]:
        """What is known of the transaction, and whether this producer may go on."""
        id_, epoch = self._producer
        request = EndTxnRequest(transactional_id=self._id, producer_id=id_, producer_epoch=epoch, committed=commits)
        asked = 0

        async def attempt() -> EndTxnResponse:
            nonlocal asked
            asked += 1
            answer = await self._cluster.ask_once(
                TransactionCoordinator(self._id), request, EndTxnResponse, versions=self._dialect.end
            )
            check(answer.error_code)
            return answer

        self._history.ask()
        unknown = Fate.MAYBE if commits else Fate.NEVER
        try:
            answer = await self._cluster.retried("EndTxn", attempt, deadline_ms=self._patience_ms)
        except DeadlinePassed:
            return unknown, False
        except Refused as refused:
            check_is_expected(refused)
            return (Fate.NEVER if asked == 1 else unknown), False
        self._go_on(answer)
        return (Fate.COMMITTED if commits else Fate.NEVER), True

    def _go_on(self, ended: EndTxnResponse) -> None:
        """Since KIP-890 each transaction has an epoch of its own."""
        self._announced.clear()
        if not self._dialect.announces:
            self._producer = (ProducerId(ended.producer_id), ProducerEpoch(ended.producer_epoch))
            self._sequences.clear()

    async def _announce(self, places: Sequence[TopicPartition]) -> None:
        if not places:
            return
        id_, epoch = self._producer
        request = AddPartitionsToTxnRequest(
            v3_and_below_transactional_id=self._id,
            v3_and_below_producer_id=id_,
            v3_and_below_producer_epoch=epoch,
            v3_and_below_topics=tuple(
                AddPartitionsToTxnTopic(name=topic, partitions=tuple(indexes)) for topic, indexes in by_topic(places)
            ),
        )
        await self._coordinator(request, AddPartitionsToTxnResponse, _ADD_PARTITIONS, _check_added)
        self._announced |= dict.fromkeys(places)

    def _batch(self, place: TopicPartition, records: Sequence[NewRecord]) -> bytearray:
        id_, epoch = self._producer
        sequence = self._sequences.get(place, 0)
        self._sequences[place] = sequence + len(records)
        writer = Writer(id=id_, epoch=epoch, base_sequence=SequenceNumber(sequence))
        return build_batch(records, producer=writer, transactional=True)

    def _offset_commit(
        self, group: str, place: TopicPartition, offset: int, commits_as: CommitsAs
    ) -> TxnOffsetCommitRequest:
        id_, epoch = self._producer
        topic, index = place
        commit = TxnOffsetCommitRequestPartition(partition_index=index, committed_offset=offset)
        return TxnOffsetCommitRequest(
            transactional_id=self._id,
            group_id=group,
            producer_id=id_,
            producer_epoch=epoch,
            generation_id_or_member_epoch=commits_as.generation,
            member_id=commits_as.member_id,
            topics=(TxnOffsetCommitRequestTopic(name=topic, partitions=(commit,)),),
        )

    async def _coordinator(self, request: Message, kind: type[M], versions: Versions, accept: Callable[[M], None]) -> M:
        return await self._ask(TransactionCoordinator(self._id), request, kind, versions, accept)

    async def _ask(
        self, role: Role, request: Message, kind: type[M], versions: Versions, accept: Callable[[M], None]
    ) -> M:
        self._history.ask()
        return await self._cluster.ask(
            role, request, kind, versions=versions, accept=accept, deadline_ms=self._patience_ms
        )


_FENCED: Final = (
    ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.INVALID_PRODUCER_ID_MAPPING,
    ErrorCode.INVALID_TXN_STATE, ErrorCode.TRANSACTION_ABORTABLE, ErrorCode.ILLEGAL_GENERATION,
    ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.REBALANCE_IN_PROGRESS, ErrorCode.STALE_MEMBER_EPOCH,
)  # fmt: skip


def check_is_expected(refused: Refused) -> None:
    """What a producer may be told that was overtaken, or whose transaction took too long."""
    if refused.code not in _FENCED:
        raise AssertionError(f"a transaction was refused with {refused.code.name}") from refused


def _check_produced(answer: ProduceResponse) -> None:
    _check_all([each.error_code for topic in answer.responses for each in topic.partition_responses])


def _check_added(answer: AddPartitionsToTxnResponse) -> None:
    results = answer.results_by_topic_v3_and_below
    _check_all([each.partition_error_code for topic in results for each in topic.results_by_partition])


def _check_committed(answer: TxnOffsetCommitResponse) -> None:
    _check_all([each.error_code for topic in answer.topics for each in topic.partitions])


def _check_all(codes: Sequence[int]) -> None:
    """What can't be repeated goes before what can."""
    refused = [ErrorCode(code) for code in codes if code not in _TAKEN]
    for code in sorted(refused, key=lambda each: each.retriable):
        check(code)
