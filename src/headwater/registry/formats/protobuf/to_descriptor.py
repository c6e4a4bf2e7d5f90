"""From a file's elements to its descriptor, as Confluent makes it for `format=serialized`.

It is not quite protoc's: names stay as they were written, groups and options that only their extensions explain are left out, fields of
oneofs come first, and a map's entry keeps the case of its field. Clients resolve it all the same.
"""

from collections.abc import Iterable
from typing import Any, Final

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    Edition,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    ServiceDescriptorProto,
)

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.protobuf.descriptor_fill import fill
from headwater.registry.formats.protobuf.descriptors import own
from headwater.registry.formats.protobuf.elements import (
    SCALARS,
    Enum,
    Extend,
    Field,
    File,
    Gap,
    Label,
    Message,
    OneOf,
    Range,
    Reserved,
    Service,
    Type,
    Word,
)
from headwater.registry.formats.protobuf.field_types import map_parts
from headwater.registry.formats.protobuf.type_table import Scope, Types

_NAME: Final = "default"
_SCALARS: Final = {name: FieldDescriptorProto.Type.Value(f"TYPE_{name.upper()}") for name in SCALARS}
_LABELS: Final = {label: FieldDescriptorProto.Label.Value(f"LABEL_{label.upper()}") for label in Label}


def descriptor_of(file: File, types: Types, known: Iterable[str], *, name: str = _NAME) -> FileDescriptorProto:
    """`known` are the paths of files that there are: others are not imported. Raises InvalidSchema."""
    return _Describer(file, types).file([*known], name)


class _Describer:
    def __init__(self, file: File, types: Types) -> None:
        self._file: Final = file
        self._types: Final = types

    def file(self, known: list[str], name: str) -> FileDescriptorProto:
        file = self._file
        made = own(FileDescriptorProto)(name=name, package=file.package, syntax=file.syntax)
        if file.edition:
            made.syntax = "editions"
            made.edition = _edition(file.edition)
        self._add_types(made.message_type, made.enum_type, file.types, ())
        made.service.extend(_service(each) for each in file.services)
        made.extension.extend(self._extension_fields(file.extends, ()))
        _add_imports(made, file, known)
        fill(made, file.options)
        return made

    def _add_types(self, messages: Any, enums: Any, types: Iterable[Type], scope: Scope) -> None:
        for each in types:
            if isinstance(each, Message):
                messages.append(self._message(each, (*scope, each.name)))
            else:
                enums.append(_enum(each))

    def _message(self, message: Message, scope: Scope) -> DescriptorProto:
        made = own(DescriptorProto)(name=message.name)
        self._add_types(made.nested_type, made.enum_type, message.types, scope)
        for oneof in message.oneofs:
            if isinstance(oneof, OneOf):
                self._add_oneof(made, oneof, scope)
        taken = {field.name for field in made.field}
        for field in message.fields:
            if field.name not in taken:
                self._add_field(made, field, scope)
        _add_reserved(made, message.reserved, past=1)
        for extensions in message.extensions:
            for value in extensions.values:
                first, last = (value.first, value.last) if isinstance(value, Range) else (value, value)
                fill(made.extension_range.add(start=first, end=last + 1), extensions.options, always=True)
        made.extension.extend(self._extension_fields(message.extends, scope))
        fill(made, message.options)
        return made

    def _add_oneof(self, made: DescriptorProto, oneof: OneOf, scope: Scope) -> None:
        index = len(made.oneof_decl)
        fill(made.oneof_decl.add(name=oneof.name), oneof.options, always=True)
        for field in oneof.fields:
            described = self._field(field, field.type, scope, label=Label.OPTIONAL)
            described.oneof_index = index
            made.field.append(described)

    def _add_field(self, made: DescriptorProto, field: Field, scope: Scope) -> None:
        parts = map_parts(field.type)
        if parts is not None:
            entry = _entry_name(field.name)
            self._add_entry(made.nested_type.add(name=entry), parts, scope)
            made.field.append(self._field(field, entry, scope, label=Label.REPEATED))
            return
        described = self._field(field, field.type, scope, label=field.label)
        if field.label is Label.OPTIONAL and self._file.syntax == "proto3":
            described.oneof_index = len(made.oneof_decl)
            described.proto3_optional = True
            fill(made.oneof_decl.add(name=f"_{field.name}"), (), always=True)
        made.field.append(described)

    def _add_entry(self, entry: DescriptorProto, parts: tuple[str, str], scope: Scope) -> None:
        entry.options.map_entry = True
        for number, (name, kind) in enumerate(zip(("key", "value"), parts, strict=True), start=1):
            entry.field.append(self._field(Field(name=name, type=kind, tag=number), kind, scope, label=None))

    def _field(self, field: Field, kind: str, scope: Scope, *, label: Label | None) -> FieldDescriptorProto:
        made = own(FieldDescriptorProto)(name=field.name, number=field.tag)
        self._set_type(made, kind, scope)
        if label is not None:
            made.label = _LABELS[label]
        if field.default is not None:
            made.default_value = field.default
        if field.json_name is not None:
            made.json_name = field.json_name
        fill(made, field.options)
        return made

    def _set_type(self, made: FieldDescriptorProto, kind: str, scope: Scope) -> None:
        if kind in _SCALARS:
            made.type = _SCALARS[kind]
            return
        known = self._types.type(kind, scope)
        if known is not None:
            enum = isinstance(known.element, Enum)
            made.type = FieldDescriptorProto.TYPE_ENUM if enum else FieldDescriptorProto.TYPE_MESSAGE
        made.type_name = kind

    def _extension_fields(self, extends: Iterable[Extend | Gap], scope: Scope) -> Iterable[FieldDescriptorProto]:
        for each in extends:
            if isinstance(each, Extend):
                for field in each.fields:
                    made = self._field(field, field.type, scope, label=field.label)
                    made.extendee = each.name
                    yield made


