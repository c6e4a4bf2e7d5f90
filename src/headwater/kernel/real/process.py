"""What this process uses of its machine, under the names that Prometheus has for it."""

import os
import resource
import socket
import sys
import time
from typing import Final

from headwater.kernel.counters import Counter, Counters

_STATM: Final = "/proc/self/statm"
_DESCRIPTORS: Final = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"


def process_counters() -> Counters:
    """A registry of its own, because these names have no prefix of ours."""
    started = time.time()
    counters = Counters(prefix="process_")
    counters.watch("cpu_seconds_total", "Processor time, the system's included.", time.process_time, meter=Counter)
    counters.watch("resident_memory_bytes", "Memory that is really held.", resident_bytes)
    counters.watch("open_fds", "Open files and sockets.", lambda: len(os.listdir(_DESCRIPTORS)))
    counters.watch("max_fds", "How many there may be.", lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    counters.watch("start_time_seconds", "When it started, in seconds since 1970.", lambda: started)
    return counters


def resident_bytes() -> int:
    """Now, where the system tells; else the most it has been, which macOS gives in bytes."""
    if os.path.exists(_STATM):
        with open(_STATM, "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def machine_name() -> str:
    """What this machine calls itself."""
    return socket.gethostname()
