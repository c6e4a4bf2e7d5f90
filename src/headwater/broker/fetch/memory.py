"""A bound on the memory that all fetched records take together, from the read until the last byte has left.

A fetch is granted how much it may read, and what it read is counted until the connection lets go of it: the buffers of a
response are views, and each gives its bytes back when it dies. So a client that does not read its answers holds
memory of the pool, and only as much as it was granted once, for a connection that can't write takes no new requests.

The pool never says no. When it is empty it grants little, so that slow readers can't stop the others: memory is bounded by the
pool and the number of connections, and everybody makes progress. A first batch comes whole even where it is larger (KIP-74).
"""

from collections.abc import Sequence
from typing import Final
from weakref import ref

from headwater.kernel.units import KiB
from headwater.log.port import Buffer

LEAST_GRANT_BYTES: Final = 64 * KiB


class _Loan(ref[memoryview]):
    """Ends with the view."""

    __slots__ = ("size",)
    size: int


class FetchMemory:
    def __init__(self, *, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._loans: dict[int, _Loan] = {}
        self.bytes_taken = 0

    def grant(self, wanted: int) -> int:
        """How many bytes may be read; they are taken until `give_back`."""
        granted = min(wanted, max(self._bytes_max - self.bytes_taken, LEAST_GRANT_BYTES))
        self.bytes_taken += granted
        return granted

    def give_back(self, granted: int) -> None:
        self.bytes_taken -= granted

    def lend(self, buffers: Sequence[Buffer]) -> tuple[memoryview, ...]:
        """The same bytes as views, which are taken as long as anybody holds them."""
        views = tuple([memoryview(each) for each in buffers])
        for view in views:
            loan = _Loan(view, self._ended)
            loan.size = len(view)
            self._loans[id(loan)] = loan
            self.bytes_taken += loan.size
        return views

    def _ended(self, loan: ref[memoryview]) -> None:
        self.bytes_taken -= self._loans.pop(id(loan)).size
