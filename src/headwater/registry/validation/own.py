"""Looks into a replica of `_schemas`, for a broker whose cluster holds the registry's topic itself."""

from typing import Final

from headwater.client.replica import Replica
from headwater.registry.references import source_of
from headwater.registry.store.machine import Registry
from headwater.registry.store.records import SchemaValue
from headwater.registry.store.state import State, content_of
from headwater.registry.subjects import subject_of
from headwater.registry.validation.names import Names
from headwater.registry.validation.verdicts import Use
from headwater.wire.batch.schema_ids import ID

_CATCH_UP_S: Final = 4.0


class OwnLook:
    def __init__(self, replica: Replica[Registry], names: Names) -> None:
        self._replica = replica
        self._names = names

    async def is_registered(self, use: Use) -> bool:
        """A no is only one when all has been read that had been written when it was asked."""
        if await self._is_known(use):
            return True
        await self._replica.catch_up(timeout_s=_CATCH_UP_S)
        return await self._is_known(use)

    async def _is_known(self, use: Use) -> bool:
        versions = await self._replica.read(lambda registry: _versions(registry.state, use))
        if not use.by_record:
            return bool(versions)
        for each in versions:
            name = await self._name(each)
            if name is not None and each.subject == use.subject + name:
                return True
        return False

    async def _name(self, value: SchemaValue) -> str | None:
        source = await self._replica.read(lambda registry: source_of(registry.state, value))
        return await self._names.of(content_of(value).type, source)


def _versions(state: State, use: Use) -> list[SchemaValue]:
    """Those with the schema that are not deleted, one a subject."""
    context = subject_of(use.subject).context
    schema_id = _id(state, context, use.mark)
    users = () if schema_id is None else state.users(context, schema_id)
    return [
        each
        for each in users
        if not each.deleted and (each.subject.startswith(use.subject) if use.by_record else each.subject == use.subject)
    ]


def _id(state: State, context: str, mark: bytes) -> int | None:
    """A GUID is the digest of a content."""
    return int.from_bytes(mark[1:], "big") if mark[0] == ID else state.id_of(context, mark[1:])
