"""The `Journal` port: where a machine's records live, as the runtime sees it.

A journal is a log of the machine's own records. Where compaction does not keep that short, it keeps a snapshot of them too.
It is implemented over `log` for the broker's machines and over `client` for the services'; the contract suite is
`tests/contracts/test_journal.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.machine.decision import Record
from headwater.wire.types import Offset


class Reducible(Struct, frozen=True, kw_only=True):
    """What a snapshot would replace now: so many records, all that stand before `end`."""

    end: Offset
    records: int


class Journal(Protocol):
    """One machine's log. Each record takes an offset; there may be gaps."""

    async def load(self, replay: Callable[[Record], None], *, until: Offset | None = None) -> Offset:
        """Replay the newest snapshot, if there is one, then every record after it, in slices that let the loop breathe.

        Gives the end: the offset that the next append must expect; with `until` it stops there. Raises `UnreadableRecord`,
        naming the offset, where the machine's log may hold only what it knows, and `Fenced` as `append` does.
        """
        ...

    async def append(self, decisions: Sequence[Sequence[Record]], *, expected_end: Offset, now: Timestamp) -> Offset:
        """Make these records durable, in order, and give the new end. The records of one decision share a batch.

        Raises `Conflict` where the log does not end at `expected_end`, and `Fenced` where this journal can't write any
        longer, because another writer has taken over; any other error means that the outcome is unknown.
        """
        ...


@runtime_checkable
class SnapshotJournal(Journal, Protocol):
    """A journal that keeps snapshots. One over a compacted log has no need of them."""

    def reducible(self) -> Reducible:
        """Known after a load. Cheap: it is asked after every append."""
        ...

    async def write_snapshot(self, records: Iterable[Record], *, end: Offset, now: Timestamp) -> None:
        """Keep these records as the state up to `end`, which `reducible` gave, as one step, and drop what it makes needless."""
        ...
