"""Families that nothing here decides yet, kept whole so that a cluster that has them loses none.

Each is a table: a record sets what stands under its key, and another record of the family takes it away.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar, cast

from headwater.machine.decision import Record
from headwater.wire.records.access_control_entry_record import AccessControlEntryRecord
from headwater.wire.records.delegation_token_record import DelegationTokenRecord
from headwater.wire.records.remove_access_control_entry_record import RemoveAccessControlEntryRecord
from headwater.wire.records.remove_delegation_token_record import RemoveDelegationTokenRecord
from headwater.wire.records.remove_user_scram_credential_record import RemoveUserScramCredentialRecord
from headwater.wire.records.user_scram_credential_record import UserScramCredentialRecord
from headwater.wire.schema import Message

AnyRecord = TypeVar("AnyRecord", bound=Message)
Key = Callable[[Any], Hashable]


KEPT: Final[Mapping[type[Message], Key]] = {
    AccessControlEntryRecord: lambda record: record.id,
    UserScramCredentialRecord: lambda record: (record.name, record.mechanism),
    DelegationTokenRecord: lambda record: record.token_id,
}
REMOVALS: Final[Mapping[type[Message], tuple[type[Message], Key]]] = {
    RemoveAccessControlEntryRecord: (AccessControlEntryRecord, lambda record: record.id),
    RemoveUserScramCredentialRecord: (UserScramCredentialRecord, lambda record: (record.name, record.mechanism)),
    RemoveDelegationTokenRecord: (DelegationTokenRecord, lambda record: record.token_id),
}


class Kept:
    """ACLs, SCRAM credentials and delegation tokens."""

    def __init__(self) -> None:
        self._records: dict[type[Message], dict[Hashable, Record]] = {each: {} for each in KEPT}

    def replay(self, record: Record) -> None:
        kind = type(record)
        self._records[kind][KEPT[kind](record)] = record

    def replay_removal(self, record: Record) -> None:
        kind, key = REMOVALS[type(record)]
        self._records[kind].pop(key(record), None)

    def of(self, kind: type[AnyRecord]) -> Iterable[AnyRecord]:
        """What there is of a family now."""
        return cast("Iterable[AnyRecord]", self._records[kind].values())

    def snapshot(self) -> Iterator[Record]:
        for table in self._records.values():
            yield from table.values()
