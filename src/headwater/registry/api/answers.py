"""What the API answers about schemas, and what it is sent, field by field as Confluent names and orders them. What is None is left out."""

from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from headwater.http.parameters import INT_MAX
from headwater.registry.content import Content, guid
from headwater.registry.contracts import Metadata, Reference, RuleSet
from headwater.registry.drafts import Draft
from headwater.registry.formats.format import Entity
from headwater.registry.formats.jobs import TagList
from headwater.registry.formats.types import DEFAULT_TYPE
from headwater.registry.rules import check
from headwater.registry.store.associations import Lifecycle
from headwater.registry.store.records import AssociationValue, SchemaValue
from headwater.registry.store.requests import ANY_VERSION, LATEST, NO_ID
from headwater.registry.store.state import digest_of
from headwater.registry.subjects import DEFAULT_CONTEXT, beside, subject_of

JavaInt = Annotated[int, Meta(ge=-INT_MAX - 1, le=INT_MAX)]


class SchemaTags(Struct, frozen=True, kw_only=True, rename="camel"):
    schema_entity: Entity
    tags: tuple[str, ...] = ()


def tag_list(told: tuple[SchemaTags, ...] | None) -> TagList:
    """By their entities, each once."""
    found: dict[Entity, tuple[str, ...]] = {}
    for each in told or ():
        found[each.schema_entity] = (*found.get(each.schema_entity, ()), *each.tags)
    return tuple(found.items())


class RegisterRequest(Struct, frozen=True, kw_only=True, rename="camel"):
    """A schema as it is sent."""

    version: JavaInt | None = None
    id: JavaInt | None = None
    schema_type: str | None = None
    references: tuple[Reference, ...] | None = None
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None
    schema: str | None = None
    schema_tags_to_add: tuple[SchemaTags, ...] | None = None
    schema_tags_to_remove: tuple[SchemaTags, ...] | None = None
    propagate_schema_tags: bool | None = None

    @property
    def tags_to_add(self) -> TagList:
        return tag_list(self.schema_tags_to_add)

    @property
    def tags_to_remove(self) -> TagList:
        return tag_list(self.schema_tags_to_remove)

    @property
    def changes_tags(self) -> bool:
        return bool(self.schema_tags_to_add or self.schema_tags_to_remove)

    def draft(self, subject: str) -> Draft:
        """Raises InvalidRuleSet."""
        check(self.rule_set)
        content = Content(
            type=self.schema_type or DEFAULT_TYPE,
            text=self.schema or "",
            references=self.references or (),
            metadata=self.metadata,
            rule_set=self.rule_set,
        )
        version = self.version
        if version is None:
            version = LATEST if self.changes_tags else ANY_VERSION
        return Draft(
            subject=subject,
            content=content,
            version=version,
            id=NO_ID if self.id is None else self.id,
            keeps_tags=bool(self.propagate_schema_tags),
        )


class Association(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A resource's with a subject. `frozen` is told where it does not follow from its lifecycle."""

    subject: str | None = None
    guid: str | None = None
    resource_name: str | None = None
    resource_namespace: str | None = None
    resource_id: str | None = None
    resource_type: str | None = None
    association_type: str | None = None
    lifecycle: str | None = None
    frozen: bool | None = None
    create_ts: int | None = None
    update_ts: int | None = None


class Schema(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A version of a subject."""

    subject: str | None = None
    version: int | None = None
    id: int | None = None
    guid: str | None = None
    schema_type: str | None = None
    references: tuple[Reference, ...] | None = None
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None
    schema: str | None = None
    schema_tags: tuple[SchemaTags, ...] | None = None
    max_id: int | None = None
    ts: int | None = None
    deleted: bool | None = None
    aliases: tuple[str, ...] | None = None
    associations: tuple[Association, ...] | None = None


class SubjectVersion(Struct, frozen=True, kw_only=True):
    subject: str
    version: int


class ContextId(Struct, frozen=True, kw_only=True):
    context: str
    id: int


class Compatibility(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`messages` are told where the caller asks for them."""

    is_compatible: bool
    messages: tuple[str, ...] | None = None


def schema_answer(value: SchemaValue, *, text: str | None = None, qualified: bool = False, **more: Any) -> Schema:
    """What has no time of its own was not read from the topic, and says nothing of its deletion. `qualified`: references name
    their context."""
    references = _qualified(value) if qualified else value.references
    fields = {
        "subject": value.subject,
        "version": value.version,
        "id": value.id,
        "guid": guid(digest_of(value)),
        "schema_type": value.schema_type or DEFAULT_TYPE,
        "references": references or None,
        "metadata": value.metadata,
        "rule_set": value.rule_set,
        "schema": value.schema if text is None else text,
        "ts": value.timestamp,
        "deleted": None if value.timestamp is None else value.deleted,
    }
    return Schema(**{**fields, **more})


def association_answer(value: AssociationValue) -> Association:
    return Association(
        subject=value.subject,
        guid=value.guid,
        resource_name=value.resource_name,
        resource_namespace=value.resource_namespace,
        resource_id=value.resource_id,
        resource_type=value.resource_type,
        association_type=value.association_type,
        lifecycle=value.lifecycle,
        frozen=told_frozen(value),
        create_ts=value.create_ts,
        update_ts=value.timestamp,
    )


def told_frozen(value: AssociationValue) -> bool | None:
    return value.frozen if value.frozen is not (value.lifecycle == Lifecycle.STRONG) else None


def _qualified(value: SchemaValue) -> tuple[Reference, ...] | None:
    if subject_of(value.subject).context == DEFAULT_CONTEXT:
        return value.references
    return tuple(
        replace(each, subject=str(beside(value.subject, each.subject or ""))) for each in value.references or ()
    )
