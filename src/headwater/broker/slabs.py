"""Memory for what sockets receive: a bounded pool of slabs.

A slab is filled from its head to its end and never rewritten while somebody holds it. Its holders are the connection that
fills it and every frame on it that has not been answered. The last one to let go gives it back.

The pool never says no, for a connection must have somewhere to put the bytes that arrive. Past its bound it hands out
small slabs, so that memory stays bounded by the pool and the number of connections, and everybody makes progress. A frame that
no pooled slab can hold gets a slab of its own, which grows as its bytes arrive: to claim a large frame costs nothing.
"""

from typing import Final

from headwater.kernel.units import KiB, MiB

SLAB_BYTES: Final = MiB + 64 * KiB
"""Room for a request of 1 MiB of records, which is as large as most clients make them. With slabs half as large, such a
request costs twice the time of the processor: a slab of its own is cleared and mapped anew for each."""
SMALL_BYTES: Final = 16 * KiB
POOL_BYTES_MAX: Final = 128 * MiB
SPARE_SLABS_MAX: Final = 16
"""Free slabs that are kept; more than these go back to the operating system."""

_FIRST_STEP: Final = 1 * MiB
_STEP_MAX: Final = 4 * MiB
"""A slab grows by as much as it has, up to this: clearing more memory in one go would hold the loop."""


class Slab:
    """`size` is what it will hold in the end; `data` is as long as it has grown so far."""

    __slots__ = ("_pool", "data", "holders", "size")

    def __init__(self, pool: "SlabPool", size: int, *, length: int) -> None:
        self._pool = pool
        self.data = bytearray(length)
        self.size = size
        self.holders = 1

    def grow(self) -> None:
        """Only while nobody has a view of it, which is so until its one frame is whole."""
        self.data += bytes(min(self.size - len(self.data), len(self.data), _STEP_MAX))

    def drop(self) -> None:
        self.holders -= 1
        if not self.holders:
            self._pool.give_back(self)


class SlabPool:
    def __init__(
        self,
        *,
        slab_bytes: int = SLAB_BYTES,
        small_bytes: int = SMALL_BYTES,
        bytes_max: int = POOL_BYTES_MAX,
        spare_max: int = SPARE_SLABS_MAX,
    ) -> None:
        self.slab_bytes = slab_bytes
        self._small_bytes = small_bytes
        self._bytes_max = bytes_max
        self._spare_max = spare_max
        self._spare: list[Slab] = []
        self.bytes_taken = 0
        """What is in use now, slabs of their own included, by the size they may grow to."""

    def take(self, bytes_needed: int) -> Slab:
        """A slab that can hold that many, held once."""
        if bytes_needed > self.slab_bytes or self._is_exhausted():
            slab = self._own(max(bytes_needed, self._small_bytes))
        elif self._spare:
            slab = self._spare.pop()
            slab.holders = 1
        else:
            slab = Slab(self, self.slab_bytes, length=self.slab_bytes)
        self.bytes_taken += slab.size
        return slab

    def give_back(self, slab: Slab) -> None:
        self.bytes_taken -= slab.size
        if slab.size == self.slab_bytes and len(self._spare) < self._spare_max:
            self._spare.append(slab)

    def _is_exhausted(self) -> bool:
        return self.bytes_taken + self.slab_bytes > self._bytes_max

    def _own(self, size: int) -> Slab:
        return Slab(self, size, length=min(size, _FIRST_STEP))
