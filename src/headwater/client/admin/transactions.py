"""Transactions: list, describe, and end those that hang (KIP-664)."""

from dataclasses import dataclass

from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.roles import Leader, Node, TransactionCoordinator
from headwater.wire.messages.describe_producers_request import DescribeProducersRequest, TopicRequest
from headwater.wire.messages.describe_producers_response import DescribeProducersResponse
from headwater.wire.messages.describe_transactions_request import DescribeTransactionsRequest
from headwater.wire.messages.describe_transactions_response import DescribeTransactionsResponse
from headwater.wire.messages.list_transactions_request import ListTransactionsRequest
from headwater.wire.messages.list_transactions_response import ListTransactionsResponse
from headwater.wire.messages.write_txn_markers_request import (
    WritableTxnMarker,
    WritableTxnMarkerTopic,
    WriteTxnMarkersRequest,
)
from headwater.wire.messages.write_txn_markers_response import WriteTxnMarkersResponse


@dataclass(frozen=True, kw_only=True, slots=True)
class TransactionListing:
    transactional_id: str
    producer_id: int
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TransactionDescription:
    transactional_id: str
    state: str
    producer_id: int
    epoch: int
    timeout_ms: int
    started_ms: int | None
    """In milliseconds since 1970; None where nothing was begun yet."""
    partitions: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenTransaction:
    """What the log of a partition knows of a producer that has a transaction open in it."""

    topic: str
    partition: int
    producer_id: int
    epoch: int
    coordinator_epoch: int
    start: int
    """Its first offset, where reading committed records ends."""
    last_timestamp_ms: int


async def list_transactions(
    cluster: Cluster, *, states: tuple[str, ...] = (), producers: tuple[int, ...] = ()
) -> tuple[TransactionListing, ...]:
    """Each broker knows those that it coordinates; here are all of them, by transactional id."""

    def accept(answer: ListTransactionsResponse) -> None:
        check(answer.error_code, subject="transactions")

    request = ListTransactionsRequest(state_filters=states, producer_id_filters=producers)
    found: dict[str, TransactionListing] = {}
    for node in (await cluster.metadata(())).brokers:
        answer = await cluster.ask(Node(node), request, ListTransactionsResponse, accept=accept)
        for each in answer.transaction_states:
            found[each.transactional_id] = TransactionListing(
                transactional_id=each.transactional_id, producer_id=each.producer_id, state=each.transaction_state
            )
    return tuple(found[name] for name in sorted(found))


async def describe_transaction(cluster: Cluster, transactional_id: str) -> TransactionDescription:
    """Raises `Refused` with TRANSACTIONAL_ID_NOT_FOUND where nobody used it lately."""

    def accept(answer: DescribeTransactionsResponse) -> None:
        (described,) = answer.transaction_states
        check(described.error_code, subject=f"transactional id {transactional_id}")

    answer = await cluster.ask(
        TransactionCoordinator(transactional_id),
        DescribeTransactionsRequest(transactional_ids=(transactional_id,)),
        DescribeTransactionsResponse,
        accept=accept,
    )
    (found,) = answer.transaction_states
    return TransactionDescription(
        transactional_id=transactional_id,
        state=found.transaction_state,
        producer_id=found.producer_id,
        epoch=found.producer_epoch,
        timeout_ms=found.transaction_timeout_ms,
        started_ms=found.transaction_start_time_ms if found.transaction_start_time_ms >= 0 else None,
        partitions=tuple(sorted((each.topic, index) for each in found.topics for index in each.partitions)),
    )


async def open_transactions(cluster: Cluster, topic: str, partition: int) -> tuple[OpenTransaction, ...]:
    """What is open in the log of this partition, whatever coordinators know of it."""
    subject = f"partition {partition} of topic {topic}"

    def accept(answer: DescribeProducersResponse) -> None:
        (found,) = answer.topics[0].partitions
        check(found.error_code, subject=subject, message=found.error_message)

    request = DescribeProducersRequest(topics=(TopicRequest(name=topic, partition_indexes=(partition,)),))
    answer = await cluster.ask(Leader(topic, partition), request, DescribeProducersResponse, accept=accept)
    return tuple(
        OpenTransaction(
            topic=topic,
            partition=partition,
            producer_id=each.producer_id,
            epoch=each.producer_epoch,
            coordinator_epoch=each.coordinator_epoch,
            start=each.current_txn_start_offset,
            last_timestamp_ms=each.last_timestamp,
        )
        for each in answer.topics[0].partitions[0].active_producers
        if each.current_txn_start_offset >= 0
    )


async def abort_transaction(cluster: Cluster, transaction: OpenTransaction) -> None:
    """End it in this partition alone. Meant for what hangs: a coordinator that knows of it is not asked."""

    def accept(answer: WriteTxnMarkersResponse) -> None:
        (written,) = answer.markers[0].topics[0].partitions
        check(written.error_code, subject=f"partition {transaction.partition} of topic {transaction.topic}")

    marker = WritableTxnMarker(
        producer_id=transaction.producer_id,
        producer_epoch=transaction.epoch,
        coordinator_epoch=max(transaction.coordinator_epoch, 0),
        topics=(WritableTxnMarkerTopic(name=transaction.topic, partition_indexes=(transaction.partition,)),),
    )
    await cluster.ask(
        Leader(transaction.topic, transaction.partition),
        WriteTxnMarkersRequest(markers=(marker,)),
        WriteTxnMarkersResponse,
        accept=accept,
    )
