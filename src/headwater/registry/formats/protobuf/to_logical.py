"""A protobuf file as a logical type: its first message, with all others by their names.

The fields of a message come first and then its oneofs, each a union. A message inside another is written out where it is used, unless it
leads back to itself or its options name it. What is imported is referred to by name only if it is another schema's.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, FileDescriptor, OneofDescriptor

from headwater.registry.formats.logical import types as logical
from headwater.registry.formats.logical.errors import NotLogical
from headwater.registry.formats.logical.types import DEPTH_MAX, TOO_DEEP, Field, Kind, Logical, Type
from headwater.registry.formats.logical.validity import is_cyclic
from headwater.registry.formats.protobuf.logical_columns import (
    Params,
    is_true,
    known_message,
    params_of,
    scalar,
    wrapped,
)
from headwater.registry.formats.protobuf.logical_defaults import check_default
from headwater.registry.formats.protobuf.shapes import Shapes

_MESSAGE: Final = FieldDescriptor.TYPE_MESSAGE
_FIELD_META: Final = "confluent.field_meta"
_CONTAINERS: Final = (Kind.ARRAY, Kind.MAP, Kind.MULTISET)


def to_logical(file: FileDescriptor, others: Sequence[str]) -> Logical:
    """`others` are the paths of the schemas that it refers to. Raises NotLogical."""
    messages = list(file.message_types_by_name.values())
    if not messages:
        raise NotLogical("ProtobufSchema has no root descriptor")
    root = messages[0]
    alone = wrapped(root.full_name)
    if alone is not None:
        return Logical(root=alone)
    converter = _Converter(file, others)
    body = converter.define_all(root, messages)
    named = converter.named
    is_referred = is_cyclic(root.full_name, named) or any(name.startswith(f"{root.full_name}.") for name in named)
    if is_referred:
        return Logical(root=logical.reference(root.full_name), named=named)
    del named[root.full_name]
    return Logical(root=body, named=named)


class _Converter:
    def __init__(self, file: FileDescriptor, others: Sequence[str]) -> None:
        self.named: dict[str, Type] = {}
        self._foreign = {name for other in _imported(file) if other.name in others for name in _all_names(other)}
        self._enums = list(file.enum_types_by_name.values())
        self._shapes = Shapes()
        self._around: set[str] = set()
        self._path: list[str] = []

    def define_all(self, root: Descriptor, messages: list[Descriptor]) -> Type:
        """All names are known before the first of them is used. Gives what the root is."""
        nested = [each for message in messages for each in _named_inside(message)]
        for message in (*messages, *(each for each in nested if isinstance(each, Descriptor))):
            self.named[message.full_name] = logical.struct(())
        enums = (*self._enums, *(each for each in nested if isinstance(each, EnumDescriptor)))
        for enum in enums:
            self.named[enum.full_name] = _symbols(enum)
        body = self.named[root.full_name] = self._struct(root, 0)
        for place, message in enumerate(messages):
            if message is not root:
                self.named[message.full_name] = self._struct(message, min(place, 1))
        for inner in nested:
            if isinstance(inner, Descriptor):
                self.named[inner.full_name] = self._struct(inner, 0)
        return body

    def _struct(self, message: Descriptor, depth: int, *, nullable: bool = False) -> Type:
        if depth > DEPTH_MAX:
            raise NotLogical(TOO_DEEP)
        fields = [self._field(each, depth + 1) for each in self._shapes.alone(message)]
        fields += [Field(name=each.name, type=self._union(each, depth + 1)) for each in self._shapes.oneofs(message)]
        return logical.struct(fields, nullable=nullable)

    def _union(self, oneof: OneofDescriptor, depth: int) -> Type:
        branches = []
        for each in oneof.fields:
            self._path.append(each.name)
            branches.append(Field(name=each.name, type=self._type(each, depth + 1), is_branch=True))
            self._path.pop()
        return logical.union(branches, nullable=True)

    def _field(self, field: FieldDescriptor, depth: int) -> Field:
        self._path.append(field.name)
        kind = self._type(field, depth)
        self._path.pop()
        said = params_of(_FIELD_META, field).get("logical.default")
        if said is not None:
            check_default(kind, said)
        is_list = kind.kind in _CONTAINERS and not kind.nullable
        has_value = said is not None or field.has_default_value or is_list
        return Field(name=field.name, type=kind, has_default=has_value, has_value=has_value)

    def _type(self, field: FieldDescriptor, depth: int) -> Type:
        params = params_of(_FIELD_META, field)
        said = params.get("flink.notNull")
        may_miss = field.type == _MESSAGE and not field.is_repeated
        nullable = may_miss if said is None else not is_true(said)
        if not field.is_repeated:
            return self._single(field, params, depth, nullable=nullable)
        if field.type == _MESSAGE and self._shapes.is_map_entry(field.message_type):
            return self._map(field, params, depth, nullable=nullable)
        if is_true(params.get("flink.wrapped", "")):
            if field.type != _MESSAGE:
                raise NotLogical(f"This field is not of message type. ({field.full_name})")
            return logical.array(self._payload(field.message_type, depth), nullable=nullable)
        return logical.array(self._single(field, params, depth, nullable=False), nullable=nullable)

    def _single(self, field: FieldDescriptor, params: Params, depth: int, *, nullable: bool) -> Type:
        nullable = nullable or self._shapes.is_optional(field)
        if field.type == FieldDescriptor.TYPE_ENUM:
            return self._enum(field.enum_type, nullable=nullable)
        if field.type != _MESSAGE:
            return scalar(field, params, nullable=nullable)
        message = field.message_type
        known = known_message(message.full_name, params, nullable=nullable)
        return known or self._message(message, params, depth, nullable=nullable)

    def _enum(self, enum: EnumDescriptor, *, nullable: bool) -> Type:
        name = enum.full_name
        if name in self._foreign and name not in self.named:
            self.named[name] = _symbols(enum)
        if name in self.named:
            return logical.reference(name, nullable=nullable)
        return logical.enum([each.name for each in enum.values], nullable=nullable)

    def _message(self, message: Descriptor, params: Params, depth: int, *, nullable: bool) -> Type:
        name = message.full_name
        if name in self._foreign and name not in self.named:
            self.named[name] = logical.struct(())
            self.named[name] = self._struct(message, 0)
        if name in self.named:
            return logical.reference(name, nullable=nullable)
        if name in self._around:
            path = ".".join(self._path)
            raise NotLogical(f"Cyclic schemas are not supported.\nFound a cycle in the field: {path}")
        self._around.add(name)
        if is_true(params.get("flink.wrapped", "")):
            made = logical.made_nullable(self._payload(message, depth))
        else:
            made = self._struct(message, depth, nullable=nullable)
        self._around.remove(name)
        return made

    def _payload(self, wrapper: Descriptor, depth: int) -> Type:
        """What a message is about that is only there because its one value could not be where it is."""
        value = wrapper.fields_by_name.get("value")
        if value is not None and not self._shapes.is_in_oneof(value):
            return self._type(value, depth)
        for each in self._shapes.oneofs(wrapper):
            if each.name == "value":
                return self._union(each, depth)
        raise NotLogical(f"flink.wrapped wrapper missing 'value' payload: {wrapper.full_name}")

    def _map(self, field: FieldDescriptor, params: Params, depth: int, *, nullable: bool) -> Type:
        entry = {each.name: each.type for each in self._struct(field.message_type, depth).fields}
        is_multiset = params.get("flink.type") == "multiset"
        return logical.map_like(entry["key"], entry["value"], is_multiset=is_multiset, nullable=nullable)


def _symbols(enum: EnumDescriptor) -> Type:
    return logical.enum([each.name for each in enum.values])


def _named_inside(message: Descriptor) -> Iterator[Descriptor | EnumDescriptor]:
    for each in message.nested_types:
        if not each.GetOptions().map_entry:
            if _is_marked("confluent.message_meta", each) or _leads_to_itself(each):
                yield each
            yield from _named_inside(each)
    for enum in message.enum_types:
        if _is_marked("confluent.enum_meta", enum):
            yield enum


def _is_marked(meta: str, descriptor: Descriptor | EnumDescriptor) -> bool:
    return params_of(meta, descriptor).get("logical.named") == "true"


def _leads_to_itself(message: Descriptor) -> bool:
    waiting = _messages_in(message)
    seen: set[str] = set()
    while waiting:
        each = waiting.pop()
        if each.full_name == message.full_name:
            return True
        if each.full_name not in seen:
            seen.add(each.full_name)
            waiting += _messages_in(each)
    return False


def _messages_in(message: Descriptor) -> list[Descriptor]:
    return [each.message_type for each in message.fields if each.type == _MESSAGE]


def _imported(file: FileDescriptor) -> Iterable[FileDescriptor]:
    """By what it imports, too."""
    found = {each.name: each for each in file.dependencies}
    waiting = list(found.values())
    while waiting:
        for each in waiting.pop().dependencies:
            if each.name not in found:
                found[each.name] = each
                waiting.append(each)
    return found.values()


def _all_names(file: FileDescriptor) -> Iterator[str]:
    """Of a file with a message; one that has only enums is passed over."""
    messages = list(file.message_types_by_name.values())
    if not messages:
        return
    yield from (each.full_name for each in file.enum_types_by_name.values())
    while messages:
        message = messages.pop()
        yield message.full_name
        messages.extend(message.nested_types)
        yield from (each.full_name for each in message.enum_types)
