"""At which version each metadata record is written: as the finalized metadata.version calls for (Kafka's `MetadataVersion`)."""

from collections.abc import Callable, Mapping
from typing import Final

from headwater.wire.records.broker_registration_change_record import BrokerRegistrationChangeRecord
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.records.partition_record import PartitionRecord
from headwater.wire.records.register_broker_record import RegisterBrokerRecord
from headwater.wire.schema import Message

_KRAFT_SHUTDOWN: Final = 7
_MIGRATION: Final = 8
_DIRECTORIES: Final = 17
_ELIGIBLE_REPLICAS: Final = 23
_CORDONED: Final = 30


def _partition(level: int) -> int:
    return (level >= _DIRECTORIES) + (level >= _ELIGIBLE_REPLICAS)


def _register_broker(level: int) -> int:
    return sum(level >= each for each in (_KRAFT_SHUTDOWN, _MIGRATION, _DIRECTORIES, _CORDONED))


def _registration_change(level: int) -> int:
    return sum(level >= each for each in (_KRAFT_SHUTDOWN, _DIRECTORIES, _CORDONED))


_BY_LEVEL: Final[Mapping[type[Message], Callable[[int], int]]] = {
    PartitionRecord: _partition,
    PartitionChangeRecord: _partition,
    RegisterBrokerRecord: _register_broker,
    BrokerRegistrationChangeRecord: _registration_change,
}


def record_version(kind: type[Message], metadata_level: int) -> int:
    """The version to write a record of this type at; 0 for every type that has had one version only."""
    rule = _BY_LEVEL.get(kind)
    return rule(metadata_level) if rule else 0
