"""The quorum behind the cluster's metadata log, as DescribeQuorum tells of it (KIP-595): one voter, which is this process.

What the log's epoch is and where it ends only assembly knows, which made the log: it gives a function that says so.
"""

from msgspec import Struct

from headwater.wire.types import LeaderEpoch, Offset, Uuid


class Quorum(Struct, frozen=True, kw_only=True):
    """At one moment."""

    leader_epoch: LeaderEpoch
    high_watermark: Offset
    """The log ends here too: nothing in it waits for another voter."""
    directory: Uuid
    """The id of the folder that holds the log."""
    kraft_version: int = 0
    """At 1 the voters stand in the log, and at 0 in settings."""
