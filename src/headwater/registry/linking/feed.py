"""The port to what changes in `_schemas`, and its filling from the topic itself."""

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import Struct

from headwater.client.topic_reader import TopicReader
from headwater.registry.store.records import RegistryRecord
from headwater.wire.types import Offset

_WAIT_MS: Final = 500


class Slice(Struct, frozen=True, kw_only=True):
    """Some records in their order, and where the next one comes from."""

    records: Sequence[RegistryRecord]
    next: int


class Feed(Protocol):
    async def read(self, offset: int) -> Slice:
        """What comes from there on; nothing, after a while, where nothing comes."""
        ...

    async def end(self) -> int:
        """Behind the last record that there is now."""
        ...


class TopicFeed:
    """For one exporter: it is always somewhere else than others."""

    def __init__(self, reader: TopicReader) -> None:
        self._reader: Final = reader
        self._is_within = False

    async def read(self, offset: int) -> Slice:
        records: list[RegistryRecord] = []
        self._reader.seek(Offset(offset))
        if not self._is_within:
            await self._find()
        await self._reader.poll(records.append, wait_ms=_WAIT_MS)
        return Slice(records=records, next=self._reader.position)

    async def end(self) -> int:
        return await self._reader.end()

    async def _find(self) -> None:
        """At first: a topic that was made anew does not have what came from there. Later it would refuse."""
        if not await self._reader.is_within():
            await self._reader.rewind()
        self._is_within = True
