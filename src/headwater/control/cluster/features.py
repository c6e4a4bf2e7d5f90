"""Feature levels (KIP-584, KIP-1022): which formats and protocols the cluster has agreed on.

Clients act on them, so what is not built yet is supported at level 0 only. `metadata.version` decides at which version
each metadata record is written; the numbers are those of Kafka 4.4's `MetadataVersion`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from headwater.control.cluster.requests import Bootstrap, FeatureChange, UpdateFeatures
from headwater.control.errors import InvalidUpdateVersion
from headwater.machine.decision import Decision, Record, Ticket, answer
from headwater.wire.records.feature_level_record import FeatureLevelRecord

METADATA_VERSION: Final = "metadata.version"
LOWEST_METADATA: Final = 7
"""3.3-IV3, the first that Kafka 4 can begin with."""
LATEST_METADATA: Final = 33
"""4.4-IV2."""
TRANSACTION_VERSION: Final = "transaction.version"
LATEST_TRANSACTION: Final = 2
"""Each end of a transaction begins a new epoch (KIP-890)."""
STREAMS_VERSION: Final = "streams.version"
LATEST_STREAMS: Final = 1
"""Streams groups are served (KIP-1071)."""
SHARE_VERSION: Final = "share.version"
LATEST_SHARE: Final = 2
"""Share groups from level 1 on (KIP-932), and their dead letters (KIP-1191)."""
DEAD_LETTERS_FROM: Final = 2
KRAFT_VERSION: Final = "kraft.version"
"""The only one that is no FeatureLevelRecord: the quorum's own records say it."""
GROUP_VERSION: Final = "group.version"
LATEST_GROUP: Final = 1
"""Consumer groups whose coordinator assigns (KIP-848)."""

SUPPORTED: Final[Mapping[str, tuple[int, int]]] = {
    METADATA_VERSION: (LOWEST_METADATA, LATEST_METADATA),
    KRAFT_VERSION: (0, 1),
    TRANSACTION_VERSION: (0, 2),
    GROUP_VERSION: (0, LATEST_GROUP),
    STREAMS_VERSION: (0, LATEST_STREAMS),
    SHARE_VERSION: (0, LATEST_SHARE),
    "eligible.leader.replicas.version": (0, 0),
}
"""Feature name to the lowest and highest level that this program offers."""

OPENED: Final[Mapping[str, tuple[int, int]]] = {**SUPPORTED, "eligible.leader.replicas.version": (0, 1)}
"""The levels that Kafka 4.4 knows, and so those of a folder that it left. What one of them stands for and is not offered here
is kept as it is, for none of them changes how the rest is written."""

_CHANGED_METADATA: Final = frozenset({7, 8, 11, 13, 14, 15, 17, 23, 30, 32, 33})
"""Levels that brought new records or fields: going back over one of them could lose metadata."""

_CONTROLLER_REGISTRATION_FROM: Final = 15
_CONTROLLER_UNREGISTRATION_FROM: Final = 33


class Features:
    """The family of FeatureLevelRecord."""

    def __init__(self) -> None:
        self._levels: dict[str, int] = {}
        self._changes = 0

    @property
    def finalized(self) -> Mapping[str, int]:
        """Only what is above 0, as in ApiVersions."""
        return self._levels

    @property
    def epoch(self) -> int:
        """Grows with each change, for ApiVersions' FinalizedFeaturesEpoch; -1 before the first."""
        return self._changes - 1

    def offered(self) -> Mapping[str, int]:
        """Without those that stand for something that is not offered."""
        return {name: level for name, level in self._levels.items() if level <= SUPPORTED.get(name, (0, 0))[1]}

    @property
    def metadata_level(self) -> int:
        return self._levels.get(METADATA_VERSION, LOWEST_METADATA)

    @property
    def transaction_level(self) -> int:
        return self._levels.get(TRANSACTION_VERSION, 0)

    @property
    def streams_level(self) -> int:
        return self._levels.get(STREAMS_VERSION, 0)

    @property
    def share_level(self) -> int:
        return self._levels.get(SHARE_VERSION, 0)

    @property
    def registers_controllers(self) -> bool:
        return self.metadata_level >= _CONTROLLER_REGISTRATION_FROM

    @property
    def unregisters_controllers(self) -> bool:
        return self.metadata_level >= _CONTROLLER_UNREGISTRATION_FROM

    def decide_bootstrap(self, request: Bootstrap, *, ticket: Ticket) -> Decision:
        if self._levels:
            return answer(ticket, None)
        return Decision(records=request.records, answers=((ticket, None),))

    def decide_update(self, request: UpdateFeatures, *, ticket: Ticket) -> Decision:
        """All or nothing; the first refusal stands for all."""
        for change in request.changes:
            if refusal := self._check(change):
                return answer(ticket, refusal)
        if request.validate_only:
            return answer(ticket, None)
        records = tuple(_level(each.name, each.level) for each in request.changes)
        return Decision(records=records, answers=((ticket, None),))

    def _check(self, change: FeatureChange) -> InvalidUpdateVersion | None:
        current = self._levels.get(change.name, 0)
        low, high = SUPPORTED.get(change.name, (0, -1))
        if change.level < 0:
            return _refuse(change, "A feature version cannot be less than 0.")
        if change.name not in SUPPORTED:
            return _refuse(change, "This cluster doesn't know the feature.")
        if change.name == KRAFT_VERSION:
            return _refuse(change, "It is as old as the quorum, and stays as it is.")
        if not low <= change.level <= high:
            return _refuse(change, f"This cluster only supports versions {low}-{high}.")
        if change.level < current and not change.downgrade:
            return _refuse(
                change,
                "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
            )
        if change.level > current and change.downgrade:
            return _refuse(change, "Can't downgrade to a newer version.")
        if change.name == METADATA_VERSION and _loses_metadata(change.level, current):
            return _refuse(
                change, "Refusing to perform the requested downgrade because it might delete metadata information."
            )
        return None

    def replay(self, record: FeatureLevelRecord) -> None:
        self._changes += 1
        if record.feature_level:
            self._levels[record.name] = record.feature_level
        else:
            self._levels.pop(record.name, None)

    def snapshot(self) -> Iterator[Record]:
        """metadata.version comes first: it says how to read the rest."""
        for name in sorted(self._levels, key=lambda each: (each != METADATA_VERSION, each)):
            yield _level(name, self._levels[name])


def refusals(levels: Mapping[str, int]) -> Iterator[str]:
    """Why a folder with these levels can't be opened: a newer program wrote it, or one that is older than Kafka 4 can be."""
    for name, level in levels.items():
        low, high = OPENED.get(name, (0, 0))
        if not low <= level <= high:
            yield f"{name} is {level}, and only {low} to {high} are known here"


def _loses_metadata(level: int, current: int) -> bool:
    return any(level < each <= current for each in _CHANGED_METADATA)


def _level(name: str, level: int) -> FeatureLevelRecord:
    return FeatureLevelRecord(name=name, feature_level=level)


def _refuse(change: FeatureChange, reason: str) -> InvalidUpdateVersion:
    return InvalidUpdateVersion(f"Invalid update version {change.level} for feature {change.name}. {reason}")
