"""Transaction records as keys and values of `__transaction_state`."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from headwater.control.transactions.transaction import TransactionRecord
from headwater.machine.decision import Record
from headwater.wire.errors import UnknownType
from headwater.wire.keyed_records import decode_key, decode_versioned, encode_key, encode_versioned
from headwater.wire.record_types import TRANSACTION_RECORDS
from headwater.wire.records.transaction_log_key import TransactionLogKey
from headwater.wire.records.transaction_log_value import TransactionLogValue
from headwater.wire.types import NO_PRODUCER

_PLAIN, _FLEXIBLE = 0, 1
_FLEXIBLE_FROM: Final = 1
"""The transaction.version whose records may carry tagged fields."""


class TransactionCodec:
    """The log's port `RecordCodec`. The cluster's transaction.version says how values are written."""

    def __init__(self, *, transaction_version: Callable[[], int]) -> None:
        self._transaction_version = transaction_version

    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]:
        assert isinstance(record, TransactionRecord)
        return encode_key(record.key), None if record.value is None else self._encode_value(record.value)

    def _encode_value(self, value: TransactionLogValue) -> bytes:
        if self._transaction_version() >= _FLEXIBLE_FROM:
            return encode_versioned(value, _FLEXIBLE)
        untagged = replace(
            value, previous_producer_id=NO_PRODUCER, next_producer_id=NO_PRODUCER, client_transaction_version=0
        )
        return encode_versioned(untagged, _PLAIN)

    def decode(self, key: bytes | None, value: bytes | None) -> Record | None:
        try:
            kind, message = decode_key(TRANSACTION_RECORDS, key or b"")
        except UnknownType:
            return None
        assert isinstance(message, TransactionLogKey)
        if value is None:
            return TransactionRecord(key=message, value=None)
        decoded = decode_versioned(kind.value, value)
        assert isinstance(decoded, TransactionLogValue)
        return TransactionRecord(key=message, value=decoded)
