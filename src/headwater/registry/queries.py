"""What the state can be asked: each is a function of it, that looks and parses nothing."""

from collections.abc import Container, Iterator, Mapping, Sequence
from enum import Enum
from uuid import UUID

from msgspec import Struct

from headwater.registry.errors import SubjectNotFound, VersionNotFound
from headwater.registry.rules import rules_of
from headwater.registry.store.records import SchemaValue
from headwater.registry.store.requests import LATEST
from headwater.registry.store.state import State
from headwater.registry.subjects import DEFAULT_CONTEXT, EVERY_CONTEXT, Subject, beside, is_within, subject_of


class Deleted(Enum):
    """Which of the soft-deleted are meant too."""

    LEFT_OUT = "left out"
    TOO = "too"
    ONLY = "only"

    @staticmethod
    def of(*, deleted: bool, only: bool = False) -> "Deleted":
        """As the parameters of the API say it."""
        if only:
            return Deleted.ONLY
        return Deleted.TOO if deleted else Deleted.LEFT_OUT

    def takes(self, *, deleted: bool) -> bool:
        return self is Deleted.TOO or deleted is (self is Deleted.ONLY)


class Place(Struct, frozen=True):
    """An id counts in its context."""

    context: str
    id: int


def contexts(state: State) -> list[str]:
    return [DEFAULT_CONTEXT, *sorted(state.contexts)]


def everywhere(state: State, subject: str) -> Iterator[str]:
    """A subject that names no context, and those of this name in all others."""
    yield subject
    parsed = subject_of(subject)
    if parsed.context == DEFAULT_CONTEXT:
        yield from (str(Subject(context, parsed.name)) for context in sorted(state.contexts))


# --- subjects and versions


def subjects(state: State, names: Sequence[str], prefix: str, which: Deleted) -> list[str]:
    """Those of `names` that begin so. One counts as deleted where all its versions are."""
    return [
        name
        for name in names
        if _begins(name, prefix)
        and (of_subject := state.subjects.get(name))
        and which.takes(deleted=all(each.deleted for each in of_subject.values()))
    ]


def has_subject(state: State, scope: str, *, deleted: bool) -> bool:
    """Whether the subject, or any of the context that is named, has a version."""
    if subject_of(scope).name:
        return bool(state.versions(scope, deleted=deleted))
    return any(state.versions(name, deleted=deleted) for name in state.subjects if is_within(name, scope))


def versions(state: State, subject: str, which: Deleted, *, all_of_them: bool) -> list[SchemaValue]:
    """`all_of_them` of a subject that has versions which are meant. Raises SubjectNotFound."""
    if not has_subject(state, subject, deleted=which is not Deleted.LEFT_OUT):
        raise SubjectNotFound(subject)
    wanted = Deleted.TOO if all_of_them else which
    return [each for each in state.versions(subject, deleted=True) if wanted.takes(deleted=each.deleted)]


def version(state: State, subject: str, number: int, *, deleted: bool) -> SchemaValue | None:
    return state.latest(subject) if number == LATEST else state.version(subject, number, deleted=deleted)


def version_anywhere(state: State, subject: str, number: int, *, deleted: bool) -> SchemaValue:
    """In its own context, or else in any. Raises SubjectNotFound or VersionNotFound."""
    for name in everywhere(state, subject):
        found = version(state, name, number, deleted=deleted)
        if found is not None:
            return found
    if not has_subject(state, subject, deleted=deleted):
        raise SubjectNotFound(subject)
    raise VersionNotFound(number)


def with_content(state: State, subject: str, content_digest: bytes, *, deleted: bool) -> SchemaValue | None:
    """The subject's version that has this very content."""
    context = subject_of(subject).context
    known = state.id_of(context, content_digest)
    found = None if known is None else state.by_id(context, known, subject)
    return found if found is not None and (deleted or not found.deleted) else None


