"""How this process deals with memory that is given back: the C library's part, and Python's.

A fetch reads megabytes into fresh memory and gives it back when they are sent. glibc takes blocks as large as these from the
operating system one by one, or hands the end of its heap back each time: then every fetch has its pages mapped and cleared
anew, which costs three times as much as all else that is done for it. It keeps what it has once it has seen a block of that
size come back. So one is shown to it, which is never touched and takes no memory; any other C library doesn't mind.
"""

import gc
from typing import Final

from headwater.kernel.units import KiB, MiB

_LARGEST_LEARNED: Final = 32 * MiB - 64 * KiB
"""Just below glibc's DEFAULT_MMAP_THRESHOLD_MAX: from larger blocks it learns nothing. It then keeps up to twice as much."""


def keep_freed_memory() -> None:
    shown = bytes(_LARGEST_LEARNED)
    del shown


_COLLECT_EVERY: Final = 50_000, 20, 100
"""In place of 700, 10 and 10."""


def collect_rarely() -> None:
    """Let Python look for cycles seldom: what a request makes is freed by counting, without them. With ten thousand logs
    there are a million objects to look at, which took a quarter of the time of opening them."""
    gc.set_threshold(*_COLLECT_EVERY)
