"""The machine of `_exporter_configs`: which exporters there are."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.machine.decision import Decision, Ticket, answer
from headwater.machine.machine import Moment
from headwater.registry.errors import ExporterExists, ExporterNotFound, TooManyExporters
from headwater.registry.linking.by_name import ByName
from headwater.registry.linking.records import Exporter, ExporterKey, LinkRecord
from headwater.registry.linking.requests import DropExporter, PutExporter

EXPORTERS_MAX: Final = 10
"""Each is a task and a connection: Confluent's bound."""


class Exporters(ByName[Exporter]):
    def __init__(self, *, exporters_max: int = EXPORTERS_MAX) -> None:
        super().__init__(Exporter)
        self._exporters_max = exporters_max
        self._deciders: Mapping[type, Callable[[Any, Ticket, Timestamp], Decision]] = {
            PutExporter: self._put,
            DropExporter: self._drop,
        }

    def decide(self, request: Any, *, ticket: Ticket, moment: Moment) -> Decision:
        return self._deciders[type(request)](request, ticket, moment.wall)

    def _put(self, request: PutExporter, ticket: Ticket, now: Timestamp) -> Decision:
        name, there = request.exporter.name, self.by_name.get(request.exporter.name)
        if request.old is None:
            if there is not None:
                return answer(ticket, ExporterExists(name))
            if len(self.by_name) >= self._exporters_max:
                return answer(ticket, TooManyExporters(self._exporters_max))
            exporter = replace(request.exporter, created=now)
        elif there is None or there.created != request.old.created:
            return answer(ticket, ExporterNotFound(name))
        else:
            exporter = replace(request.exporter, created=there.created)
        record = LinkRecord(key=ExporterKey(name=name), value=exporter)
        return Decision(records=(record,), answers=((ticket, exporter),))

    def _drop(self, request: DropExporter, ticket: Ticket, now: Timestamp) -> Decision:
        del now
        if request.name not in self.by_name:
            return answer(ticket, ExporterNotFound(request.name))
        gone = LinkRecord(key=ExporterKey(name=request.name), value=None)
        return Decision(records=(gone,), answers=((ticket, None),))
