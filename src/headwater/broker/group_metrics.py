"""How many groups of each kind this broker coordinates."""

from functools import partial
from typing import Final

from headwater.broker.coordinators import Coordinators
from headwater.control.groups.machine import Groups
from headwater.kernel.counters import Counters
from headwater.machine.errors import MachineError

_KINDS: Final = ("classic", "consumer", "share", "streams")


def watch(counters: Counters, coordinators: Coordinators[Groups]) -> None:
    for kind in _KINDS:
        count = partial(_count, coordinators, kind)
        counters.watch(f"{kind}_groups", f"Groups of the kind {kind}, with members or without.", count)


def _count(coordinators: Coordinators[Groups], kind: str) -> int:
    """Those of a machine that is being loaded are not known."""
    found = 0
    for runtime in coordinators.all():
        try:
            found += runtime.head.count(kind)
        except MachineError:
            continue
    return found
