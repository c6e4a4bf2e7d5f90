"""Associations on their way to the machine: aliases are looked up, and schemas that come along are understood and compared."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.drafts import Draft
from headwater.registry.errors import IncompatibleOffer, TimedOut
from headwater.registry.registering import ATTEMPTS_MAX, Prepared
from headwater.registry.service import Service
from headwater.registry.store.associating import default_subject, stored_associations
from headwater.registry.store.associations import Lifecycle
from headwater.registry.store.records import AssociationValue, SchemaValue
from headwater.registry.store.requests import Associate, Associated, Moved, Offered, WantedAssociation
from headwater.registry.store.state import State
from headwater.registry.subjects import DEFAULT_CONTEXT, Subject, beside, subject_of


class Asked(Struct, frozen=True, kw_only=True):
    """One association; `draft` is its schema, whose subject is filled in here."""

    type: str
    subject: str | None = None
    lifecycle: Lifecycle | None = None
    frozen: bool | None = None
    draft: Draft | None = None
    normalize: bool = False


class AskedFor(Struct, frozen=True, kw_only=True):
    """`resource_id` may be None for a dry run of what is to be created."""

    resource_name: str
    resource_namespace: str
    resource_id: str | None
    resource_type: str
    associations: tuple[Asked, ...]
    is_create: bool
    is_dry_run: bool = False


class Outcome(Struct, frozen=True, kw_only=True):
    """Associations that are new or changed, and the schemas that came along, by the type of their association."""

    written: tuple[AssociationValue, ...] = ()
    registered: Mapping[str, SchemaValue] = {}


class Associating:
    def __init__(self, service: Service) -> None:
        self._service: Final = service

    async def associate(self, asked: AskedFor, *, context: str) -> Outcome:
        """`context` is that of subjects which name none. Raises what it is refused for."""
        asked = await self._service.read(lambda state: _with_aliases(state, asked, context))
        for _ in range(ATTEMPTS_MAX):
            request = await self._prepared(asked)
            answer = await self._service.submit(request)
            if not isinstance(answer, Moved):
                return _outcome(request, answer)
        raise TimedOut("Register operation timed out")

    async def _prepared(self, asked: AskedFor) -> Associate:
        request = _request(asked)
        stored = await self._service.read(lambda state: stored_associations(state, request))
        wanted = []
        for each, bare in zip(asked.associations, request.associations, strict=True):
            offered = None
            if each.draft is not None:
                known = stored.get(each.type)
                subject = each.subject or (known.subject if known else None) or default_subject(request, each.type)
                offered = await self._offered(replace(each.draft, subject=subject), normalize=each.normalize)
            wanted.append(replace(bare, schema=offered))
        return replace(request, associations=tuple(wanted))

    async def _offered(self, draft: Draft, *, normalize: bool) -> Offered:
        prepared = await self._service.registering.prepared(draft, normalize=normalize)
        return Offered(
            register=prepared.request,
            references=draft.content.references,
            is_known=prepared.there is not None,
            refusal=IncompatibleOffer(prepared.differences) if prepared.differences else None,
        )


def _request(asked: AskedFor) -> Associate:
    """Without the schemas."""
    wanted = (
        WantedAssociation(type=each.type, subject=each.subject, lifecycle=each.lifecycle, frozen=each.frozen)
        for each in asked.associations
    )
    return Associate(
        resource_name=asked.resource_name,
        resource_namespace=asked.resource_namespace,
        resource_id=asked.resource_id,
        resource_type=asked.resource_type,
        associations=tuple(wanted),
        is_create=asked.is_create,
        is_dry_run=asked.is_dry_run,
    )


def _outcome(request: Associate, answer: Associated) -> Outcome:
    offers = {each.type: each.schema for each in request.associations if each.schema is not None}
    registered = {
        name: Prepared(request=offers[name].register).registered(each) for name, each in answer.registered.items()
    }
    return Outcome(written=answer.written, registered=registered)


def _with_aliases(state: State, asked: AskedFor, context: str) -> AskedFor:
    associations = tuple(
        each if each.subject is None else replace(each, subject=meant(state, each.subject, context))
        for each in asked.associations
    )
    return replace(asked, associations=associations)


def meant(state: State, text: str, context: str) -> str:
    """The subject that a name stands for in a context."""
    subject = subject_of(text)
    if subject.context == DEFAULT_CONTEXT and not text.startswith(":."):
        subject = Subject(context_of(context), subject.name)
    config = state.configs.get(str(subject))
    alias = None if config is None else config.alias
    return str(beside(str(subject), alias) if alias else subject)


def context_of(text: str) -> str:
    """`:.staging:`, `.staging` and `staging` are one, and nothing is the default one."""
    bare = text.removeprefix(":").removesuffix(":")
    return DEFAULT_CONTEXT if not bare else bare if bare.startswith(".") else f".{bare}"
