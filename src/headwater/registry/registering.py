"""A schema becomes a version of its subject: completed by its contract, understood, not there yet, compared, and asked for.

Parsing and comparing take longer than a decision may. So a registration names the versions that it was compared with, and begins
again where there are others by then.
"""

from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from headwater.kernel.units import KiB
from headwater.registry.comparing import Comparing
from headwater.registry.defaults import Defaults
from headwater.registry.drafts import Draft, contract_of, merges
from headwater.registry.errors import IncompatibleSchema, InvalidSchema, SchemaTooLarge, TimedOut
from headwater.registry.lookup import Lookup
from headwater.registry.merging import settled
from headwater.registry.store.records import SchemaValue
from headwater.registry.store.registering import check_mode
from headwater.registry.store.requests import ANY_VERSION, LATEST, NO_ID, Moved, Register, Registered
from headwater.registry.understanding import Canonical, Read, Understanding
from headwater.registry.views import View, view_of

ATTEMPTS_MAX: Final = 20
"""So often others may come first."""
_RECORD_OVERHEAD: Final = 8 * KiB
"""What a record has beside its content: names, numbers, and the batch around it."""


class Submit(Protocol):
    """Asks the machine, and raises its refusal."""

    async def __call__(self, request: object) -> Any: ...


class Prepared(Struct, frozen=True, kw_only=True):
    """`there` is the version that the subject has of it already; `differences` are why it may not have it."""

    request: Register
    there: SchemaValue | None = None
    differences: tuple[str, ...] = ()

    def registered(self, place: SchemaValue | Registered) -> SchemaValue:
        """As it has become that version."""
        content = self.request.content
        return SchemaValue(
            subject=self.request.subject,
            version=place.version,
            id=place.id,
            schema_type=content.type,
            references=content.references or None,
            metadata=content.metadata,
            rule_set=content.rule_set,
            schema=content.text,
        )


class Registering:
    def __init__(
        self,
        read: Read,
        submit: Submit,
        *,
        understanding: Understanding,
        lookup: Lookup,
        comparing: Comparing,
        defaults: Defaults,
        record_bytes_max: int,
    ) -> None:
        self._record_bytes_max = record_bytes_max
        self._read = read
        self._submit = submit
        self._understanding = understanding
        self._lookup = lookup
        self._comparing = comparing
        self._defaults = defaults

    async def known(self, draft: Draft, *, normalize: bool) -> SchemaValue | None:
        """What is there already, so that nobody has to decide anything; any node may say so."""
        view = await self._view(draft)
        if draft.keeps_tags or merges(view.config):
            return None
        latest_only = draft.version == LATEST
        found = await self._lookup.find_as_it_is(
            draft, view, normalize=normalize, deleted=False, latest_only=latest_only
        )
        if found is None:
            return None
        if latest_only or draft.version == ANY_VERSION:
            return found if draft.id in (NO_ID, found.id) else None
        return self._imported(draft, found, view)

    async def register(self, draft: Draft, *, normalize: bool, force: bool = False) -> SchemaValue:
        """The version that it is now. Raises what a registration is refused for."""
        for _ in range(ATTEMPTS_MAX):
            registered = await self._attempt(draft, normalize=normalize, force=force)
            if registered is not None:
                return registered
        raise TimedOut("Register operation timed out")

    async def _attempt(self, draft: Draft, *, normalize: bool, force: bool) -> SchemaValue | None:
        await self._read(lambda state: check_mode(state, draft.subject, draft.id))
        prepared = await self.prepared(draft, normalize=normalize, force=force)
        if prepared.there is not None:
            return prepared.registered(prepared.there)
        if prepared.differences:
            raise IncompatibleSchema(draft.subject, prepared.differences)
        answer = await self._submit(prepared.request)
        return None if isinstance(answer, Moved) else prepared.registered(answer)

    async def prepared(self, draft: Draft, *, normalize: bool, force: bool = False) -> Prepared:
        """All that can be done before anybody decides. Raises InvalidSchema."""
        view = await self._view(draft)
        if not view.mode.takes_imports:
            draft = await self._with_tags(_completed(draft, view), view)
        is_new = draft.id == NO_ID and self._understanding.validates_new(view)
        canonical = await self._understanding.canonical(draft, view, is_new=is_new, normalize=normalize)
        if canonical is None:
            raise InvalidSchema("Empty schema", text="Empty schema")
        if len(msgspec.json.encode(canonical.content)) > self._record_bytes_max - _RECORD_OVERHEAD:
            raise SchemaTooLarge
        request = Register(
            subject=draft.subject,
            content=canonical.content,
            version=max(draft.version, ANY_VERSION),
            id=draft.id,
            compared=tuple(each.version for each in view.living if each.subject == draft.subject),
            force=force,
        )
        there = await self._there(draft, canonical, view)
        if there is not None or view.mode.takes_imports or force:
            return Prepared(request=request, there=there)
        found = await self._comparing.differences(canonical, view.living, view)
        return Prepared(request=request, differences=tuple(found))

    async def _with_tags(self, draft: Draft, view: View) -> Draft:
        if not draft.keeps_tags or view.latest is None:
            return draft
        tags = await self._understanding.tags(view.latest)
        return await self._understanding.retagged(draft, add=tags) if tags else draft

    async def _there(self, draft: Draft, canonical: Canonical, view: View) -> SchemaValue | None:
        if draft.version != ANY_VERSION:
            return None
        exact = await self._lookup.exactly(draft.subject, canonical)
        if exact is not None and draft.id in (NO_ID, exact.id):
            return exact
        candidates = tuple(each for each in reversed(view.living) if draft.id in (NO_ID, each.id))
        return await self._lookup.alike(canonical, candidates)

    @staticmethod
    def _imported(draft: Draft, found: SchemaValue, view: View) -> SchemaValue | None:
        """Where both are given, both must be true. The same schema may have been imported as several versions."""
        if draft.id != found.id:
            return None
        if draft.version == found.version:
            return found
        older = next((each for each in view.living if each.version == draft.version), None)
        return older if older is not None and older.id == found.id else None

    async def _view(self, draft: Draft) -> View:
        return await self._read(lambda state: view_of(state, draft.subject, self._defaults))


def _completed(draft: Draft, view: View) -> Draft:
    """With its predecessor's text where it has none, and with the contract that the config makes of both."""
    content, previous = draft.content, view.latest
    if draft.is_empty:
        if previous is None:
            raise InvalidSchema("Empty schema", text="Empty schema")
        kind = previous.schema_type or content.type
        content = replace(content, text=previous.schema, type=kind, references=previous.references or ())
    contract = settled(
        view.config,
        draft.contract,
        contract_of(previous),
        version=view.next_version,
        tells_version=draft.version != ANY_VERSION,
    )
    return replace(draft, content=content).under(contract)
