"""A store without a topic: what is decided is written to bytes, read again and replayed, in one step."""

from collections.abc import Callable
from typing import Any, TypeVar

from headwater.kernel.units import Timestamp
from headwater.machine.decision import Ticket
from headwater.machine.machine import Moment
from headwater.registry.store import codec
from headwater.registry.store.machine import Registry
from headwater.registry.store.records import RegistryRecord

T = TypeVar("T")
NOON = Moment(wall=Timestamp(1_700_000_000_000), elapsed=0)


class MemoryStore:
    """`written` is all that the topic would hold."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.written: list[RegistryRecord] = []

    async def read(self, query: Callable[[Registry], T]) -> T:
        return query(self.registry)

    async def submit(self, request: object) -> Any:
        ticket = Ticket(len(self.written))
        decision = self.registry.decide(request, ticket=ticket, moment=NOON)
        for record in decision.records:
            self.replay(record)
        [(answered, answer)] = decision.answers
        assert answered == ticket
        return answer

    def replay(self, record: RegistryRecord) -> None:
        read = codec.decode(*codec.encode(record), timestamp=NOON.wall)
        assert read == record, "whoever decides sees another state than whoever reads"
        self.written.append(record)
        self.registry.replay(read)
