"""What stands between the API and the machine: it asks the state, has schemas understood, and has the machine decide."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from headwater.registry.comparing import Comparing
from headwater.registry.defaults import STANDARD, Defaults
from headwater.registry.drafts import Draft
from headwater.registry.errors import InvalidSchema, RegistryError, SchemaNotFound, SubjectNotFound
from headwater.registry.formats.worker import Worker
from headwater.registry.lookup import Lookup
from headwater.registry.queries import everywhere, has_subject
from headwater.registry.registering import Registering
from headwater.registry.store.machine import Registry
from headwater.registry.store.port import Store
from headwater.registry.store.records import SchemaValue
from headwater.registry.store.state import State
from headwater.registry.store.topics import RECORD_BYTES_MAX
from headwater.registry.understanding import SCHEMA_BYTES_MAX, Understanding
from headwater.registry.views import View, view_of

T = TypeVar("T")

_SLICE: Final = 2_000
"""So many subjects in one step of the loop: some milliseconds."""


class Service:
    def __init__(
        self,
        store: Store[Registry],
        worker: Worker,
        *,
        defaults: Defaults = STANDARD,
        schema_bytes_max: int = SCHEMA_BYTES_MAX,
        record_bytes_max: int = RECORD_BYTES_MAX,
    ) -> None:
        """`record_bytes_max` is what the topic takes, whatever a schema's text may have."""
        self._store: Final = store
        self.worker: Final = worker
        self.defaults: Final = defaults
        self.understanding: Final = Understanding(
            self.read, worker, defaults=defaults, schema_bytes_max=schema_bytes_max
        )
        self.lookup: Final = Lookup(self.read, self.understanding)
        self.comparing: Final = Comparing(self.understanding)
        self.registering: Final = Registering(
            self.read,
            self.submit,
            understanding=self.understanding,
            lookup=self.lookup,
            comparing=self.comparing,
            defaults=defaults,
            record_bytes_max=record_bytes_max,
        )

    async def read(self, query: Callable[[State], T]) -> T:
        return await self._store.read(lambda registry: query(registry.state))

    async def over_subjects(self, query: Callable[[State, Sequence[str]], list[T]]) -> list[T]:
        """What is found in all subjects, in their order. They are looked at in slices, so that others have their turn meanwhile."""
        names = await self.read(lambda state: sorted(state.subjects))
        found: list[T] = []
        for begin in range(0, len(names), _SLICE):
            part = names[begin : begin + _SLICE]
            found += await self.read(lambda state, part=part: query(state, part))  # type: ignore[misc]
            await asyncio.sleep(0)
        return found

    async def submit(self, request: object) -> Any:
        """Raises the refusal, where it is one."""
        answer = await self._store.submit(request)
        if isinstance(answer, RegistryError):
            raise answer
        return answer

    async def view(self, subject: str) -> View:
        return await self.read(lambda state: view_of(state, subject, self.defaults))

    async def normalizes(self, subject: str, *, asked: bool) -> bool:
        """Because the caller asks for it, or the subject's config."""
        return asked or bool((await self.view(subject)).config.normalize)

    async def differences(self, draft: Draft, versions: Sequence[SchemaValue], *, normalize: bool) -> list[str]:
        """Why a schema may not follow these versions, which are in ascending order. Raises InvalidSchema."""
        view = await self.view(draft.subject)
        canonical = await self.understanding.canonical(
            draft,
            view,
            is_new=self.understanding.validates_new(view),
            normalize=normalize or bool(view.config.normalize),
        )
        if canonical is None:
            raise InvalidSchema("Empty schema", text="Empty schema")
        return await self.comparing.differences(canonical, versions, view)

    async def find(self, draft: Draft, *, normalize: bool, deleted: bool) -> SchemaValue:
        """The version that a schema is, of its subject or of one of that name in another context. Raises SubjectNotFound or
        SchemaNotFound."""
        for subject in await self.read(lambda state: list(everywhere(state, draft.subject))):
            found = await self._find_in(subject, draft, normalize=normalize, deleted=deleted)
            if found is not None:
                return found
        if await self.read(lambda state: has_subject(state, draft.subject, deleted=deleted)):
            raise SchemaNotFound
        raise SubjectNotFound(draft.subject)

    async def _find_in(self, subject: str, draft: Draft, *, normalize: bool, deleted: bool) -> SchemaValue | None:
        """What is no schema elsewhere, for want of what it refers to, is not there."""
        there = Draft(subject=subject, content=draft.content)
        try:
            return await self.lookup.find(there, await self.view(subject), normalize=normalize, deleted=deleted)
        except RegistryError:
            if subject == draft.subject:
                raise
            return None
