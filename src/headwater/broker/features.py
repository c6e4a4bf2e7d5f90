"""Feature levels: which of Kafka's versioned abilities this program has, and which the cluster has agreed to use.

Clients act on them (KIP-584). `supported` is a fact of this program; `finalized` is replayed from FeatureLevelRecords.
"""

from msgspec import Struct


class SupportedFeature(Struct, frozen=True, kw_only=True):
    name: str
    least: int
    most: int


class FinalizedFeature(Struct, frozen=True, kw_only=True):
    name: str
    level: int


class Features(Struct, frozen=True, kw_only=True):
    """All of it at one moment."""

    supported: tuple[SupportedFeature, ...] = ()
    finalized: tuple[FinalizedFeature, ...] = ()
    epoch: int = -1
    """The offset of the metadata log at which `finalized` was true; -1 while it is not known."""

    def level(self, name: str) -> int:
        """What the cluster has agreed to use of this feature; 0 for nothing."""
        return next((each.level for each in self.finalized if each.name == name), 0)
