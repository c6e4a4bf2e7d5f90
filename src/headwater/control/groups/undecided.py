"""Offsets that were committed inside of transactions whose end is not known yet (KIP-98).

They count from the moment at which the transaction is committed, unless something that lies behind them in the log counts
by then: what compaction leaves of a key is its last record, whichever transaction ended last. While there are any, a reader
of stable offsets is told to come again (KIP-447).
"""

from collections.abc import Iterator
from itertools import takewhile

from headwater.control.groups.records import GroupRecord, offset_record
from headwater.control.groups.requests import TopicPartition
from headwater.machine.transactional import InTransaction
from headwater.wire.records.offset_commit_value import OffsetCommitValue
from headwater.wire.types import ProducerEpoch, ProducerId

_Place = tuple[str, TopicPartition]


class Undecided:
    """By producer, as it is one producer whose transaction ends; and by group, as that is what is asked for.

    The producers of one place stand in the order in which their offsets lie in the log.
    """

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
        self._by_producer.setdefault(producer_id, {})[group_id, where] = value
        producers = self._producers.setdefault(group_id, {}).setdefault(where, {})
        producers.pop(producer_id, None)
        producers[producer_id] = None

    def drop(self, group_id: str, where: TopicPartition) -> None:
        """Something newer counts: what is undecided here can't count any more."""
        for producer_id in list(self._producers.get(group_id, {}).get(where, {})):
            self._forget(producer_id, group_id, where)

    def end(self, producer_id: ProducerId, *, committed: bool) -> list[tuple[str, TopicPartition, OffsetCommitValue]]:
        """The transaction is over: what counts now. What lies before it in the log, and is still open, no longer can."""
        ended = list(self._by_producer.get(producer_id, {}).items())
        for (group_id, where), _ in ended:
            producers = self._producers[group_id][where]
            overtaken = takewhile(lambda each: each != producer_id, producers) if committed else ()
            for each in (*overtaken, producer_id):
                self._forget(each, group_id, where)
        return [(group_id, where, value) for (group_id, where), value in ended if committed]

    def _forget(self, producer_id: ProducerId, group_id: str, where: TopicPartition) -> None:
        held, places = self._by_producer[producer_id], self._producers[group_id]
        del held[group_id, where], places[where][producer_id]
        if not held:
            del self._by_producer[producer_id], self._epochs[producer_id]
        if not places[where]:
            del places[where]
        if not places:
            del self._producers[group_id]

    def snapshot(self) -> Iterator[InTransaction]:
        """Place by place, for the order matters there."""
        for group_id, places in self._producers.items():
            for where, producers in places.items():
                for producer_id in producers:
                    value = self._by_producer[producer_id][group_id, where]
                    record = offset_record(group_id, *where, value)
                    yield in_transaction(producer_id, self._epochs[producer_id], record)


def in_transaction(producer_id: ProducerId, epoch: ProducerEpoch, record: GroupRecord) -> InTransaction:
    return InTransaction(producer_id=producer_id, producer_epoch=epoch, record=record)
