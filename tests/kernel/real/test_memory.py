"""What becomes of memory that is given back."""

import gc
import resource

from headwater.kernel.real.memory import collect_rarely, keep_freed_memory
from headwater.kernel.units import MiB


def test_to_show_it_a_large_block_takes_no_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    keep_freed_memory()
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    assert faults * resource.getpagesize() < MiB


def test_cycles_are_looked_for_seldom_but_looked_for():
    usual = gc.get_threshold()
    try:
        collect_rarely()
        assert gc.get_threshold()[0] > usual[0]
        assert gc.isenabled()
    finally:
        gc.set_threshold(*usual)
