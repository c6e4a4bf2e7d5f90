"""Offsets that were committed inside of transactions whose end is not known yet (KIP-98).

They count from the moment at which the transaction is committed, unless something else was committed for the partition
after them. While there are any, a reader of stable offsets is told to come again (KIP-447).
"""

from collections.abc import Iterator

from headwater.control.groups.records import GroupRecord, offset_record
from headwater.control.groups.requests import TopicPartition
from headwater.machine.transactional import InTransaction
from headwater.wire.records.offset_commit_value import OffsetCommitValue
from headwater.wire.types import ProducerEpoch, ProducerId

_Place = tuple[str, TopicPartition]


class Undecided:
    """By producer, as it is one producer whose transaction ends; and by group, as that is what is asked for."""

    def __init__(self) -> None:
        self._by_producer: dict[ProducerId, dict[_Place, OffsetCommitValue]] = {}
        self._epochs: dict[ProducerId, ProducerEpoch] = {}
        self._producers: dict[str, dict[TopicPartition, dict[ProducerId, None]]] = {}

    def __contains__(self, group_id: object) -> bool:
        return group_id in self._producers

    def groups(self) -> list[str]:
        return list(self._producers)

    def holds(self, group_id: str, where: TopicPartition) -> bool:
        return where in self._producers.get(group_id, {})

    def of(self, group_id: str) -> list[TopicPartition]:
        return list(self._producers.get(group_id, {}))

    def add(
        self,
        producer_id: ProducerId,
        epoch: ProducerEpoch,
        group_id: str,
        where: TopicPartition,
        value: OffsetCommitValue,
    ) -> None:
        self._epochs[producer_id] = epoch
        held = self._by_producer.setdefault(producer_id, {})
        held.pop((group_id, where), None)
        held[group_id, where] = value
        self._producers.setdefault(group_id, {}).setdefault(where, {})[producer_id] = None

    def drop(self, group_id: str, where: TopicPartition) -> None:
        """Something newer was committed: what is undecided here can't count any more."""
        for producer_id in self._producers.get(group_id, {}).pop(where, {}):
            self._release(producer_id, (group_id, where))
        if not self._producers.get(group_id, True):
            del self._producers[group_id]

    def end(self, producer_id: ProducerId) -> Iterator[tuple[str, TopicPartition, OffsetCommitValue]]:
        """The transaction is over: what it had committed."""
        self._epochs.pop(producer_id, None)
        for (group_id, where), value in self._by_producer.pop(producer_id, {}).items():
            producers = self._producers[group_id][where]
            del producers[producer_id]
            if not producers:
                del self._producers[group_id][where]
            if not self._producers[group_id]:
                del self._producers[group_id]
            yield group_id, where, value

    def _release(self, producer_id: ProducerId, place: _Place) -> None:
        held = self._by_producer[producer_id]
        del held[place]
        if not held:
            del self._by_producer[producer_id]
            del self._epochs[producer_id]

    def snapshot(self) -> Iterator[InTransaction]:
        for producer_id, held in self._by_producer.items():
            for (group_id, (topic, partition)), value in held.items():
                yield in_transaction(
                    producer_id, self._epochs[producer_id], offset_record(group_id, topic, partition, value)
                )


def in_transaction(producer_id: ProducerId, epoch: ProducerEpoch, record: GroupRecord) -> InTransaction:
    return InTransaction(producer_id=producer_id, producer_epoch=epoch, record=record)