def with_metadata(state: State, subject: str, properties: Mapping[str, str], *, deleted: bool) -> SchemaValue | None:
    """The newest version that has all these properties."""
    for each in reversed(state.versions(subject, deleted=deleted)):
        if each.metadata is not None and properties.items() <= (each.metadata.properties or {}).items():
            return each
    return None


def referring(state: State, value: SchemaValue, *, deleted: bool) -> list[int]:
    """The ids of those who refer to a version, context by context."""
    users = state.referenced.get((value.subject, value.version), {})
    found = (state.version(*each, deleted=deleted) for each in users)
    referring_places = {(subject_of(each.subject).context, each.id) for each in found if each is not None}
    return [schema_id for _, schema_id in sorted(referring_places)]


# --- ids


def by_id(state: State, schema_id: int, subject: str) -> SchemaValue | None:
    """Of the subject, or of its name in another context, or, where no subject has it, of the context."""
    parsed = subject_of(subject)
    if not parsed.name:
        return state.by_id(parsed.context, schema_id)
    for name in everywhere(state, subject):
        found = state.by_id(subject_of(name).context, schema_id, name)
        if found is not None:
            return found
    return state.by_id(DEFAULT_CONTEXT, schema_id) if parsed.context == DEFAULT_CONTEXT else None


def users(state: State, schema_id: int, subject: str, *, deleted: bool) -> list[SchemaValue] | None:
    """All versions that have the id in the context of the one that `by_id` finds; None where there is none."""
    found = by_id(state, schema_id, subject)
    if found is None:
        return None
    holders = state.users(subject_of(found.subject).context, schema_id)
    return [each for each in holders if deleted or not each.deleted]


def most_id(state: State, value: SchemaValue) -> int:
    """The largest id that was given in its context."""
    return state.ids(subject_of(value.subject).context).most


def by_guid(state: State, guid: str) -> SchemaValue | None:
    place = next(iter(places(state, guid)), None)
    return None if place is None else state.by_id(place.context, place.id)


def places(state: State, guid: str) -> list[Place]:
    """Every context's id for this content."""
    try:
        content_digest = UUID(guid).bytes
    except ValueError:
        return []
    found = ((context, state.id_of(context, content_digest)) for context in contexts(state))
    return [Place(context, schema_id) for context, schema_id in found if schema_id is not None]


# --- schemas


def schemas(
    state: State,
    names: Sequence[str],
    prefix: str,
    which: Deleted,
    *,
    latest_only: bool,
    rule_type: str,
    also: Container[str] = (),
) -> list[SchemaValue]:
    """Versions of those of `names` that begin so, or that are in `also` however they begin."""
    found: list[SchemaValue] = []
    for name in names:
        if name in also or _begins(name, prefix):
            kept = [each for each in state.versions(name, deleted=True) if which.takes(deleted=each.deleted)]
            found += [each for each in (kept[-1:] if latest_only else kept) if _has_rule(each, rule_type)]
    return found


def aliased(state: State, prefix: str) -> dict[str, list[str]]:
    """The aliases of subjects, by the subject that they stand for."""
    found: dict[str, list[str]] = {}
    for scope, config in state.configs.items():
        if scope is not None and config.alias and _begins(scope, prefix):
            found.setdefault(str(beside(scope, config.alias)), []).append(scope)
    return found


def _begins(text: str, prefix: str) -> bool:
    """In the context that the prefix names, in the default one where it names none, and in any after `:*:`. A prefix may end within
    the name of a context."""
    context, name = subject_of(text)
    if prefix.startswith(EVERY_CONTEXT):
        return name.startswith(prefix.removeprefix(EVERY_CONTEXT))
    wanted = subject_of(prefix)
    if wanted.name or wanted.context == DEFAULT_CONTEXT or prefix == wanted.scope:
        return context == wanted.context and name.startswith(wanted.name)
    return context.startswith(wanted.context)


def _has_rule(value: SchemaValue, rule_type: str) -> bool:
    return not rule_type or any(each.type == rule_type for each in rules_of(value.rule_set))
