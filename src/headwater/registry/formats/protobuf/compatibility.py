"""Whether data of an older version can be read with a newer one, by Confluent's rules: all that is different, and where.

Messages are compared by name, fields by number, whether they are in a oneof or not. A type of another file is compared
where a field uses it, with that type's own package and path; those of the same file are compared by themselves.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from msgspec import Struct

from headwater.registry.formats.protobuf import java_order
from headwater.registry.formats.protobuf.differences import Change, Difference
from headwater.registry.formats.protobuf.elements import Enum, Field, File, Label, Message, Type
from headwater.registry.formats.protobuf.field_types import is_scalar, map_parts
from headwater.registry.formats.protobuf.fields import (
    Fields,
    field_added,
    field_removed,
    newly_exclusive,
    oneofs_changed,
)
from headwater.registry.formats.protobuf.places import Place
from headwater.registry.formats.protobuf.type_table import KnownType, Types

BREAKING_MAX: Final = 1_000
"""More help nobody; types that use each other could multiply them without end."""
_SCALAR_KINDS: Final = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "bool"), "general number"),
    **dict.fromkeys(("sint32", "sint64"), "signed number"),
    **dict.fromkeys(("string", "bytes"), "string or bytes"),
    **dict.fromkeys(("fixed32", "sfixed32"), "fixed32"),
    **dict.fromkeys(("fixed64", "sfixed64"), "fixed64"),
    "float": "float",
    "double": "double",
}
_ENUM_KIND: Final = "general number"


class Side(Struct, frozen=True):
    """One of the two schemas."""

    file: File
    types: Types


def differences(older: Side, newer: Side) -> Iterator[Difference]:
    """All of the schemas' own types; of those in other files that they use, only what breaks."""
    return _Comparison(older, newer).all()


def breaking(older: Side, newer: Side) -> list[Difference]:
    """Why data of the older one may not be readable; the first thousand of it."""
    return _breaking(differences(older, newer))


