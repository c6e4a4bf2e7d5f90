"""The message definitions as Kafka ships them: JSON with comments, one file a message, read into typed values.

The format is that of Kafka's own generator (`clients/src/main/resources/common/message/README.md` in its source tree).
What people read in it, the "about" sentences and the comments, is left behind here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)


class FieldDefinition(Struct, frozen=True, kw_only=True):
    name: str
    type: str
    versions: str
    nullable: str
    tagged: str
    tag: int | None
    ignorable: bool
    compact: bool
    default: str | None
    """None where the definition names none, or JSON's null; the text `null` where it names that."""
    fields: tuple["FieldDefinition", ...]

    @property
    def element(self) -> str:
        """The type without its array: a struct's name or a primitive."""
        return self.type.removeprefix("[]")

    @property
    def is_array(self) -> bool:
        return self.type.startswith("[]")


class StructDefinition(Struct, frozen=True, kw_only=True):
    name: str
    fields: tuple[FieldDefinition, ...]


class MessageDefinition(Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    """`request`, `response`, `header`, `metadata`, `coordinator-key`, `coordinator-value` or `data`."""
    api_key: int | None
    listeners: tuple[str, ...]
    versions: str
    flexible: str
    latest_unstable: bool
    structs: tuple[StructDefinition, ...]
    """Inner ones before those that hold them; the message itself is the last."""


def read(text: str) -> MessageDefinition:
    raw = json.loads(_COMMENT.sub("", text))
    fields = tuple(map(_field, raw.get("fields", ())))
    structs = [StructDefinition(name=raw["name"], fields=fields)]
    structs += [
        StructDefinition(name=each["name"], fields=tuple(map(_field, each["fields"])))
        for each in raw.get("commonStructs", ())
    ]
    return MessageDefinition(
        name=raw["name"],
        kind=raw["type"],
        api_key=raw.get("apiKey"),
        listeners=tuple(raw.get("listeners", ())),
        versions=raw["validVersions"],
        flexible=raw.get("flexibleVersions", "none"),
        latest_unstable=raw.get("latestVersionUnstable", False),
        structs=_inner_first(raw["name"], {each.name: each for each in _with_nested(structs)}),
    )


def _field(raw: Mapping[str, Any]) -> FieldDefinition:
    tagged = raw.get("taggedVersions", "none")
    default = raw.get("default")
    return FieldDefinition(
        name=raw["name"],
        type=raw["type"],
        versions=raw.get("versions", tagged),
        nullable=raw.get("nullableVersions", "none"),
        tagged=tagged,
        tag=raw.get("tag"),
        ignorable=raw.get("ignorable", False),
        compact=raw.get("flexibleVersions") != "none",
        default=json.dumps(default).strip('"') if default is not None else None,
        fields=tuple(map(_field, raw.get("fields", ()))),
    )


def _with_nested(structs: list[StructDefinition]) -> Iterator[StructDefinition]:
    """A field with fields of its own defines the struct that its type names."""
    for struct in structs:
        yield struct
        yield from _with_nested(
            [StructDefinition(name=each.element, fields=each.fields) for each in struct.fields if each.fields]
        )


def _inner_first(root: str, by_name: dict[str, StructDefinition]) -> tuple[StructDefinition, ...]:
    ordered: dict[str, StructDefinition] = {}

    def visit(struct: StructDefinition) -> None:
        for field in struct.fields:
            if field.element in by_name and field.element not in ordered:
                visit(by_name[field.element])
        ordered[struct.name] = struct

    visit(by_name[root])
    return tuple(ordered.values())
