"""What a schema refers to, as texts: each after those that it needs itself, by the names that the schema uses for them."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.contracts import Reference
from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Source
from headwater.registry.store.records import SchemaValue
from headwater.registry.store.requests import LATEST
from headwater.registry.store.state import State
from headwater.registry.subjects import beside

REFERENCES_MAX: Final = 500


class Resolved(Struct, frozen=True, kw_only=True):
    """`references` name the versions that were the latest where just these were asked for."""

    references: tuple[Reference, ...]
    texts: dict[str, str]


def resolved(state: State, subject: str, references: Sequence[Reference], *, deleted: bool) -> Resolved:
    """`deleted`: soft-deleted versions can be referred to by what is stored already, and by nothing new. Raises InvalidSchema."""
    texts: dict[str, str] = {}
    return Resolved(references=_resolve(state, subject, references, deleted, texts, {}), texts=texts)


def source_of(state: State, value: SchemaValue) -> Source:
    """A version as its format reads it."""
    found = resolved(state, value.subject, value.references or (), deleted=True)
    return Source(text=value.schema, references=found.texts)


def _resolve(
    state: State,
    subject: str,
    references: Sequence[Reference],
    deleted: bool,
    texts: dict[str, str],
    visited: dict[str, None],
) -> tuple[Reference, ...]:
    known = []
    for each in references:
        value = _referred(state, subject, each, deleted=deleted)
        known.append(replace(each, version=value.version))
        name = each.name or ""
        if name in visited:
            continue
        if len(visited) >= REFERENCES_MAX:
            raise InvalidSchema(f"it refers to more than {REFERENCES_MAX} others")
        visited[name] = None
        _resolve(state, value.subject, value.references or (), deleted, texts, visited)
        texts[name] = value.schema
    return tuple(known)


def _referred(state: State, subject: str, reference: Reference, *, deleted: bool) -> SchemaValue:
    if reference.name is None or reference.subject is None or reference.version is None:
        raise InvalidSchema(f"Invalid reference: {shown(reference)}")
    target = str(beside(subject, reference.subject))
    if reference.version == LATEST:
        value = state.latest(target)
    else:
        value = state.version(target, reference.version, deleted=deleted)
    if value is None:
        raise InvalidSchema(f'No schema reference found for subject "{target}" and version {reference.version}')
    return value


def shown(reference: Reference) -> str:
    """As Confluent's server tells it."""
    name, subject = (_or_null(each) for each in (reference.name, reference.subject))
    return f"{{name='{name}', subject='{subject}', version={_or_null(reference.version)}}}"


def _or_null(value: object) -> object:
    return "null" if value is None else value
