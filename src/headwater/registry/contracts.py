"""What a schema carries beyond its text (Confluent's data contracts): references, metadata, and rules that its clients run.

The order of fields is the order in which Confluent writes them; what is None or empty is left out, and empty is None.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import force_setattr


class _Told(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) in ({}, (), frozenset()):
                force_setattr(self, name, None)


class Reference(_Told, frozen=True, kw_only=True):
    """A type of another subject's version. `name` is how the schema's text calls it."""

    name: str | None = None
    subject: str | None = None
    version: int | None = None


class Metadata(_Told, frozen=True, kw_only=True):
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


class ExecutionEnvironment(StrEnum):
    """Who runs rules."""

    ALL = "ALL"
    CLIENT = "CLIENT"
    GATEWAY = "GATEWAY"
    SERVER = "SERVER"
    NONE = "NONE"


class Rule(_Told, frozen=True, kw_only=True):
    """`type` is the name of what executes it, such as CEL or ENCRYPT; one that nobody here knows is kept. Kind, mode and whether it is
    disabled are always told (their defaults are made, so they are never left out)."""

    name: str | None = None
    doc: str | None = None
    kind: RuleKind | None = field(default_factory=lambda: RuleKind.TRANSFORM)
    mode: RuleMode | None = field(default_factory=lambda: RuleMode.WRITEREAD)
    type: str | None = None
    tags: frozenset[str] | None = None
    params: Mapping[str, str] | None = None
    expr: str | None = None
    on_success: str | None = None
    on_failure: str | None = None
    disabled: bool = field(default_factory=bool)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kind is None:
            force_setattr(self, "kind", RuleKind.TRANSFORM)
        if self.mode is None:
            force_setattr(self, "mode", RuleMode.WRITEREAD)


class RuleSet(_Told, frozen=True, kw_only=True):
    migration_rules: tuple[Rule, ...] | None = None
    domain_rules: tuple[Rule, ...] | None = None
    encoding_rules: tuple[Rule, ...] | None = None
    enable_at: ExecutionEnvironment | None = None
