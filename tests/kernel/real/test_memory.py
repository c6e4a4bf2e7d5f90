"""What the C library does with memory that is given back."""

import resource

from headwater.kernel.real.memory import keep_freed_memory
from headwater.kernel.units import MiB


def test_to_show_it_a_large_block_takes_no_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    keep_freed_memory()
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    assert faults * resource.getpagesize() < MiB
