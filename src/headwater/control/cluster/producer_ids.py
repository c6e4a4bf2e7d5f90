"""Blocks of producer ids: each id is given to one producer, once, ever (KIP-730)."""

from collections.abc import Iterator

from headwater.control.cluster.requests import AllocateProducerIds
from headwater.machine.decision import Decision, Record, Ticket
from headwater.wire.records.producer_ids_record import ProducerIdsRecord
from headwater.wire.types import ProducerId


class ProducerIds:
    """The family of ProducerIdsRecord."""

    def __init__(self) -> None:
        self._last: ProducerIdsRecord | None = None

    @property
    def next(self) -> ProducerId:
        return ProducerId(self._last.next_producer_id if self._last else 0)

    def decide_allocate(self, request: AllocateProducerIds, *, ticket: Ticket) -> Decision:
        first = self.next
        record = ProducerIdsRecord(
            broker_id=request.node_id, broker_epoch=request.broker_epoch, next_producer_id=first + request.count
        )
        return Decision(records=(record,), answers=((ticket, first),))

    def replay(self, record: ProducerIdsRecord) -> None:
        self._last = record

    def snapshot(self) -> Iterator[Record]:
        if self._last is not None:
            yield self._last
