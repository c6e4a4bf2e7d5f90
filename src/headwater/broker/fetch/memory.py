"""A bound on the memory that all fetched records take together, from the read until the last byte has left.

A fetch is granted how much it may read, and what it read is lent to its connection until that has written it. Nobody is told
when, so a borrower is asked: when it borrows again, when the pool is empty, and now and then, for it may be gone.

The pool never says no. When it is empty it grants little, so that slow readers can't stop the others: memory is bounded by the
pool and the number of connections, for one that can't write takes no new requests, and everybody makes progress. A first
batch comes whole even where it is larger (KIP-74).
"""

from typing import Final, Protocol

from headwater.kernel.counters import Counters
from headwater.kernel.units import KiB

LEAST_GRANT_BYTES: Final = 64 * KiB
SETTLED_AFTER: Final = 1000
"""Loans after which every borrower is asked: one that has left is remembered no longer than that."""


class Borrower(Protocol):
    """A connection, as it is seen from here; it must be hashable by identity."""

    def unsent_bytes(self) -> int:
        """Of answers that were given and not written yet."""
        ...


class FetchMemory:
    """`bytes_taken` may be more than is true, by what has been written and not asked for."""

    def __init__(self, *, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._lent: dict[Borrower, int] = {}
        self._loans = 0
        self.bytes_taken = 0

    def watch(self, counters: Counters) -> None:
        counters.watch("fetch_memory_bytes", "Fetched records that are not written yet.", lambda: self.bytes_taken)

    def grant(self, wanted: int) -> int:
        """How many bytes may be read; they are taken until `give_back`."""
        if self.bytes_taken + wanted > self._bytes_max:
            self._settle_all()
        granted = min(wanted, max(self._bytes_max - self.bytes_taken, LEAST_GRANT_BYTES))
        self.bytes_taken += granted
        return granted

    def give_back(self, granted: int) -> None:
        self.bytes_taken -= granted

    def lend(self, borrower: Borrower, size: int) -> None:
        """So many bytes are about to be sent."""
        self._settle(borrower)
        self._lent[borrower] = self._lent.get(borrower, 0) + size
        self.bytes_taken += size
        self._loans += 1
        if self._loans % SETTLED_AFTER == 0:
            self._settle_all()

    def _settle_all(self) -> None:
        for borrower in tuple(self._lent):
            self._settle(borrower)

    def _settle(self, borrower: Borrower) -> None:
        lent = self._lent.pop(borrower, 0)
        left = min(lent, borrower.unsent_bytes()) if lent else 0
        if left:
            self._lent[borrower] = left
        self.bytes_taken += left - lent
