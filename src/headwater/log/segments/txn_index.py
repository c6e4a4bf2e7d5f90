"""`.txnindex`: the aborted transactions whose abort marker stands in this segment. The file exists only where there are some.

    version, producer id, first offset, last offset, last stable offset      int16 and four int64

`last_stable` is the last stable offset right after the marker: no later entry can touch offsets below it, which is where
a search may stop.
"""

from struct import Struct as Layout
from typing import Final

from headwater.log.port import AbortedTransaction
from headwater.log.segments.file_cache import FileCache
from headwater.wire.types import Offset, ProducerId

_ENTRY: Final = Layout(">hqqqq")
_VERSION: Final = 0


def read_entries(raw: bytes) -> list[AbortedTransaction]:
    """From the bytes of a file, as far as they are whole entries."""
    whole = memoryview(raw)[: len(raw) - len(raw) % _ENTRY.size]
    return [_entry(*fields[1:]) for fields in _ENTRY.iter_unpack(whole)]


class TxnIndex:
    __slots__ = ("_entries", "_exists", "_files", "_path")

    def __init__(self, files: FileCache, path: str, *, exists: bool) -> None:
        self._files = files
        self._path = path
        self._exists = exists
        self._entries: list[AbortedTransaction] | None = None if exists else []

    @property
    def exists(self) -> bool:
        return self._exists

    def entries(self) -> list[AbortedTransaction]:
        """By last offset. Read once: aborted transactions are rare, and each is 34 bytes."""
        if self._entries is None:
            self._entries = read_entries(self._files.disk.read(self._path))
        return self._entries

    def append(self, aborted: AbortedTransaction) -> None:
        self.entries().append(aborted)
        self._files.get(self._path).append((_pack(aborted),))
        self._exists = True

    def clear(self) -> None:
        self._entries = []
        if self._exists:
            self._files.get(self._path).truncate(0)


def _entry(producer_id: int, first: int, last: int, last_stable: int) -> AbortedTransaction:
    return AbortedTransaction(
        producer_id=ProducerId(producer_id), first=Offset(first), last=Offset(last), last_stable=Offset(last_stable)
    )


def _pack(aborted: AbortedTransaction) -> bytes:
    return _ENTRY.pack(_VERSION, aborted.producer_id, aborted.first, aborted.last, aborted.last_stable)
