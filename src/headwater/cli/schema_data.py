"""Records as text on one side and written with schemas on the other: what `produce --schema` and `consume --registry` do."""

import asyncio
from typing import Any

from msgspec.structs import replace

from headwater.cli.failures import Complaint
from headwater.cli.registry_session import opened
from headwater.cli.schema_files import is_file, read_schema, type_of
from headwater.registry.errors import DataError
from headwater.registry.remote import RemoteRegistry
from headwater.registry.serdes.framing import framed, unframed
from headwater.registry.serdes.serde import Serde, serde_of
from headwater.wire.batch.builder import NewRecord
from headwater.wire.batch.records import Record
from headwater.wire.batch.schema_ids import KEY_HEADER, VALUE_HEADER


class Writing:
    """Keys, values or both, each by one schema."""

    def __init__(self, registry: str, user: str | None) -> None:
        self._registry = registry
        self._user = user
        self._key: tuple[int, Serde] | None = None
        self._value: tuple[int, Serde] | None = None

    def prepare(self, topic: str, *, key: str | None, value: str | None) -> None:
        """Each is a file, which is registered for the topic, or the name of a subject, whose latest schema is taken."""

        async def work() -> None:
            async with opened(self._registry, self._user) as remote:
                self._key = None if key is None else await _chosen(remote, key, f"{topic}-key")
                self._value = None if value is None else await _chosen(remote, value, f"{topic}-value")

        asyncio.run(work())

    def write(self, record: NewRecord) -> NewRecord:
        """Raises a Complaint that shows what does not fit."""
        return replace(record, key=_written(self._key, record.key), value=_written(self._value, record.value))


def _written(by: tuple[int, Serde] | None, document: bytes | None) -> bytes | None:
    if by is None or document is None:
        return document
    schema_id, serde = by
    try:
        return framed(schema_id, serde.write(document))
    except DataError as problem:
        shown = document[:80].decode("utf-8", "replace")
        raise Complaint(f"{shown!r} does not fit the schema: {problem}") from problem


async def _chosen(remote: RemoteRegistry, what: str, subject: str) -> tuple[int, Serde]:
    if is_file(what):
        body = read_schema(what, None, ())
        registered = await remote.ask("POST", "subjects", subject, "versions", body=body)
        return registered["id"], await _serde(remote, body)
    found = await remote.get("subjects", what, "versions", "latest")
    return found["id"], await _serde(remote, found)


class Reading:
    """Whatever says its schema is shown as a JSON document; all else stays as it is."""

    def __init__(self, registry: str, user: str | None) -> None:
        self._registry = registry
        self._user = user
        self._known: dict[int | str, Serde] = {}

    def read(self, record: Record) -> Record:
        headers = dict(record.headers)
        key, value = (
            self._read(data, headers.get(name))
            for data, name in ((record.key, KEY_HEADER), (record.value, VALUE_HEADER))
        )
        return replace(record, key=key, value=value)

    def _read(self, data: bytes | None, header: bytes | None) -> bytes | None:
        frame = None if data is None else unframed(data, header)
        if frame is None:
            return data
        if frame.schema not in self._known:
            self._known[frame.schema] = asyncio.run(self._find(frame.schema))
        return self._known[frame.schema].read(frame.data)

    async def _find(self, schema: int | str) -> Serde:
        async with opened(self._registry, self._user) as remote:
            return await _serde(
                remote, await remote.get("schemas", "ids" if isinstance(schema, int) else "guids", schema)
            )


async def _serde(remote: RemoteRegistry, schema: dict[str, Any]) -> Serde:
    return serde_of(type_of(schema), schema["schema"], await remote.texts_of(schema))
