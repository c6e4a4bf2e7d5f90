"""How long a broker takes to open a folder that was closed in order and holds many partitions."""

from pathlib import Path
from typing import Final

from bench.systems import headwater

_TOPIC_PARTITIONS: Final = 1_000


def clean_start_s(folder: Path, partitions: int) -> float:
    """From the start of the process to its open port, on the second start: the first makes the partitions."""
    with headwater(folder, flush_mode="os") as first:
        for number in range(partitions // _TOPIC_PARTITIONS):
            first.create_topic(f"many-{number}", _TOPIC_PARTITIONS)
    with headwater(folder, flush_mode="os") as second:
        return second.opened_s
