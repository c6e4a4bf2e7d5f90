"""All that the topic says, by how it is looked for. Changed by `replay` alone.

Texts are kept as they came and parsed by nobody here. A schema's id is unique in its context and belongs to a content; the same
content under several subjects of a context has one id. Soft-deleted versions stay; a tombstone takes one away for good.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import TypeVar

from msgspec.structs import replace

from headwater.registry.content import Content, digest
from headwater.registry.contracts import Reference
from headwater.registry.store.associations import Associations
from headwater.registry.store.records import (
    AssociationKey,
    AssociationValue,
    ClearSubjectValue,
    ConfigKey,
    ConfigValue,
    ContextKey,
    ContextValue,
    DeleteSubjectValue,
    ModeKey,
    ModeValue,
    RegistryRecord,
    SchemaKey,
    SchemaValue,
)
from headwater.registry.subjects import beside, is_within, subject_of

K = TypeVar("K")
V = TypeVar("V")
Version = tuple[str, int]
"""A subject and a version's number."""


class Ids:
    """The ids of one context."""

    def __init__(self) -> None:
        self.most = 0
        """The largest that was ever given, whatever became of it."""
        self.by_digest: dict[bytes, int] = {}
        self.users: dict[int, dict[str, int]] = {}
        """By id, the subjects that have it and in which version; a later registration of a subject takes the place of an earlier."""


