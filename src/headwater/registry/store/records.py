"""The records of `_schemas`: keys and values as Confluent's registry writes them, field by field in its order.

A key without a value is a tombstone. Keys are compared by their bytes when the topic is compacted, so their text must be
exactly this one.
"""

from typing import ClassVar, TypeAlias

from msgspec import Struct

from headwater.registry.contracts import Metadata, Reference, RuleSet

DEFAULT_TENANT = "default"


class Key(Struct, frozen=True, kw_only=True, rename="camel"):
    """`keytype` stands before the fields, and `magic` after them."""

    TYPE: ClassVar[str]
    MAGIC: ClassVar[int] = 0


class SchemaKey(Key, frozen=True, kw_only=True, rename="camel"):
    TYPE = "SCHEMA"
    MAGIC = 1
    subject: str
    version: int


class ConfigKey(Key, frozen=True, kw_only=True, rename="camel"):
    """Without a subject it is the one for all."""

    TYPE = "CONFIG"
    subject: str | None = None


class ModeKey(Key, frozen=True, kw_only=True, rename="camel"):
    TYPE = "MODE"
    subject: str | None = None


class NoopKey(Key, frozen=True, kw_only=True, rename="camel"):
    """Written by a new writer, to know that it has read all that was written before."""

    TYPE = "NOOP"


class ContextKey(Key, frozen=True, kw_only=True, rename="camel"):
    TYPE = "CONTEXT"
    tenant: str = DEFAULT_TENANT
    context: str


class DeleteSubjectKey(Key, frozen=True, kw_only=True, rename="camel"):
    TYPE = "DELETE_SUBJECT"
    subject: str


class ClearSubjectKey(Key, frozen=True, kw_only=True, rename="camel"):
    TYPE = "CLEAR_SUBJECT"
    subject: str


class AssociationKey(Key, frozen=True, kw_only=True, rename="camel"):
    TYPE = "ASSOC"
    tenant: str = DEFAULT_TENANT
    resource_name: str
    resource_namespace: str
    resource_type: str
    association_type: str
    subject: str


class SchemaValue(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """`md5` is the digest of its content in Base64; without it, it is computed. `timestamp` is its record's, in milliseconds."""

    subject: str
    version: int
    id: int
    md5: str | None = None
    schema_type: str | None = "AVRO"
    references: tuple[Reference, ...] | None = None
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None
    schema: str
    deleted: bool = False
    timestamp: int | None = None


class ConfigValue(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is None is not said here, and the next wider scope has it."""

    subject: str | None = None
    alias: str | None = None
    alias_for_deks: str | None = None
    normalize: bool | None = None
    validate_fields: bool | None = None
    validate_new_schemas: bool | None = None
    validate_rules: bool | None = None
    compatibility_level: str | None = None
    compatibility_policy: str | None = None
    compatibility_group: str | None = None
    default_metadata: Metadata | None = None
    override_metadata: Metadata | None = None
    default_rule_set: RuleSet | None = None
    override_rule_set: RuleSet | None = None


class ModeValue(Struct, frozen=True, kw_only=True, rename="camel"):
    subject: str | None = None
    mode: str | None = None


class ContextValue(Struct, frozen=True, kw_only=True, rename="camel"):
    tenant: str = DEFAULT_TENANT
    context: str


class DeleteSubjectValue(Struct, frozen=True, kw_only=True, rename="camel"):
    """All versions up to this one are deleted."""

    subject: str
    version: int


class ClearSubjectValue(Struct, frozen=True, kw_only=True, rename="camel"):
    subject: str


class AssociationValue(Struct, frozen=True, kw_only=True, rename="camel"):
    """`timestamp` is its record's, which is when it was changed; both times are in milliseconds."""

    guid: str | None = None
    tenant: str = DEFAULT_TENANT
    resource_name: str | None = None
    resource_namespace: str | None = None
    resource_id: str | None = None
    resource_type: str | None = None
    association_type: str | None = None
    subject: str | None = None
    lifecycle: str | None = None
    frozen: bool = False
    create_ts: int | None = None
    timestamp: int | None = None


Value: TypeAlias = (
    SchemaValue | ConfigValue | ModeValue | ContextValue | DeleteSubjectValue | ClearSubjectValue | AssociationValue
)


class RegistryRecord(Struct, frozen=True, kw_only=True):
    key: Key
    value: Value | None
