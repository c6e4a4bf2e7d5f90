"""What a registration leads to: its id and its version, or why there is none."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from headwater.machine.decision import Decision, Ticket, answer
from headwater.machine.machine import Moment
from headwater.registry.content import digest
from headwater.registry.errors import InvalidSchema, NotPermitted, RegistryError
from headwater.registry.merging import told_version
from headwater.registry.store.associations import Lifecycle, Wanted
from headwater.registry.store.modes import Mode, mode_of
from headwater.registry.store.records import (
    ContextKey,
    ContextValue,
    RegistryRecord,
    SchemaKey,
    SchemaValue,
)
from headwater.registry.store.requests import ANY_VERSION, NO_ID, Moved, Register, Registered
from headwater.registry.store.state import State, digest_of, target
from headwater.registry.subjects import DEFAULT_CONTEXT, Subject, subject_of

_NOT_NEXT: Final = "Version is not one more than previous version"


class Registration(Struct, frozen=True, kw_only=True):
    answer: Registered
    records: tuple[RegistryRecord, ...] = ()


def register(state: State, request: Register, ticket: Ticket, moment: Moment) -> Decision:
    """Answers `Registered`, `Moved`, or a refusal."""
    outcome = registration(state, request, moment)
    if not isinstance(outcome, Registration):
        return answer(ticket, outcome)
    return Decision(records=outcome.records, answers=((ticket, outcome.answer),))


def registration(
    state: State, request: Register, moment: Moment, ahead: tuple[RegistryRecord, ...] = ()
) -> Registration | Moved | RegistryError:
    """`ahead` are records that the same decision writes before, of other subjects."""
    subject = subject_of(request.subject)
    mode = mode_of(state, request.subject)
    if refusal := mode_refusal(request.subject, request.id, mode) or _check_references(state, request):
        return refusal
    ids = _ids_ahead(ahead, subject.context)
    content_digest = digest(request.content)
    known = state.id_of(subject.context, content_digest) or ids.get(content_digest)
    if known is not None and request.id in (NO_ID, known) and request.version == ANY_VERSION:
        there = state.by_id(subject.context, known, request.subject)
        if there is not None and not there.deleted:
            return Registration(answer=Registered(id=known, version=there.version, is_new=False))
    if not mode.takes_imports and not request.force and request.compared != _versions(state, request.subject):
        return Moved()
    version, following = _next_version(state, request)
    if version != following and not mode.takes_imports:
        return InvalidSchema(_NOT_NEXT, text=_NOT_NEXT)
    if not mode.takes_imports and told_version(request.content.metadata) not in (None, str(version)):
        return Moved()
    next_id = max([state.ids(subject.context).most, *ids.values()]) + 1
    schema_id = request.id if request.id != NO_ID else known or next_id
    holder = state.by_id(subject.context, schema_id)
    if holder is not None and digest_of(holder) != content_digest:
        where = f"with id {schema_id} in context {subject.scope}"
        return NotPermitted(f"Overwrite new schema {where} is not permitted.")
    value = _schema(request, version=version, schema_id=schema_id, timestamp=moment.wall)
    records = (
        *(each for each in _context(state, subject) if each not in ahead),
        *_superseded(state, request.subject, schema_id, version),
        RegistryRecord(key=SchemaKey(subject=request.subject, version=version), value=value),
    )
    return Registration(answer=Registered(id=schema_id, version=version, is_new=True), records=records)


def _ids_ahead(ahead: tuple[RegistryRecord, ...], context: str) -> dict[bytes, int]:
    """By digest, the ids that are given in this context and not replayed yet."""
    values = [each.value for each in ahead if isinstance(each.value, SchemaValue)]
    return {digest_of(each): each.id for each in values if subject_of(each.subject).context == context}


def check_mode(state: State, subject: str, schema_id: int) -> None:
    """Raises the refusal that a registration would get."""
    refusal = mode_refusal(subject, schema_id, mode_of(state, subject))
    if refusal is not None:
        raise refusal


def mode_refusal(name: str, schema_id: int, mode: Mode) -> RegistryError | None:
    where = f"Subject {name} in context {subject_of(name).scope}"
    if mode.is_read_only:
        return NotPermitted(f"{where} is in read-only mode")
    if schema_id != NO_ID and not mode.takes_imports:
        return NotPermitted(f"{where} is not in import mode")
    if schema_id == NO_ID and mode is not Mode.READWRITE:
        return NotPermitted(f"{where} is not in read-write mode")
    return None


def _check_references(state: State, request: Register) -> RegistryError | None:
    """What belongs to a resource alone can't be built upon by others."""
    for each in request.content.references:
        owned = state.associations.of_subject(target(request.subject, each)[0], Wanted(lifecycle=Lifecycle.STRONG))
        if owned:
            return NotPermitted(f"Subject '{each.subject}' has a strong association and cannot be referenced")
    return None


def _versions(state: State, subject: str) -> tuple[int, ...]:
    return tuple(each.version for each in state.versions(subject))


def _next_version(state: State, request: Register) -> tuple[int, int]:
    """The one that is to be, and the one that would follow; numbers of soft-deleted versions are never given again."""
    newest = state.versions(request.subject, deleted=True)[-1:]
    following = newest[0].version + 1 if newest else 1
    return (request.version if request.version > ANY_VERSION else following), following


def _context(state: State, subject: Subject) -> Iterator[RegistryRecord]:
    """The first schema of a context brings it into being."""
    if subject.context != DEFAULT_CONTEXT and subject.context not in state.contexts:
        yield RegistryRecord(key=ContextKey(context=subject.context), value=ContextValue(context=subject.context))


def _superseded(state: State, subject: str, schema_id: int, version: int) -> Iterator[RegistryRecord]:
    """Older soft-deleted versions with the same id are not needed any more, unless somebody refers to them."""
    for each in state.versions(subject, deleted=True):
        is_older = each.deleted and each.id == schema_id and each.version < version
        if is_older and (subject, each.version) not in state.referenced:
            yield RegistryRecord(key=SchemaKey(subject=subject, version=each.version), value=None)


def _schema(request: Register, *, version: int, schema_id: int, timestamp: int) -> SchemaValue:
    content = request.content
    return SchemaValue(
        subject=request.subject,
        version=version,
        id=schema_id,
        schema_type=content.type,
        references=content.references or None,
        metadata=content.metadata,
        rule_set=content.rule_set,
        schema=content.text,
        timestamp=timestamp,
    )
