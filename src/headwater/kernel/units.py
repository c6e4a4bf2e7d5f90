"""Units that every room shares: moments and durations in milliseconds, sizes in bytes."""

from typing import Final, NewType

Timestamp = NewType("Timestamp", int)
"""A moment of the wall clock: milliseconds since 1970-01-01 UTC, as in Kafka's records."""

KiB: Final = 1024
MiB: Final = 1024 * KiB
GiB: Final = 1024 * MiB

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
