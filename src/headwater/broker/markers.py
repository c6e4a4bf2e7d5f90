"""Markers: the control batches that end a producer's transaction in one partition.

A partition of `__consumer_offsets` has one writer, its group machine, which also has to learn what counts now; so there the
marker is asked for. Everywhere else it is appended.
"""

from asyncio import Future
from typing import Any

from headwater.broker.coordinators import Coordinators
from headwater.broker.errors import Refused
from headwater.broker.partitions import Partitions
from headwater.control.cluster.names import GROUP_OFFSETS, INTERNAL
from headwater.control.groups.machine import Groups
from headwater.control.groups.requests import EndOfTransaction
from headwater.control.transactions.transaction import TopicPartition
from headwater.kernel.world import Clock
from headwater.log.errors import FencedCoordinator, FencedProducer
from headwater.log.journals.batches import marker_batch
from headwater.log.port import Log, Origin
from headwater.machine.transactional import TransactionEnd
from headwater.wire.error_codes import ErrorCode


class Markers:
    def __init__(self, partitions: Partitions, groups: Coordinators[Groups], *, clock: Clock) -> None:
        self._partitions = partitions
        self._groups = groups
        self._clock = clock

    def write(self, partition: TopicPartition, end: TransactionEnd) -> Future[Any]:
        """Its place is taken in this call; the future ends when it is durable. Raises Refused or a LogError, as the future does."""
        topic, index = partition
        log = self._partitions.find(topic, index)
        if isinstance(log, ErrorCode):
            raise Refused(log)
        if topic == GROUP_OFFSETS:
            check_fences(log, end)
            return self._groups.submit_to(index, EndOfTransaction(end=end))
        if topic in INTERNAL:
            raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, f"{topic} is never part of a transaction")
        return log.append((memoryview(marker_batch(end, now=self._clock.now())),), origin=Origin.COORDINATOR)


def check_fences(log: Log, end: TransactionEnd) -> None:
    """What the log would refuse must not reach a machine that appends to it. Raises a ProducerRefused."""
    known = log.producer(end.producer_id)
    if known is None:
        return
    if end.producer_epoch < known.epoch:
        raise FencedProducer(f"epoch {end.producer_epoch} of producer {end.producer_id} is over")
    if end.coordinator_epoch < known.coordinator_epoch:
        raise FencedCoordinator(f"coordinator epoch {end.coordinator_epoch} is over")
