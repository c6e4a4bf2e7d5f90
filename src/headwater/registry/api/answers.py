"""What the API answers about schemas, and what it is sent, field by field as Confluent names and orders them. What is None is left out."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.content import Content, guid
from headwater.registry.contracts import Metadata, Reference, RuleSet
from headwater.registry.drafts import Draft
from headwater.registry.formats.types import DEFAULT_TYPE
from headwater.registry.rules import check
from headwater.registry.store.codec import plain
from headwater.registry.store.records import SchemaValue
from headwater.registry.store.requests import ANY_VERSION, NO_ID
from headwater.registry.store.state import digest_of
from headwater.registry.subjects import DEFAULT_CONTEXT, beside, subject_of


class RegisterRequest(Struct, frozen=True, kw_only=True, rename="camel"):
    """A schema as it is sent."""

    version: int | None = None
    id: int | None = None
    schema_type: str | None = None
    references: tuple[Reference, ...] | None = None
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None
    schema: str | None = None

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
        version = ANY_VERSION if self.version is None else self.version
        return Draft(subject=subject, content=content, version=version, id=NO_ID if self.id is None else self.id)


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
    max_id: int | None = None
    ts: int | None = None
    deleted: bool | None = None
    aliases: tuple[str, ...] | None = None


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
    if qualified:
        value = _qualified(value)
    fields = {
        "subject": value.subject,
        "version": value.version,
        "id": value.id,
        "guid": guid(digest_of(value)),
        "schema_type": value.schema_type or DEFAULT_TYPE,
        "references": plain(value.references) or None,
        "metadata": plain(value.metadata) or None,
        "rule_set": plain(value.rule_set) or None,
        "schema": value.schema if text is None else text,
        "ts": value.timestamp,
        "deleted": None if value.timestamp is None else value.deleted,
    }
    return Schema(**{**fields, **more})


def _qualified(value: SchemaValue) -> SchemaValue:
    if not value.references or subject_of(value.subject).context == DEFAULT_CONTEXT:
        return value
    references = tuple(
        replace(each, subject=str(beside(value.subject, each.subject or ""))) for each in value.references
    )
    return replace(value, references=references, md5=value.md5)
