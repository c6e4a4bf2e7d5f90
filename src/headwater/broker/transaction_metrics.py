"""How many transactional ids this broker coordinates, and what their transactions are doing."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from headwater.broker.coordinators import Coordinators
from headwater.control.transactions.machine import Transactions
from headwater.control.transactions.transaction import State
from headwater.kernel.counters import Counters
from headwater.machine.errors import MachineError

_TOLD: Final[Mapping[str, tuple[str, tuple[State, ...]]]] = {
    "transactional_ids": ("Transactional ids that are remembered.", tuple(State)),
    "transactions_open": ("Transactions that are neither committed nor aborted yet.", (State.ONGOING,)),
    "transactions_ending": (
        "Transactions that are decided, while partitions still wait for their markers.",
        (State.PREPARE_COMMIT, State.PREPARE_ABORT),
    ),
}


def watch(counters: Counters, coordinators: Coordinators[Transactions]) -> None:
    for name, (doc, states) in _TOLD.items():
        counters.watch(name, doc, partial(_count, coordinators, states))


def _count(coordinators: Coordinators[Transactions], states: tuple[State, ...]) -> int:
    """Those of a machine that is being loaded are not known."""
    found = 0
    for runtime in coordinators.all():
        try:
            found += runtime.head.count(*states)
        except MachineError:
            continue
    return found
