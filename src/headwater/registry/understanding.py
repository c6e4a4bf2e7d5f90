"""Schemas as their formats understand them: the worker's answers, and its refusals in Confluent's words."""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.content import Content
from headwater.registry.contracts import Reference
from headwater.registry.defaults import Defaults
from headwater.registry.drafts import Draft
from headwater.registry.errors import InvalidSchema, SchemaTooLarge
from headwater.registry.formats.format import Source
from headwater.registry.formats.jobs import (
    AnyJob,
    ChangeTags,
    Compare,
    Compared,
    FindFields,
    FindTags,
    FitTables,
    FollowInTables,
    Mean,
    Meant,
    Refused,
    Result,
    Tagged,
    TagList,
    Tell,
    Told,
    Understand,
    Understood,
)
from headwater.registry.formats.types import TYPES
from headwater.registry.formats.worker import Worker
from headwater.registry.references import resolved, source_of
from headwater.registry.store.records import SchemaValue
from headwater.registry.store.state import State
from headwater.registry.views import View

T = TypeVar("T")
R = TypeVar("R", bound=Result)

SCHEMA_BYTES_MAX: Final = 1024 * 1024


class Read(Protocol):
    """Asks the state."""

    async def __call__(self, query: Callable[[State], T]) -> T: ...


class Canonical(Struct, frozen=True, kw_only=True):
    """A draft that was understood: its content as it is stored, the same with what it refers to, and a digest of what it means."""

    content: Content
    source: Source
    meaning: bytes


class Understanding:
    def __init__(
        self, read: Read, worker: Worker, *, defaults: Defaults, schema_bytes_max: int = SCHEMA_BYTES_MAX
    ) -> None:
        self._read = read
        self._worker = worker
        self._defaults = defaults
        self._schema_bytes_max = schema_bytes_max

    async def canonical(self, draft: Draft, view: View, *, is_new: bool, normalize: bool) -> Canonical | None:
        """None where it has no text. What is imported is neither checked nor changed. Raises InvalidSchema or SchemaTooLarge."""
        if draft.is_empty:
            return None
        content = draft.content
        self._check(content)
        source, references = await self._source(draft, is_new=is_new)
        is_checked = not view.mode.takes_imports
        is_changed = normalize and is_checked
        job = Understand(
            type=content.type,
            source=source,
            strict=is_new,
            checked=is_checked,
            fields_checked=is_checked and self.validates_fields(view),
            normalize=is_changed,
        )
        understood = await self._do(job, Understood)
        return Canonical(
            content=replace(
                content, text=understood.text, references=_sorted(references) if is_changed else references
            ),
            source=replace(source, text=understood.text),
            meaning=understood.meaning,
        )

    async def meaning(self, value: SchemaValue) -> bytes:
        """Of a version that is stored."""
        return (await self._do(Mean(type=type_of(value), source=await self.source(value)), Meant)).meaning

    async def told(self, value: SchemaValue, form: str) -> str:
        """Its text in another form."""
        job = Tell(type=type_of(value), source=await self.source(value), form=form)
        return (await self._do(job, Told)).text

    async def differences(self, format_type: str, reader: Source, writer: Source, *, lenient: bool) -> tuple[str, ...]:
        job = Compare(type=format_type, source=reader, writer=writer, lenient=lenient)
        return (await self._do(job, Compared)).found

    async def unfit_for_tables(self, canonical: Canonical) -> tuple[str, ...]:
        """Why no table can hold it."""
        job = FitTables(type=canonical.content.type, source=canonical.source)
        return (await self._do(job, Compared)).found

    async def unfollowable(
        self, canonical: Canonical, old: SchemaValue, *, backward: bool, forward: bool
    ) -> tuple[str, ...]:
        """Why no table can follow from an old version to it."""
        job = FollowInTables(
            type=canonical.content.type,
            source=canonical.source,
            old_type=type_of(old),
            old=await self.source(old),
            backward=backward,
            forward=forward,
        )
        return (await self._do(job, Compared)).found

    async def fields_among(self, names: list[str], canonical: Canonical) -> tuple[str, ...]:
        """Which of the names its fields have."""
        if not names:
            return ()
        job = FindFields(type=canonical.content.type, source=canonical.source, names=tuple(names))
        return (await self._do(job, Compared)).found

    async def tags(self, value: SchemaValue) -> TagList:
        """What a version's text tags, and with what."""
        return (await self._do(FindTags(type=type_of(value), source=await self.source(value)), Tagged)).tags

    async def retagged(self, draft: Draft, *, add: TagList, remove: TagList = ()) -> Draft:
        """With tags in its text, and without others. Raises InvalidSchema, where it has none of what is to be tagged too."""
        source, _ = await self._source(draft, is_new=False)
        job = ChangeTags(type=draft.content.type, source=source, add=add, remove=remove)
        text = (await self._do(job, Told)).text
        return replace(draft, content=replace(draft.content, text=text))

    async def source(self, value: SchemaValue) -> Source:
        return await self._read(lambda state: source_of(state, value))

    def validates_fields(self, view: View) -> bool:
        own = view.config.validate_fields
        return self._defaults.validate_fields if own is None else own

    def validates_new(self, view: View) -> bool:
        own = view.config.validate_new_schemas
        return self._defaults.validate_new_schemas if own is None else own

    def _check(self, content: Content) -> None:
        if content.type not in TYPES:
            raise InvalidSchema(content.type, text=f"Invalid schema type {content.type}")
        if len(content.text.encode()) > self._schema_bytes_max:
            raise SchemaTooLarge

    async def _source(self, draft: Draft, *, is_new: bool) -> tuple[Source, tuple[Reference, ...]]:
        content = draft.content
        try:
            found = await self._read(
                lambda state: resolved(state, draft.subject, content.references, deleted=not is_new)
            )
        except InvalidSchema as problem:
            raise _said(content.type, problem.why) from None
        return Source(text=content.text, references=found.texts), found.references

    async def _do(self, job: AnyJob, wanted: type[R]) -> R:
        try:
            result = await self._worker.do(job)
        except InvalidSchema as problem:
            raise _said(job.type, problem.why) from None
        if isinstance(result, Refused):
            raise _said(job.type, result.why)
        assert isinstance(result, wanted)
        return result


def type_of(value: SchemaValue) -> str:
    return value.schema_type or "AVRO"


def _sorted(references: tuple[Reference, ...]) -> tuple[Reference, ...]:
    """As normalization leaves them: each once, in order."""
    return tuple(sorted(dict.fromkeys(references), key=lambda each: (each.subject or "", each.version or 0)))


def _said(format_type: str, why: str) -> InvalidSchema:
    return InvalidSchema(why, text=f"Invalid schema of type {format_type}, details: {why}")
