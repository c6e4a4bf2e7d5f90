"""The `Journal` port: where a machine's records live, as the runtime sees it.

A journal is a log of the machine's own records plus the newest snapshot of them. It is implemented over `log` for the
broker's machines and over `client` for the services'; the contract suite is `tests/contracts/test_journal.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from headwater.kernel.units import Timestamp
from headwater.machine.decision import Record
from headwater.wire.types import Offset


class Journal(Protocol):
    """One machine's log. Offsets count records."""

    async def load(self, replay: Callable[[Record], None]) -> Offset:
        """Replay the newest snapshot, then every record after it, in slices that let the loop breathe.

        Gives the end: the offset that the next append must expect. Raises `UnreadableRecord`, naming the offset, where the
        machine's log may hold only what it knows.
        """
        ...

    async def append(self, decisions: Sequence[Sequence[Record]], *, expected_end: Offset, now: Timestamp) -> Offset:
        """Make these records durable, in order, and give the new end. The records of one decision share a batch.

        Raises `Conflict` where the log does not end at `expected_end`; any other error means that the outcome is unknown.
        """
        ...

    async def write_snapshot(self, records: Iterable[Record], *, end: Offset, now: Timestamp) -> None:
        """Keep these records as the state up to `end`, as one step, and drop what it makes needless."""
        ...
