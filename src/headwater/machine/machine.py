"""The `Machine` port: a state that is a list of records, replayed.

A machine has two parts. The *durable* part changes in `replay` alone, so a restart, a standby and a test build it the same
way. The *volatile* part (deadlines, parked tickets, locks) is changed by `decide` and `decide_due`; it starts empty after
every load, and losing it costs clients a retry and never a record.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.machine.decision import Decision, Record, Ticket


class Moment(Struct, frozen=True, kw_only=True, gc=False):
    """The two clocks of a decision. They must not be mixed: the wall clock may jump either way."""

    wall: Timestamp
    """What goes into records."""
    elapsed: int
    """Milliseconds of the event loop's monotonic clock, in which deadlines are counted."""


class Machine(Protocol):
    """Synchronous and pure: no waiting, no clock, no chance. New ids and random numbers come inside the request."""

    def decide(self, request: Any, *, ticket: Ticket, moment: Moment) -> Decision:
        """Look at the state and answer with records. Raises nothing: a refusal is an answer."""
        ...

    def replay(self, record: Record) -> None:
        """Apply one record to the durable part. It never refuses, never looks at settings or time, and costs O(1)."""
        ...

    def snapshot(self) -> Iterator[Record]:
        """Records that replay to a state equal to this one."""
        ...

    def next_deadline(self) -> int | None:
        """When `decide_due` has something to do, in elapsed milliseconds. Asked after every step, so it must be cheap."""
        ...

    def decide_due(self, moment: Moment) -> Decision:
        """What time alone leads to: members that missed their heartbeat, joins that waited long enough."""
        ...


class Timeless:
    """Half of a machine to which time alone does nothing; it has no volatile part that could be due."""

    def next_deadline(self) -> int | None:
        return None

    def decide_due(self, moment: Moment) -> Decision:
        del moment
        return Decision()
