"""What can be seen of a broker's process as a whole; the rooms' parts register what can be seen of them."""

from headwater.broker.partitions import Partitions
from headwater.kernel.counters import Counter, Counters
from headwater.kernel.tasks import Ward
from headwater.kernel.units import SECOND_MS
from headwater.kernel.watchdog import HELD_MAX_MS, Watchdog


def watch(counters: Counters, *, watchdog: Watchdog, ward: Ward, partitions: Partitions) -> None:
    counters.watch(
        "loop_held_total",
        f"Times that something kept all others waiting for more than {HELD_MAX_MS} ms.",
        lambda: watchdog.held,
        meter=Counter,
    )
    counters.watch(
        "loop_held_longest_seconds",
        "The longest of these times since the start.",
        lambda: watchdog.longest_ms / SECOND_MS,
    )
    counters.watch(
        "task_failures_total",
        "Background tasks that failed; the log has the reasons.",
        lambda: ward.failures,
        meter=Counter,
    )
    counters.watch("partitions", "Partitions whose logs are open.", lambda: len(partitions.open_logs()))
