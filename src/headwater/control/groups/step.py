"""One step of a group machine: its moment, and what it has led to so far."""

from headwater.machine.decision import Answer, Decision, Record, Ticket
from headwater.machine.machine import Moment


class Step:
    """Deciders add to it, and it becomes the Decision. Answers may be for tickets that were parked long ago."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self._records: list[Record] = []
        self._answers: list[tuple[Ticket, Answer]] = []

    def write(self, *records: Record) -> None:
        self._records.extend(records)

    def answer(self, ticket: Ticket, value: Answer) -> None:
        self._answers.append((ticket, value))

    def decision(self) -> Decision:
        return Decision(records=tuple(self._records), answers=tuple(self._answers))
