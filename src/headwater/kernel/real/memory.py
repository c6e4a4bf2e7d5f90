"""How the C library deals with the memory that is given back to it.

A fetch reads megabytes into fresh memory and gives it back when they are sent. glibc takes blocks as large as these from the
operating system one by one, or hands the end of its heap back each time: then every fetch has its pages mapped and cleared
anew, which costs three times as much as all else that is done for it. It keeps what it has once it has seen a block of that
size come back. So one is shown to it, which is never touched and takes no memory; any other C library doesn't mind.
"""

from typing import Final

from headwater.kernel.units import KiB, MiB

_LARGEST_LEARNED: Final = 32 * MiB - 64 * KiB
"""Just below glibc's DEFAULT_MMAP_THRESHOLD_MAX: from larger blocks it learns nothing. It then keeps up to twice as much."""


def keep_freed_memory() -> None:
    shown = bytes(_LARGEST_LEARNED)
    del shown
