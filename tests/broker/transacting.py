"""A transactional producer over the rig: it says what clients of either protocol say, version by version."""

from tests.broker.rig import Rig
from tests.contracts.log_store import producer_of

from headwater.broker.handlers import (
    add_offsets_to_txn,
    add_partitions_to_txn,
    end_txn,
    find_coordinator,
    init_producer_id,
    offset_fetch,
    produce,
    txn_offset_commit,
)
from headwater.control.cluster.requests import CreateTopic
from headwater.log.port import Isolation, Log
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.header import iter_headers
from headwater.wire.batch.records import iter_records
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.add_offsets_to_txn_request import AddOffsetsToTxnRequest
from headwater.wire.messages.add_partitions_to_txn_request import AddPartitionsToTxnRequest, AddPartitionsToTxnTopic
from headwater.wire.messages.end_txn_request import EndTxnRequest
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.init_producer_id_request import InitProducerIdRequest
from headwater.wire.messages.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from headwater.wire.messages.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from headwater.wire.messages.txn_offset_commit_request import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from headwater.wire.types import Offset, TopicName, Uuid

ID = "copier"
FEW = {"transaction.state.log.num.partitions": "2", "offsets.topic.num.partitions": "2"}
_TOPIC_IDS = {"orders": Uuid(bytes([1]) * 16), "sales": Uuid(bytes([2]) * 16)}


async def make_topics(broker: Rig) -> None:
    """Two topics, and both internal ones."""
    for name, topic_id in _TOPIC_IDS.items():
        await broker.decide(CreateTopic(name=TopicName(name), topic_id=topic_id, partitions=2, replication_factor=1))
        await broker.services.partitions.opened(topic_id)
    for kind in (0, 1):
        found = await broker.ask(find_coordinator, FindCoordinatorRequest(key=ID, key_type=kind), 3)
        assert found.error_code == 0
    await broker.services.coordinators.settled()
    await broker.services.transactions.settled()


def log_of(broker: Rig, topic: str, index: int = 0) -> Log:
    log = broker.services.partitions.find(TopicName(topic), index)
    assert not isinstance(log, ErrorCode)
    return log


async def committed(broker: Rig, topic: str, index: int = 0) -> list[str]:
    """What a reader of committed records is left with."""
    found = await log_of(broker, topic, index).read(Offset(0), bytes_max=10**6, isolation=Isolation.READ_COMMITTED)
    void = {(each.producer_id, offset) for each in found.aborted for offset in range(each.first, each.last)}
    values = []
    for part in found.data:
        for at, header in iter_headers(part):
            if not header.is_control:
                records = iter_records(memoryview(part)[at : at + header.size], header, decompressed_max=10**6)
                values += [
                    (each.value or b"").decode() for each in records if (header.producer_id, each.offset) not in void
                ]
    return values


class Producer:
    """`new` speaks the protocol of transaction.version 2 (KIP-890)."""

    def __init__(self, broker: Rig, *, new: bool = False) -> None:
        self.broker = broker
        self.new = new
        self.id = -1
        self.epoch = -1
        self._sequences: dict[tuple[str, int], int] = {}

    async def init(self, *, timeout_ms: int = 60_000, version: int = 5) -> int:
        request = InitProducerIdRequest(transactional_id=ID, transaction_timeout_ms=timeout_ms)
        answer = await self.broker.ask(init_producer_id, request, version)
        if not answer.error_code:
            self.id, self.epoch = answer.producer_id, answer.producer_epoch
            self._sequences = {}
        return int(answer.error_code)

    async def add(self, topic: str, *indexes: int, version: int = 3) -> int:
        request = AddPartitionsToTxnRequest(
            v3_and_below_transactional_id=ID,
            v3_and_below_producer_id=self.id,
            v3_and_below_producer_epoch=self.epoch,
            v3_and_below_topics=(AddPartitionsToTxnTopic(name=topic, partitions=indexes or (0,)),),
        )
        answer = await self.broker.ask(add_partitions_to_txn, request, version)
        return int(answer.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code)

    def batch(self, topic: str, *values: str, index: int = 0) -> bytearray:
        sequence = self._sequences.get((topic, index), 0)
        self._sequences[topic, index] = sequence + len(values)
        return build_batch(
            [NewRecord(value=each.encode(), timestamp=self.broker.services.clock.now()) for each in values],
            producer=producer_of(self.id, self.epoch, sequence),
            transactional=True,
        )

    async def send(self, topic: str, *values: str, index: int = 0, version: int | None = None) -> int:
        request = ProduceRequest(
            transactional_id=ID,
            acks=-1,
            timeout_ms=1_000,
            topic_data=(
                TopicProduceData(
                    name=topic,
                    partition_data=(
                        PartitionProduceData(index=index, records=memoryview(self.batch(topic, *values, index=index))),
                    ),
                ),
            ),
        )
        answer = await self.broker.ask(produce, request, version or (12 if self.new else 10))
        return int(answer.responses[0].partition_responses[0].error_code)

    async def add_offsets(self, group: str = "g", *, version: int = 3) -> int:
        request = AddOffsetsToTxnRequest(
            transactional_id=ID, producer_id=self.id, producer_epoch=self.epoch, group_id=group
        )
        return int((await self.broker.ask(add_offsets_to_txn, request, version)).error_code)

    async def commit_offset(
        self, offset: int, *, group: str = "g", version: int | None = None, generation: int = -1, member: str = ""
    ) -> int:
        request = TxnOffsetCommitRequest(
            transactional_id=ID,
            group_id=group,
            producer_id=self.id,
            producer_epoch=self.epoch,
            generation_id_or_member_epoch=generation,
            member_id=member,
            topics=(
                TxnOffsetCommitRequestTopic(
                    name="orders",
                    partitions=(TxnOffsetCommitRequestPartition(partition_index=0, committed_offset=offset),),
                ),
            ),
        )
        answer = await self.broker.ask(txn_offset_commit, request, version or (5 if self.new else 3))
        return int(answer.topics[0].partitions[0].error_code)

    async def end(self, *, commit: bool, version: int | None = None) -> int:
        request = EndTxnRequest(transactional_id=ID, producer_id=self.id, producer_epoch=self.epoch, committed=commit)
        answer = await self.broker.ask(end_txn, request, version or (5 if self.new else 4))
        if self.new and not answer.error_code:
            if (answer.producer_id, answer.producer_epoch) != (self.id, self.epoch):
                self._sequences = {}
            self.id, self.epoch = answer.producer_id, answer.producer_epoch
        return int(answer.error_code)


async def offset_of(broker: Rig, *, stable: bool, group: str = "g") -> tuple[int, int]:
    """The error's code and the offset."""
    request = OffsetFetchRequest(
        groups=(
            OffsetFetchRequestGroup(
                group_id=group, topics=(OffsetFetchRequestTopics(name="orders", partition_indexes=(0,)),)
            ),
        ),
        require_stable=stable,
    )
    answer = await broker.ask(offset_fetch, request, 9)
    (found,) = answer.groups[0].topics[0].partitions
    return found.error_code, found.committed_offset
