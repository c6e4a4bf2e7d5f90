"""The last offset of each key in the dirty part of a log.

A long key is stood for by its hash, as in Kafka's offset map; one shorter than a hash stands for itself and so never meets
one. Both take 64 bytes as Python keeps them. The table is a dict: eight times the memory of a packed one, but that would be
probed in Python, record by record. It is bounded by memory all the same: when it is full the round ends there, and the next
one goes on.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from headwater.wire.batch.thinning import KEY, OFFSET_DELTA, KeyedRecord
from headwater.wire.types import Offset

ENTRY_BYTES: Final = 200
"""A key, an offset and their place in a dict, right after it has grown; measured."""
_HASH_BYTES: Final = 31


class KeyMap:
    def __init__(self, *, bytes_max: int, load_factor: float = 1.0) -> None:
        self._room = max(1, int(bytes_max * load_factor) // ENTRY_BYTES)
        self._offsets: dict[bytes, Offset] = {}
        self.latest = Offset(-1)
        """Every key up to this offset is in the table."""

    def __len__(self) -> int:
        return len(self._offsets)

    def take(self, records: Sequence[KeyedRecord], base: Offset) -> bool:
        """Records in order. False where the table was full before the last of them."""
        if len(self._offsets) + len(records) > self._room:
            return self._take_while_there_is_room(records, base)
        offsets = self._offsets
        for record in records:
            key = record[KEY]
            if key is not None:
                offsets[key if len(key) < _HASH_BYTES else _hash(key)] = Offset(base + record[OFFSET_DELTA])
        if records:
            self.latest = Offset(base + records[-1][OFFSET_DELTA])
        return True

    def _take_while_there_is_room(self, records: Sequence[KeyedRecord], base: Offset) -> bool:
        offsets = self._offsets
        for record in records:
            offset, key = Offset(base + record[OFFSET_DELTA]), record[KEY]
            if key is not None:
                short = key if len(key) < _HASH_BYTES else _hash(key)
                if short not in offsets and len(offsets) >= self._room:
                    return False
                offsets[short] = offset
            self.latest = offset
        return True

    def newest(self, records: Sequence[KeyedRecord], base: Offset) -> list[KeyedRecord]:
        """Those up to `latest` with a key that has no later record. One without a key has no place in a compacted log."""
        found = self._offsets.get
        return [
            record
            for record in records
            if (key := record[KEY]) is not None
            and found(key if len(key) < _HASH_BYTES else _hash(key), -1) <= base + record[OFFSET_DELTA]
        ]


def _hash(key: bytes) -> bytes:
    return blake2b(key, digest_size=_HASH_BYTES).digest()
