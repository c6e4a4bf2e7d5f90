"""What a `.proto` file is made of, as it is written: names are not resolved and options not understood.

A file's descriptor, which protoc makes, is something else: it knows what is meant, and has forgotten how it was said. What is
stored is how it was said, but for comments and layout.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeAlias, Union

from msgspec import Struct

TAG_MAX: Final = (1 << 29) - 1
"""What `max` means in a range."""
SCALARS: Final = (
    "bool", "bytes", "double", "float", "fixed32", "fixed64", "int32", "int64",
    "sfixed32", "sfixed64", "sint32", "sint64", "string", "uint32", "uint64",
)  # fmt: skip


class Kind(StrEnum):
    """What the value of an option looks like. OPTION: its name had more than one part, `(a).b = 1`."""

    STRING = "string"
    BOOLEAN = "boolean"
    NUMBER = "number"
    ENUM = "enum"
    MAP = "map"
    LIST = "list"
    OPTION = "option"


class Label(StrEnum):
    OPTIONAL = "optional"
    REQUIRED = "required"
    REPEATED = "repeated"


class Primitive(Struct, frozen=True):
    """A value in a map or list that stands there without quotes."""

    kind: Kind
    text: str


class Option(Struct, frozen=True, kw_only=True):
    name: str
    kind: Kind
    value: "Value"
    parenthesized: bool = False


Value: TypeAlias = Union[str, Primitive, "Option", Mapping[str, "Value"], Sequence["Value"]]
Options: TypeAlias = Sequence[Option]


class Range(Struct, frozen=True):
    """Both ends are in it."""

    first: int
    last: int


class Word(Struct, frozen=True):
    """A reserved name without quotes, as editions have them."""

    text: str


class Gap(Struct, frozen=True):
    """Where a section was that nothing is left of but its blank line."""


class Reserved(Struct, frozen=True, kw_only=True):
    values: Sequence[str | Word | int | Range]


class Extensions(Struct, frozen=True, kw_only=True):
    values: Sequence[int | Range]
    options: Options = ()


class Field(Struct, frozen=True, kw_only=True):
    """`default` and `json_name` stand among a field's options, and are none."""

    name: str
    type: str
    tag: int
    label: Label | None = None
    default: str | None = None
    json_name: str | None = None
    options: Options = ()


class Group(Struct, frozen=True, kw_only=True):
    name: str
    tag: int
    label: Label | None = None
    fields: Sequence[Field] = ()


class OneOf(Struct, frozen=True, kw_only=True):
    name: str
    options: Options = ()
    fields: Sequence[Field] = ()
    groups: Sequence[Group] = ()


class Extend(Struct, frozen=True, kw_only=True):
    name: str
    fields: Sequence[Field] = ()


class Constant(Struct, frozen=True, kw_only=True):
    name: str
    tag: int
    options: Options = ()


class Enum(Struct, frozen=True, kw_only=True):
    name: str
    reserved: Sequence[Reserved] = ()
    options: Sequence[Option | Gap] = ()
    constants: Sequence[Constant] = ()


class Message(Struct, frozen=True, kw_only=True):
    name: str
    reserved: Sequence[Reserved] = ()
    options: Options = ()
    fields: Sequence[Field] = ()
    oneofs: Sequence[OneOf | Gap] = ()
    groups: Sequence[Group] = ()
    extensions: Sequence[Extensions] = ()
    extends: Sequence[Extend | Gap] = ()
    types: Sequence["Message | Enum"] = ()


Type: TypeAlias = Message | Enum


class Rpc(Struct, frozen=True, kw_only=True):
    name: str
    request: str
    response: str
    request_streams: bool = False
    response_streams: bool = False
    options: Options = ()


class Service(Struct, frozen=True, kw_only=True):
    name: str
    options: Options = ()
    rpcs: Sequence[Rpc] = ()


class File(Struct, frozen=True, kw_only=True):
    """`syntax` is `proto2` or `proto3`; a file has that, an edition, or neither, which is proto2."""

    syntax: str | None = None
    edition: str | None = None
    package: str | None = None
    imports: Sequence[str] = ()
    public_imports: Sequence[str] = ()
    options: Options = ()
    types: Sequence[Type] = ()
    extends: Sequence[Extend | Gap] = ()
    services: Sequence[Service] = ()
