"""Where this broker keeps records, as DescribeLogDirs tells it. Only assembly knows: the engine may have no folder at all."""

from msgspec import Struct


class LogDirectory(Struct, frozen=True, kw_only=True):
    """At one moment. Sizes are of the file system, -1 where there is none."""

    path: str
    total_bytes: int = -1
    usable_bytes: int = -1