class State:
    def __init__(self) -> None:
        self.subjects: dict[str, dict[int, SchemaValue]] = {}
        """Versions by number, in their order, those that are soft-deleted included."""
        self.configs: dict[str | None, ConfigValue] = {}
        self.modes: dict[str | None, ModeValue] = {}
        self.contexts: dict[str, ContextValue] = {}
        self.associations = Associations()
        self.referenced: dict[Version, dict[Version, None]] = {}
        """Who refers to a version, soft-deleted ones included."""
        self._ids: dict[str, Ids] = {}

    # --- looking

    def ids(self, context: str) -> Ids:
        return self._ids.setdefault(context, Ids())

    def version(self, subject: str, number: int, *, deleted: bool = False) -> SchemaValue | None:
        value = self.subjects.get(subject, {}).get(number)
        return value if value is not None and (deleted or not value.deleted) else None

    def versions(self, subject: str, *, deleted: bool = False) -> list[SchemaValue]:
        """In ascending order."""
        return [each for each in self.subjects.get(subject, {}).values() if deleted or not each.deleted]

    def latest(self, subject: str) -> SchemaValue | None:
        """The newest that is not deleted."""
        versions = self.versions(subject)
        return versions[-1] if versions else None

    def by_id(self, context: str, schema_id: int, subject: str | None = None) -> SchemaValue | None:
        """Any version that has this id, or the subject's; soft-deleted ones too, for their records are still read."""
        users = self.ids(context).users.get(schema_id, {})
        for name, number in users.items():
            if subject is None or name == subject:
                return self.subjects[name][number]
        return None

    def users(self, context: str, schema_id: int) -> Iterator[SchemaValue]:
        """The versions that have this id, one a subject."""
        for name, number in self.ids(context).users.get(schema_id, {}).items():
            yield self.subjects[name][number]

    def id_of(self, context: str, content_digest: bytes) -> int | None:
        """What this content has got in this context, while a version has it."""
        ids = self.ids(context)
        found = ids.by_digest.get(content_digest)
        return found if found in ids.users else None

    # --- replaying

    def replay(self, record: RegistryRecord) -> None:
        key, value = record.key, record.value
        match key, value:
            case SchemaKey(), SchemaValue():
                self._put(key, value)
            case SchemaKey(), None:
                self._take_away(key.subject, key.version)
            case ConfigKey(), ConfigValue() | None:
                _set(self.configs, key.subject, value)
            case ModeKey(), ModeValue() | None:
                _set(self.modes, key.subject, value)
            case ContextKey(), ContextValue() | None:
                _set(self.contexts, key.context, value)
            case AssociationKey(), AssociationValue():
                self.associations.put(key, value)
            case AssociationKey(), None:
                self.associations.take_away(key)
            case _, DeleteSubjectValue():
                self._delete(value)
            case _, ClearSubjectValue():
                self._clear(value.subject)
            case _:
                pass  # a NOOP, or the tombstone of a deletion

    def _put(self, key: SchemaKey, value: SchemaValue) -> None:
        """Where key and value disagree about whose version it is, the key is right."""
        value = replace(value, subject=key.subject, version=key.version)
        versions = self.subjects.setdefault(key.subject, {})
        if (old := versions.get(key.version)) is not None:
            self._leave(key.subject, old)
        in_order = old is not None or not versions or key.version > next(reversed(versions))
        versions[key.version] = value
        if not in_order:
            self.subjects[key.subject] = dict(sorted(versions.items()))
        self._enter(key.subject, value)

    def _take_away(self, subject: str, number: int) -> None:
        versions = self.subjects.get(subject, {})
        value = versions.pop(number, None)
        if value is None:
            return
        self._leave(subject, value)
        if not versions:
            del self.subjects[subject]

    def _enter(self, subject: str, value: SchemaValue) -> None:
        ids = self.ids(subject_of(subject).context)
        ids.most = max(ids.most, value.id)
        ids.by_digest[digest_of(value)] = value.id
        ids.users.setdefault(value.id, {})[subject] = value.version
        for each in value.references or ():
            self.referenced.setdefault(target(subject, each), {})[subject, value.version] = None

    def _leave(self, subject: str, value: SchemaValue) -> None:
        """Another version of the subject that has the id takes this one's place."""
        users = self.ids(subject_of(subject).context).users
        heirs = [
            number for number, each in self.subjects[subject].items() if each.id == value.id and number != value.version
        ]
        if heirs:
            users[value.id][subject] = heirs[-1]
        else:
            users[value.id].pop(subject, None)
        if not users[value.id]:
            del users[value.id]
        for each in value.references or ():
            self._forget_reference(target(subject, each), (subject, value.version))

    def _forget_reference(self, referred: Version, version: Version) -> None:
        referring = self.referenced.get(referred, {})
        referring.pop(version, None)
        if not referring:
            self.referenced.pop(referred, None)

    def _delete(self, value: DeleteSubjectValue) -> None:
        versions = self.subjects.get(value.subject, {})
        for number, each in versions.items():
            if number <= value.version and not each.deleted:
                versions[number] = replace(each, deleted=True)

    def _clear(self, scope: str) -> None:
        gone = [
            (subject, number)
            for subject, versions in self.subjects.items()
            if is_within(subject, scope)
            for number, each in versions.items()
            if each.deleted
        ]
        for each in gone:
            self._take_away(*each)

    def snapshot(self) -> Iterator[RegistryRecord]:
        """Of the ids that were given, the largest is not told where its schema is gone: the topic forgets it too when it is
        compacted."""
        for context, context_value in self.contexts.items():
            yield RegistryRecord(key=ContextKey(context=context), value=context_value)
        for scope, config in self.configs.items():
            yield RegistryRecord(key=ConfigKey(subject=scope), value=config)
        for scope, mode in self.modes.items():
            yield RegistryRecord(key=ModeKey(subject=scope), value=mode)
        for subject, versions in self.subjects.items():
            for number, value in versions.items():
                yield RegistryRecord(key=SchemaKey(subject=subject, version=number), value=value)
        for key, association in self.associations.items():
            yield RegistryRecord(key=key, value=association)


def content_of(value: SchemaValue) -> Content:
    return Content(
        type=value.schema_type or "AVRO",
        text=value.schema,
        references=value.references or (),
        metadata=value.metadata,
        rule_set=value.rule_set,
    )


def digest_of(value: SchemaValue) -> bytes:
    return digest(content_of(value)) if value.md5 is None else b64decode(value.md5)


def target(subject: str, reference: Reference) -> Version:
    """What a schema of this subject means by the reference."""
    return str(beside(subject, reference.subject or "")), reference.version or 0


def _set(values: dict[K, V], key: K, value: V | None) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
