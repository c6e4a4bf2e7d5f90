"""What a deletion leads to: softly first, so that data which was written with a schema stays readable, and then for good."""

from collections.abc import Iterator

from msgspec.structs import replace

from headwater.machine.decision import Answer, Decision, Ticket, answer
from headwater.registry.errors import (
    NoActiveVersion,
    NotPermitted,
    ReferenceExists,
    RegistryError,
    SubjectAssociated,
    SubjectNotFound,
    SubjectNotSoftDeleted,
    SubjectSoftDeleted,
    VersionNotFound,
    VersionNotSoftDeleted,
    VersionSoftDeleted,
)
from headwater.registry.store.modes import mode_of
from headwater.registry.store.records import (
    ConfigKey,
    DeleteSubjectKey,
    DeleteSubjectValue,
    ModeKey,
    RegistryRecord,
    SchemaKey,
    SchemaValue,
)
from headwater.registry.store.requests import LATEST, DeleteSubject, DeleteVersion
from headwater.registry.store.state import State
from headwater.registry.subjects import subject_of


def read_only(state: State, scope: str | None) -> NotPermitted | None:
    """The refusal of a change where none is allowed."""
    if not mode_of(state, scope).is_read_only:
        return None
    context = "" if scope is None else subject_of(scope).scope
    return NotPermitted(f"Subject {'null' if scope is None else scope} in context {context} is in read-only mode")


def delete_version(state: State, request: DeleteVersion, ticket: Ticket) -> Decision:
    subject, permanent = request.subject, request.permanent
    found = _found(state, request)
    if isinstance(found, RegistryError):
        return answer(ticket, found)
    if refusal := _check_version(state, found, permanent=permanent):
        return answer(ticket, refusal)
    key = SchemaKey(subject=subject, version=found.version)
    if not permanent:
        return _decided(ticket, found.version, RegistryRecord(key=key, value=replace(found, deleted=True)))
    is_last = len(state.versions(subject, deleted=True)) == 1
    leavings = tuple(_leavings(state, subject)) if is_last else ()
    return _decided(ticket, found.version, RegistryRecord(key=key, value=None), *leavings)


def _found(state: State, request: DeleteVersion) -> SchemaValue | RegistryError:
    if request.version == LATEST:
        found = state.latest(request.subject)
    else:
        found = state.version(request.subject, request.version, deleted=True)
    if found is None:
        known = request.subject in state.subjects
        return VersionNotFound(request.version) if known else SubjectNotFound(request.subject)
    return found


def _check_version(state: State, found: SchemaValue, *, permanent: bool) -> RegistryError | None:
    subject, version = found.subject, found.version
    if found.deleted and not permanent:
        return VersionSoftDeleted(subject, version)
    if refusal := read_only(state, subject):
        return refusal
    others = [each for each in state.versions(subject) if each.version != version]
    if not permanent and not others and state.associations.of_subject(subject):
        return NoActiveVersion(subject)
    if _referring(state, subject, version, deleted=permanent):
        return ReferenceExists(subject, version)
    return VersionNotSoftDeleted(subject, version) if permanent and not found.deleted else None


def delete_subject(state: State, request: DeleteSubject, ticket: Ticket) -> Decision:
    subject, permanent = request.subject, request.permanent
    versions = state.versions(subject, deleted=permanent)
    if refusal := _check_subject(state, subject, versions, permanent=permanent):
        return answer(ticket, refusal)
    records = removal(state, subject) if permanent else soft_deletion(state, subject)
    return _decided(ticket, [each.version for each in versions], *records)


def soft_deletion(state: State, subject: str) -> Iterator[RegistryRecord]:
    """One record for all that is not deleted."""
    newest = state.latest(subject)
    if newest is not None:
        value = DeleteSubjectValue(subject=subject, version=newest.version)
        yield RegistryRecord(key=DeleteSubjectKey(subject=subject), value=value)


def removal(state: State, subject: str) -> Iterator[RegistryRecord]:
    """All versions, the newest first, for it may refer to those before."""
    for each in reversed(state.versions(subject, deleted=True)):
        yield RegistryRecord(key=SchemaKey(subject=subject, version=each.version), value=None)
    yield from _leavings(state, subject)


def _check_subject(state: State, subject: str, versions: list[SchemaValue], *, permanent: bool) -> RegistryError | None:
    if subject not in state.subjects:
        return SubjectNotFound(subject)
    if not versions:
        return SubjectSoftDeleted(subject)
    if refusal := read_only(state, subject):
        return refusal
    if state.associations.of_subject(subject):
        return SubjectAssociated(subject)
    for each in versions:
        others = [name for name, _ in _referring(state, subject, each.version, deleted=permanent) if name != subject]
        if others:
            return ReferenceExists(subject, each.version)
        if permanent and not each.deleted:
            return SubjectNotSoftDeleted(subject)
    return None


def _referring(state: State, subject: str, version: int, *, deleted: bool) -> list[tuple[str, int]]:
    """Who refers to it; soft-deleted ones count only where it would be gone for good."""
    referring = state.referenced.get((subject, version), {})
    return [each for each in referring if state.version(*each, deleted=deleted) is not None]


def _leavings(state: State, subject: str) -> Iterator[RegistryRecord]:
    """What was set for a subject goes with its last version."""
    if subject in state.modes:
        yield RegistryRecord(key=ModeKey(subject=subject), value=None)
    if subject in state.configs:
        yield RegistryRecord(key=ConfigKey(subject=subject), value=None)


def _decided(ticket: Ticket, value: Answer, *records: RegistryRecord) -> Decision:
    return Decision(records=records, answers=((ticket, value),))
