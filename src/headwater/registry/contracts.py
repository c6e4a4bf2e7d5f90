"""What a schema carries beyond its text (Confluent's data contracts): references, metadata, and rules that its clients run.

The order of fields is the order in which Confluent writes them.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Reference(Struct, frozen=True, kw_only=True, rename="camel"):
    """A type of another subject's version. `name` is how the schema's text calls it."""

    name: str | None = None
    subject: str | None = None
    version: int | None = None


class Metadata(Struct, frozen=True, kw_only=True, rename="camel"):
    """`tags` by the path of what they tag; `sensitive` names properties whose values are stored encrypted."""

    tags: Mapping[str, frozenset[str]] | None = None
    properties: Mapping[str, str] | None = None
    sensitive: frozenset[str] | None = None


class RuleKind(StrEnum):
    TRANSFORM = "TRANSFORM"
    CONDITION = "CONDITION"


class RuleMode(StrEnum):
    UPGRADE = "UPGRADE"
    DOWNGRADE = "DOWNGRADE"
    UPDOWN = "UPDOWN"
    READ = "READ"
    WRITE = "WRITE"
    WRITEREAD = "WRITEREAD"


class Rule(Struct, frozen=True, kw_only=True, rename="camel"):
    """`type` is the name of what executes it, such as CEL or ENCRYPT; one that nobody here knows is kept."""

    name: str | None = None
    doc: str | None = None
    kind: RuleKind | None = RuleKind.TRANSFORM
    mode: RuleMode | None = RuleMode.WRITEREAD
    type: str | None = None
    tags: frozenset[str] | None = None
    params: Mapping[str, str] | None = None
    expr: str | None = None
    on_success: str | None = None
    on_failure: str | None = None
    disabled: bool = False


class RuleSet(Struct, frozen=True, kw_only=True, rename="camel"):
    migration_rules: tuple[Rule, ...] | None = None
    domain_rules: tuple[Rule, ...] | None = None
    encoding_rules: tuple[Rule, ...] | None = None
    enable_at: str | None = None
