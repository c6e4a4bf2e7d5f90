"""The registry's machine as its tests drive it: a request is decided, and its records are replayed."""

from typing import Any

from headwater.kernel.units import Timestamp
from headwater.machine.decision import Ticket
from headwater.machine.machine import Moment
from headwater.registry.content import Content
from headwater.registry.contracts import Reference
from headwater.registry.store.machine import Registry
from headwater.registry.store.records import RegistryRecord
from headwater.registry.store.requests import Register

TICKET = Ticket(1)
NOON = Moment(wall=Timestamp(0), elapsed=0)


class Driven:
    """`ask` gives the answer; `written` is what the last one wrote."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.written: tuple[RegistryRecord, ...] = ()

    def ask(self, request: object) -> Any:
        decision = self.registry.decide(request, ticket=TICKET, moment=NOON)
        self.written = decision.records
        for each in decision.records:
            self.registry.replay(each)
        [(ticket, answer)] = decision.answers
        assert ticket == TICKET
        return answer

    def register(
        self, subject: str, text: str = '"int"', *, references: tuple[Reference, ...] = (), **more: Any
    ) -> Any:
        """Compared with all that is there, as a caller that is up to date has done."""
        compared = tuple(each.version for each in self.registry.state.versions(subject))
        content = Content(type="AVRO", text=text, references=references)
        return self.ask(Register(subject=subject, content=content, compared=compared, **more))
