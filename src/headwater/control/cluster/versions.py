"""At which version each metadata record is written: as the finalized metadata.version calls for (Kafka's `MetadataVersion`).

A level below the newest has no place for some fields. They are left out when a record is decided, and not when it is written,
so that the state is the same before and after a restart.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, TypeVar

from msgspec.structs import fields, replace

from headwater.wire.records.broker_registration_change_record import BrokerRegistrationChangeRecord
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.records.partition_record import PartitionRecord
from headwater.wire.records.register_broker_record import RegisterBrokerRecord
from headwater.wire.schema import Message, versions_of

M = TypeVar("M", bound=Message)

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


def fitted(record: M, metadata_level: int) -> M:
    """The record without what its version can't say."""
    absent = _absent(type(record), record_version(type(record), metadata_level))
    return replace(record, **absent) if absent else record


@cache
def _absent(kind: type[Message], version: int) -> Mapping[str, Any]:
    """The fields that a version lacks, and what stands for them."""
    lacking = {each.name for each in kind.FIELDS if version not in versions_of(each.versions)}
    return {each.name: each.default for each in fields(kind) if each.name in lacking}
