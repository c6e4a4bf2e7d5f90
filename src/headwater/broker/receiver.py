"""Turns the bytes of one connection into frames, where they lie.

A frame is four bytes of length and that many bytes of request. Its bytes are read straight into a slab, and the frame is a
view of them: a produced batch is not copied on its way to the log. Only a frame that is cut by the end of a slab is moved, to
the head of the next one, and the first bytes of a frame whose rest keeps us waiting, so that a slow connection
holds no slab. And small frames are copied out: they are mostly of requests that wait, for a fetch or for other members of a
group, and a slab for each of thousands that wait would be all the memory there is.

Nothing here waits or knows a socket: `room` says where the next bytes go, `received` that they came, `next_frame` takes out what is whole.
"""

from struct import Struct
from typing import Final

from headwater.broker.errors import FrameTooLarge
from headwater.broker.slabs import Slab, SlabPool

_LENGTH: Final = Struct(">i").unpack_from
_LENGTH_BYTES: Final = 4
_WORTH_A_READ: Final = 2048
"""Less room than this is left unused at a slab's end when no frame is cut by it."""
_STUB_BYTES_MAX: Final = 2048
"""A cut frame up to this size is moved out of its slab while its rest is awaited."""
_COPIED_BYTES_MAX: Final = 2048
"""A whole frame up to this size is: the copy costs less than it would to hold and to let go of the slab."""


class Frame:
    """One request as it came. Its bytes stay as they are until `release`; `slab` is None where they lie alone."""

    __slots__ = ("size", "slab", "view")

    def __init__(self, slab: Slab | None, view: memoryview) -> None:
        self.slab = slab
        self.view = view
        self.size = len(view)


class Receiver:
    def __init__(self, pool: SlabPool, *, frame_bytes_max: int) -> None:
        self._pool = pool
        self._frame_bytes_max = frame_bytes_max
        self._slab: Slab | None = None
        self._start = 0
        """Where the first byte that is in no frame yet stands."""
        self._end = 0
        """The write mark."""
        self._needed = _WORTH_A_READ
        """How many bytes must fit from `_start` on: a whole frame, as far as it is known."""
        self._stub = b""
        self._is_drained = True
        """Whether no whole frame is left in what was received."""

    def room(self) -> memoryview:
        """Where the next bytes are to be put; never empty."""
        slab = self._slab
        if slab is None:
            slab = self._begin(self._stub)
            self._stub = b""
        elif self._start + self._needed > slab.size:
            slab = self._begin(slab.data[self._start : self._end])
        if self._end >= len(slab.data):
            slab.grow()
        return memoryview(slab.data)[self._end :]

    def received(self, count: int) -> None:
        self._end += count
        self._is_drained = False

    def next_frame(self) -> Frame | None:
        """The next whole frame, held once for whoever answers it; None where more bytes are needed."""
        slab = self._slab
        waiting = self._end - self._start
        if slab is None or waiting < _LENGTH_BYTES:
            self._drained(bytes_needed=_LENGTH_BYTES if waiting else _WORTH_A_READ)
            return None
        length: int = _LENGTH(slab.data, self._start)[0]
        if not 0 <= length <= self._frame_bytes_max:
            raise FrameTooLarge(length, self._frame_bytes_max)
        begin = self._start + _LENGTH_BYTES
        if begin + length > self._end:
            self._drained(bytes_needed=_LENGTH_BYTES + length)
            return None
        self._start = begin + length
        if length <= _COPIED_BYTES_MAX:
            return Frame(None, memoryview(slab.data[begin : begin + length]))
        slab.holders += 1
        return Frame(slab, memoryview(slab.data)[begin : begin + length])

    def _drained(self, *, bytes_needed: int) -> None:
        self._needed = bytes_needed
        self._is_drained = True

    def release(self, frame: Frame) -> None:
        """The frame has been answered; nobody looks at its bytes any more."""
        frame.view = _NOTHING
        if frame.slab is not None:
            frame.slab.drop()
            self.settle()

    def settle(self) -> None:
        """Let go of the slab where nothing but the few bytes of a cut frame would be kept in it."""
        slab = self._slab
        if not self._is_drained or slab is None or slab.holders > 1 or self._end - self._start > _STUB_BYTES_MAX:
            return
        self._stub = bytes(slab.data[self._start : self._end])
        self._start = self._end = 0
        self._slab = None
        slab.drop()

    def close(self) -> None:
        if self._slab is not None:
            self._slab.drop()
        self._slab = None
        self._stub = b""
        self._start = self._end = 0

    def _begin(self, head: bytes | bytearray) -> Slab:
        """Continue in another slab, whose head becomes the frame that was cut."""
        slab = self._pool.take(self._needed)
        slab.data[: len(head)] = head
        if self._slab is not None:
            self._slab.drop()
        self._slab = slab
        self._start, self._end = 0, len(head)
        return slab


_NOTHING: Final = memoryview(b"")