def _entry_name(field: str) -> str:
    if "_" in field:
        field = "".join(word[:1].upper() + word[1:].lower() for word in field.split("_"))
    return f"{field}Entry"


def _edition(name: str) -> Any:
    try:
        return Edition.Value(f"EDITION_{name}")
    except ValueError:
        raise InvalidSchema(f"Invalid protobuf schema definition: unknown edition {name}") from None


def _add_imports(made: FileDescriptorProto, file: File, known: list[str]) -> None:
    for path in file.imports:
        if path in known and path not in made.dependency:
            made.dependency.append(path)
    for path in file.public_imports:
        if path in known:
            if path not in made.dependency:
                made.dependency.append(path)
            made.public_dependency.append([*made.dependency].index(path))


def _add_reserved(made: Any, reserved: Iterable[Reserved], *, past: int) -> None:
    """`past` is how far a range's end is past its last number."""
    for value in (value for each in reserved for value in each.values):
        match value:
            case str():
                made.reserved_name.append(value)
            case Word():
                made.reserved_name.append(value.text)
            case Range():
                made.reserved_range.add(start=value.first, end=value.last + past)
            case _:
                made.reserved_range.add(start=value, end=value + past)


def _enum(enum: Enum) -> EnumDescriptorProto:
    made = own(EnumDescriptorProto)(name=enum.name)
    _add_reserved(made, enum.reserved, past=0)
    for each in enum.constants:
        fill(made.value.add(name=each.name, number=each.tag), each.options)
    fill(made, [each for each in enum.options if not isinstance(each, Gap)])
    return made


def _service(service: Service) -> ServiceDescriptorProto:
    made = own(ServiceDescriptorProto)(name=service.name)
    for each in service.rpcs:
        method = made.method.add(name=each.name, input_type=each.request, output_type=each.response)
        method.client_streaming, method.server_streaming = each.request_streams, each.response_streams
        fill(method, each.options)
    fill(made, service.options)
    return made
