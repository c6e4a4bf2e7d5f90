"""Asks a registry over HTTP, for a broker whose registry lives on another cluster."""

from typing import Final
from uuid import UUID

from headwater.registry.errors import RegistryRefused
from headwater.registry.formats.format import Source
from headwater.registry.remote import RemoteRegistry
from headwater.registry.validation.names import Names
from headwater.registry.validation.verdicts import Use
from headwater.wire.batch.schema_ids import ID

_NOT_FOUND: Final = range(40400, 40500)
_DEFAULT_CONTEXT: Final = "."


class RemoteLook:
    def __init__(self, registry: RemoteRegistry, names: Names) -> None:
        self._registry = registry
        self._names = names

    async def is_registered(self, use: Use) -> bool:
        try:
            schema_id = await self._id(use.mark)
            subjects = [] if schema_id is None else await self._registry.get("schemas", "ids", schema_id, "subjects")
            if not use.by_record:
                return use.subject in subjects
            if not any(each.startswith(use.subject) for each in subjects):
                return False
            name = await self._name(schema_id)
        except RegistryRefused as refused:
            if refused.code in _NOT_FOUND:
                return False
            raise
        return name is not None and use.subject + name in subjects

    async def _name(self, schema_id: int | None) -> str | None:
        schema = await self._registry.get("schemas", "ids", schema_id)
        texts = await self._registry.texts_of(schema)
        return await self._names.of(schema.get("schemaType") or "AVRO", Source(text=schema["schema"], references=texts))

    async def _id(self, mark: bytes) -> int | None:
        if mark[0] == ID:
            return int.from_bytes(mark[1:], "big")
        found = await self._registry.get("schemas", "guids", UUID(bytes=mark[1:]), "ids")
        return next((each["id"] for each in found if each["context"] == _DEFAULT_CONTEXT), None)
