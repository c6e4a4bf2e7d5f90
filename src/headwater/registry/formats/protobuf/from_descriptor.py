"""From a file's descriptor to its elements: schemas may be sent as one, in base64, as the clients of some languages do it.

What a descriptor has lost is not made up: names are in full, maps are messages, options that only their extensions explain are gone,
and a group is a field.
"""

from base64 import b64decode
from binascii import Error as Base64Error
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
from google.protobuf.message import DecodeError

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.protobuf.descriptor_options import options_of
from headwater.registry.formats.protobuf.descriptors import own
from headwater.registry.formats.protobuf.elements import (
    Constant,
    Enum,
    Extend,
    Extensions,
    Field,
    File,
    Label,
    Message,
    OneOf,
    Range,
    Reserved,
    Rpc,
    Service,
    Type,
)

_LABELS: Final = {
    FieldDescriptorProto.LABEL_OPTIONAL: Label.OPTIONAL,
    FieldDescriptorProto.LABEL_REQUIRED: Label.REQUIRED,
    FieldDescriptorProto.LABEL_REPEATED: Label.REPEATED,
}


def read_descriptor(text: str) -> File:
    """`text` is base64. Raises InvalidSchema."""
    try:
        descriptor = own(FileDescriptorProto).FromString(b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (Base64Error, DecodeError, ValueError):
        raise InvalidSchema("it is no base64 of a FileDescriptorProto") from None
    return _Describer(descriptor).file()


class _Describer:
    def __init__(self, file: FileDescriptorProto) -> None:
        self._file: Final = file
        self._has_labels: Final = file.syntax not in ("proto3", "editions")

    def file(self) -> File:
        file = self._file
        public = [*file.public_dependency]
        plain = [index for index in range(len(file.dependency)) if index not in {*public, *file.weak_dependency}]
        return File(
            syntax=file.syntax if file.syntax in ("proto2", "proto3") else None,
            edition=Edition.Name(file.edition).removeprefix("EDITION_") if file.syntax == "editions" else None,
            package=file.package or None,
            imports=[file.dependency[index] for index in plain],
            public_imports=[file.dependency[index] for index in sorted(public)],
            options=options_of(file.options),
            types=self._types(file.message_type, file.enum_type),
            extends=self._extends(file.extension),
            services=[_service(each) for each in file.service],
        )

    def _types(self, messages: Iterable[DescriptorProto], enums: Iterable[EnumDescriptorProto]) -> list[Type]:
        return [*(self._message(each) for each in messages), *(_enum(each) for each in enums)]

    def _message(self, message: DescriptorProto) -> Message:
        own = [each for each in message.field if not each.HasField("oneof_index") or each.proto3_optional]
        return Message(
            name=message.name,
            reserved=_reserved(message, last=-1),
            options=options_of(message.options),
            fields=[self._field(each, self._label(each)) for each in own],
            oneofs=self._oneofs(message),
            extensions=[
                Extensions(values=[_range(each.start, each.end - 1)], options=options_of(each.options))
                for each in message.extension_range
            ],
            extends=self._extends(message.extension),
            types=self._types(message.nested_type, message.enum_type),
        )

    def _oneofs(self, message: DescriptorProto) -> list[OneOf]:
        """Without those that are only there for the presence of one field."""
        oneofs = []
        for index, each in enumerate(message.oneof_decl):
            members = [field for field in message.field if field.HasField("oneof_index") and field.oneof_index == index]
            fields = [self._field(field, None) for field in members if not field.proto3_optional]
            if fields:
                oneofs.append(OneOf(name=each.name, options=options_of(each.options), fields=fields))
        return oneofs

    def _label(self, field: FieldDescriptorProto) -> Label | None:
        label = _LABELS[field.label]
        return label if self._has_labels or field.proto3_optional or label is Label.REPEATED else None

    def _field(self, field: FieldDescriptorProto, label: Label | None) -> Field:
        scalar = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
        has_default = field.HasField("default_value") and self._file.syntax != "proto3"
        return Field(
            name=field.name,
            type=field.type_name if field.HasField("type_name") else scalar,
            tag=field.number,
            label=label,
            default=field.default_value if has_default else None,
            json_name=field.json_name if field.HasField("json_name") else None,
            options=options_of(field.options),
        )

    def _extends(self, fields: Iterable[FieldDescriptorProto]) -> list[Extend]:
        grouped: dict[str, list[Field]] = {}
        for each in fields:
            grouped.setdefault(each.extendee, []).append(self._field(each, self._label(each)))
        return [Extend(name=name, fields=each) for name, each in grouped.items()]


def _enum(enum: EnumDescriptorProto) -> Enum:
    return Enum(
        name=enum.name,
        reserved=_reserved(enum, last=0),
        options=options_of(enum.options),
        constants=[Constant(name=each.name, tag=each.number, options=options_of(each.options)) for each in enum.value],
    )


def _reserved(declared: Any, *, last: int) -> list[Reserved]:
    """`last` is how far a range's last number is from its end, which messages do not count in."""
    ranges = [Reserved(values=[_range(each.start, each.end + last)]) for each in declared.reserved_range]
    return [*ranges, *(Reserved(values=[name]) for name in declared.reserved_name)]


def _range(first: int, last: int) -> int | Range:
    return first if first == last else Range(first, last)


def _service(service: ServiceDescriptorProto) -> Service:
    return Service(
        name=service.name,
        options=options_of(service.options),
        rpcs=[
            Rpc(
                name=each.name,
                request=each.input_type,
                response=each.output_type,
                request_streams=each.client_streaming,
                response_streams=each.server_streaming,
                options=options_of(each.options),
            )
            for each in service.method
        ],
    )
