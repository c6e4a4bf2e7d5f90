"""What a machine answers with: records to append, and answers that leave once those are durable."""

from typing import Any, NewType, TypeAlias

from msgspec import Struct

Ticket = NewType("Ticket", int)
"""A request's number, given by the runtime; the answer finds its way back by it."""

Answer: TypeAlias = Any
"""Whatever the machine's room defines: a value, or a refusal that is a value (an error of the room, not raised)."""

Record: TypeAlias = Any
"""A record of the machine's log: one of the generated messages, or a pair of them as key and value."""


class Decision(Struct, frozen=True, kw_only=True):
    """What a request leads to. `records` go into one batch together; `answers` may answer any number of tickets.

    A ticket that no decision has answered yet is parked: the machine holds it in its volatile part and answers it with a
    later decision (a join that waits for the others), or the runtime answers it with a retriable error at a reload.
    """

    records: tuple[Record, ...] = ()
    answers: tuple[tuple[Ticket, Answer], ...] = ()


NOTHING = Decision()


def answer(ticket: Ticket, value: Answer) -> Decision:
    """A read or a refusal: it changes nothing, and still waits for what the head has replayed before it."""
    return Decision(answers=((ticket, value),))
