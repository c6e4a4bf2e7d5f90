"""The machine of `_exporter_states`: how far each exporter is.

                      +--------- pause ----------+
                      v                          |
    (new) -> STARTING -> RUNNING <-> ERROR --> PAUSED --reset--> PAUSED, from the beginning
                ^                                |
                +------------ resume ------------+

An exporter of which nothing is said is STARTING. What is said of one that was deleted is not said of another one of its name.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.machine.decision import Answer, Decision, Ticket
from headwater.machine.machine import Moment
from headwater.registry.errors import ExporterNotPaused, ExporterRunning, ExporterStarting
from headwater.registry.linking.by_name import ByName
from headwater.registry.linking.records import ExporterKey, LinkRecord, Progress, RunState
from headwater.registry.linking.requests import Advance, Forget, Pause, Reset, Resume


class ExporterStates(ByName[Progress]):
    def __init__(self) -> None:
        super().__init__(Progress)
        self._deciders: Mapping[type, Callable[[Progress, Any], Answer]] = {
            Pause: _paused,
            Resume: _resumed,
            Reset: _reset,
            Advance: _advanced,
        }

    def of(self, name: str, created: Timestamp) -> Progress:
        """`created` is the exporter's."""
        found = self.by_name.get(name)
        return found if found is not None and found.created == created else Progress(created=created)

    def decide(self, request: Any, *, ticket: Ticket, moment: Moment) -> Decision:
        if isinstance(request, Forget):
            gone = LinkRecord(key=ExporterKey(name=request.name), value=None)
            return Decision(records=(gone,) if request.name in self.by_name else (), answers=((ticket, None),))
        old = self.of(request.name, request.created)
        new = self._deciders[type(request)](old, request)
        if not isinstance(new, Progress) or new == old:
            return Decision(answers=((ticket, new),))
        stamped = replace(new, ts=moment.wall)
        record = LinkRecord(key=ExporterKey(name=request.name), value=stamped)
        return Decision(records=(record,), answers=((ticket, stamped),))


def _paused(old: Progress, request: Pause) -> Answer:
    del request
    return replace(old, state=RunState.PAUSED)


def _resumed(old: Progress, request: Resume) -> Answer:
    match old.state:
        case RunState.STARTING:
            return ExporterStarting(request.name)
        case RunState.RUNNING:
            return ExporterRunning(request.name)
    return replace(old, state=RunState.STARTING, trace="")


def _reset(old: Progress, request: Reset) -> Answer:
    if old.state is not RunState.PAUSED:
        return ExporterNotPaused(request.name)
    return replace(old, offset=0, trace="")


def _advanced(old: Progress, request: Advance) -> Answer:
    if old.state is RunState.PAUSED:
        return old
    return replace(old, state=request.state, offset=request.offset, trace=request.trace)
