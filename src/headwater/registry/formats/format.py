"""The port that each format of schemas stands behind: a text becomes a `Parsed`, which is all that the registry asks.

Parsing and comparing take as long as their input makes them, so whoever calls this for a stranger does it in a process that
can be ended.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol, Self, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.formats.logical.types import Logical


class Source(Struct, frozen=True, kw_only=True):
    """A schema as it was sent. `references` are the texts of what it refers to, by the names that it uses for them, each after
    those that it needs itself."""

    text: str
    references: Mapping[str, str] = {}


class EntityType(StrEnum):
    RECORD = "sr_record"
    FIELD = "sr_field"


class Entity(Struct, frozen=True, kw_only=True, rename={"path": "entityPath", "type": "entityType"}):
    """What a schema can tag: a record by its full name, or a field by its record's and its own. A leading dot says nothing."""

    path: str
    type: EntityType

    @property
    def plain(self) -> Self:
        """As it is told."""
        return replace(self, path=self.path.removeprefix("."))


Tags: TypeAlias = Mapping[Entity, tuple[str, ...]]


class Parsed(Protocol):
    """A schema that was understood."""

    @property
    def text(self) -> str:
        """As it is stored, hashed and compared: what is only layout is gone."""
        ...

    @property
    def name(self) -> str | None:
        """The full name of the type that it is about, where it has one."""
        ...

    @property
    def meaning(self) -> str:
        """Equal for two that are the same however they were written, for one with what it refers to written out above all: what a
        look-up compares."""
        ...

    def check(self) -> None:
        """Whether it is a schema, where reading its text does not tell. What is imported is not asked. Raises InvalidSchema."""
        ...

    def check_fields(self) -> None:
        """What a registry that validates fields asks for beyond the format's own rules. Raises InvalidSchema."""
        ...

    def formatted(self, form: str) -> str:
        """In another form that the format knows; one that it doesn't know is the usual one."""
        ...

    def normalized(self) -> Self:
        """The one that stands for all that mean the same."""
        ...

    def has_field(self, name: str) -> bool:
        """Whether what it describes has a field of this name, not looking into other fields."""
        ...

    def tags(self) -> Tags:
        """What its text tags (`confluent:tags`), and with what, in the order in which it stands there."""
        ...

    def tagged(self, *, add: Tags, remove: Tags) -> Self:
        """One whose text has these tags too, and then not those. Raises InvalidSchema where it has no such entity."""
        ...

    def differences_from(self, writer: Self, *, lenient: bool = False) -> list[str]:
        """Why data written with `writer` can't be read with this, for people; nothing where it can. Each has two places (`%s`)
        left for which of the two is the new one. `lenient` is the policy that JSON Schema knows."""
        ...

    def losses_from(self, writer: Self) -> list[str]:
        """What of the data written with `writer` this may not read as it was meant, although Confluent calls the two compatible:
        for people. A known list of cases, and no verdict."""
        ...

    def logical(self) -> Logical:
        """What it is to the tables that the policy LOGICAL thinks of. Raises NotLogical, or InvalidSchema."""
        ...


class Format(Protocol):
    @property
    def type(self) -> str:
        """By its name in the API, such as `AVRO`."""
        ...

    def parse(self, source: Source, *, strict: bool) -> Parsed:
        """`strict` for what is new; what is stored already stays readable. Raises InvalidSchema."""
        ...