class _Comparison:
    def __init__(self, older: Side, newer: Side) -> None:
        self._older: Final = older
        self._newer: Final = newer
        self._known: dict[tuple[int, int, frozenset[int]], list[Difference]] = {}

    def all(self) -> Iterator[Difference]:
        place = Place(packages=(self._older.file.package or "", self._newer.file.package or ""))
        if self._older.file.package != self._newer.file.package:
            yield place.difference(Change.PACKAGE_CHANGED)
        yield from self._types(self._older.file.types, self._newer.file.types, place)

    def _types(self, older: Sequence[Type], newer: Sequence[Type], place: Place) -> Iterator[Difference]:
        before = [each for each in older if isinstance(each, Message)]
        after = [each for each in newer if isinstance(each, Message)]
        yield from self._messages(before, after, place)
        yield from _enums(older, newer, place)

    def _messages(self, older: list[Message], newer: list[Message], place: Place) -> Iterator[Difference]:
        before = {each.name: (index, each) for index, each in enumerate(older)}
        after = {each.name: (index, each) for index, each in enumerate(newer)}
        for name in java_order.union(before, after):
            here = place.inside(name)
            if name not in after:
                if not self._is_map(self._old(name, here)):
                    yield here.difference(Change.MESSAGE_REMOVED)
            elif name not in before:
                if not self._is_map(self._new(name, here)):
                    yield here.difference(Change.MESSAGE_ADDED)
            else:
                yield from self._message(before[name][1], after[name][1], here)
                if before[name][0] != after[name][0]:
                    yield here.difference(Change.MESSAGE_MOVED)

    @staticmethod
    def _is_map(known: KnownType | None) -> bool:
        return known is None or known.map_type is not None

    def _message(self, older: Message, newer: Message, place: Place) -> Iterator[Difference]:
        inner = place
        if id(older) not in place.entered:
            inner = place.comparing(older)
            yield from self._fields(older, newer, inner)
        yield from self._types(older.types, newer.types, inner)

    def _fields(self, older: Message, newer: Message, message: Place) -> Iterator[Difference]:
        before, after = Fields(older), Fields(newer)
        yield from newly_exclusive(before, newer, message)
        yield from oneofs_changed(before, after, message)
        for tag in sorted(before.by_tag | after.by_tag):
            if tag not in after.by_tag:
                yield from field_removed(before, after, tag, message)
            elif tag not in before.by_tag:
                yield field_added(after, tag, message)
            else:
                here = after.place_of(tag, message)
                if tag in before.oneof_of and tag not in after.oneof_of:
                    yield here.difference(Change.ONEOF_FIELD_MOVED_TO_TOP_LEVEL)
                yield from self._field(before.by_tag[tag], after.by_tag[tag], here)

    def _field(self, older: Field, newer: Field, place: Place) -> Iterator[Difference]:
        if older.name != newer.name:
            yield place.difference(Change.FIELD_NAME_CHANGED)
        yield from self._labels_and_types((older.label, newer.label), (older.type, newer.type), place)

    def _labels_and_types(
        self, labels: tuple[Label | None, Label | None], names: tuple[str, str], place: Place
    ) -> Iterator[Difference]:
        older = self._as_map(names[0], self._old(names[0], place))
        newer = self._as_map(names[1], self._new(names[1], place))
        kinds = (self._kind(older, self._old(older, place)), self._kind(newer, self._new(newer, place)))
        if kinds[0] != kinds[1]:
            yield place.difference(Change.FIELD_KIND_CHANGED)
        elif kinds[0] == "scalar":
            yield from self._scalars(labels, (older, newer), place)
        elif kinds[0] == "map":
            yield from self._maps(older, newer, place)
        else:
            yield from self._named(older, newer, place)

    @staticmethod
    def _as_map(name: str, known: KnownType | None) -> str:
        return (known.map_type if known else None) or name

    @staticmethod
    def _kind(name: str, known: KnownType | None) -> str:
        """Enums count as scalars."""
        if is_scalar(name):
            return "scalar"
        if map_parts(name) is not None:
            return "map"
        return "scalar" if known and isinstance(known.element, Enum) else "message"

    def _scalars(
        self, labels: tuple[Label | None, Label | None], names: tuple[str, str], place: Place
    ) -> Iterator[Difference]:
        older = self._scalar_kind(names[0], self._old(names[0], place))
        newer = self._scalar_kind(names[1], self._new(names[1], place))
        if older != newer:
            yield place.difference(Change.FIELD_SCALAR_KIND_CHANGED)
        elif labels[0] and labels[1] and labels[0] != labels[1]:
            strings = older == _SCALAR_KINDS["string"]
            change = Change.FIELD_STRING_OR_BYTES_LABEL_CHANGED if strings else Change.FIELD_NUMERIC_LABEL_CHANGED
            yield place.difference(change)

    @staticmethod
    def _scalar_kind(name: str, known: KnownType | None) -> str:
        return _ENUM_KIND if known and isinstance(known.element, Enum) else _SCALAR_KINDS[name]

    def _maps(self, older: str, newer: str, place: Place) -> Iterator[Difference]:
        before, after = map_parts(older) or ("", ""), map_parts(newer) or ("", "")
        for names in zip(before, after, strict=True):
            yield from self._labels_and_types((None, None), names, place)

    def _named(self, older: str, newer: str, place: Place) -> Iterator[Difference]:
        old_name = self._older.types.full_name(older, place.scope, package=place.packages[0])
        new_name = self._newer.types.full_name(newer, place.scope, package=place.packages[1])
        if old_name is None or new_name is None:
            if older != newer:
                yield place.difference(Change.FIELD_NAMED_TYPE_CHANGED)
            return
        before, after = self._old(old_name, place), self._new(new_name, place)
        if before is None or after is None:
            return
        local = _without_package(old_name, before)
        if local != _without_package(new_name, after):
            yield place.difference(Change.FIELD_NAMED_TYPE_CHANGED)
        elif not self._is_compared_elsewhere(before, after):
            found = self._elsewhere(before, after, local, place.entered)
            yield from found
            if found:
                yield place.difference(Change.FIELD_NAMED_TYPE_CHANGED)

    def _is_compared_elsewhere(self, before: KnownType, after: KnownType) -> bool:
        """Or need not be: both are of the schemas themselves, or of the same file."""
        both_own = before.origin is self._older.file and after.origin is self._newer.file
        return both_own or before.origin == after.origin

    def _elsewhere(self, before: KnownType, after: KnownType, name: str, entered: frozenset[int]) -> list[Difference]:
        if not isinstance(before.element, Message) or not isinstance(after.element, Message):
            return []
        key = (id(before.element), id(after.element), entered)
        if key not in self._known:
            parts = tuple(name.split("."))
            place = Place(path=parts, scope=parts, packages=(before.package, after.package), entered=entered)
            self._known[key] = _breaking(self._message(before.element, after.element, place))
        return self._known[key]

    def _old(self, name: str, place: Place) -> KnownType | None:
        return self._older.types.type(name, place.scope, package=place.packages[0])

    def _new(self, name: str, place: Place) -> KnownType | None:
        return self._newer.types.type(name, place.scope, package=place.packages[1])


def _enums(older: Sequence[Type], newer: Sequence[Type], place: Place) -> Iterator[Difference]:
    before = {each.name: each for each in older if isinstance(each, Enum)}
    after = {each.name: each for each in newer if isinstance(each, Enum)}
    for name in java_order.union(before, after):
        here = place.inside(name)
        if name not in after:
            yield here.difference(Change.ENUM_REMOVED)
        elif name not in before:
            yield here.difference(Change.ENUM_ADDED)
        else:
            yield from _constants(before[name], after[name], here)


def _constants(older: Enum, newer: Enum, place: Place) -> Iterator[Difference]:
    before = {each.tag: each.name for each in older.constants}
    after = {each.tag: each.name for each in newer.constants}
    for tag in sorted(before | after):
        if tag not in after:
            yield place.below(str(tag)).difference(Change.ENUM_CONST_REMOVED)
        elif tag not in before:
            yield place.below(str(tag)).difference(Change.ENUM_CONST_ADDED)
        elif before[tag] != after[tag]:
            yield place.below(str(tag)).difference(Change.ENUM_CONST_CHANGED)


def _without_package(full_name: str, known: KnownType) -> str:
    return full_name.removeprefix(f"{known.package}.")


def _breaking(found: Iterable[Difference]) -> list[Difference]:
    return list(islice((each for each in found if each.breaks), BREAKING_MAX))
