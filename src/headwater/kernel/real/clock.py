"""The wall clock of this machine."""

import time

from headwater.kernel.units import Timestamp


class SystemClock:
    """As the operating system has it, jumps included."""

    def now(self) -> Timestamp:
        return Timestamp(time.time_ns() // 1_000_000)
