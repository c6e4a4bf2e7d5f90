"""How a message of Kafka's protocol is written down: a Struct, and beside it one row for each field.

The generated modules in `messages/` and `records/` are made of these few shapes. A Struct holds every field that the
message ever had; the rows say at which versions a field is on the wire and how. `layout` reads the rows, and `codec`
compiles them, so nothing here runs more than once a version.
"""

from collections.abc import Iterator
from typing import ClassVar, Final, Literal, NamedTuple, TypeAlias

from msgspec import Struct

Buffer: TypeAlias = bytes | bytearray | memoryview
"""Bytes, wherever they lie."""

Records: TypeAlias = Buffer | tuple[Buffer, ...]
"""Record batches on the wire. A decoded message holds one `memoryview` on its frame; one to be encoded may hold pieces."""

Primitive: TypeAlias = Literal[
    "bool", "int8", "int16", "uint16", "int32", "uint32", "int64", "float64", "uuid", "string", "bytes", "records"
]
Wire: TypeAlias = "Primitive | type[Structure] | ArrayOf"


class Versions(Struct, frozen=True, gc=False):
    """The versions from `first` to `last`, both of them included."""

    first: int
    last: int

    def __contains__(self, version: object) -> bool:
        return isinstance(version, int) and self.first <= version <= self.last

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


_OPEN_END: Final = 32_767
NEVER: Final = Versions(_OPEN_END + 1, _OPEN_END)
"""No version at all, and its first one is above all there are."""


def versions_of(text: str) -> Versions:
    """Reads Kafka's way of writing a range: `3+`, `0-7`, `2` or `none`."""
    if text == "none":
        return NEVER
    if text.endswith("+"):
        return Versions(int(text[:-1]), _OPEN_END)
    first, _, last = text.partition("-")
    return Versions(int(first), int(last or first))


class ArrayOf(NamedTuple):
    element: "Primitive | type[Structure]"


class Field(NamedTuple):
    """One field on the wire. Its default, also where a version lacks it, is the Struct's own."""

    name: str
    type: Wire
    versions: str
    nullable: str = "none"
    tagged: str = "none"
    tag: int | None = None
    ignorable: bool = False
    """A value that a version can't carry is dropped by the encoder, where any other field would be refused."""
    compact: bool = True
    """Whether flexible versions write the length as a varint; only a request header's client id is not so."""


class Structure(Struct, frozen=True, kw_only=True, gc=False):
    """A part of a message. Frozen trees can't hold cycles, so the garbage collector need not know them."""

    FIELDS: ClassVar[tuple[Field, ...]] = ()


class Message(Structure, frozen=True, kw_only=True, gc=False):
    """A whole message, which has versions."""

    API_KEY: ClassVar[int | None] = None
    """The API of a request or response, or the number of a record's type."""
    VERSIONS: ClassVar[Versions] = NEVER
    FLEXIBLE: ClassVar[Versions] = NEVER
    """The versions with varint lengths and tagged fields (KIP-482)."""
