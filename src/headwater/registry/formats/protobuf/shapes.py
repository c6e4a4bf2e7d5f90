"""What protobuf's descriptors don't tell of themselves: whether a field was called optional, and which oneofs somebody wrote."""

from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor, OneofDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto

_ENTRY = "Entry"


class Shapes:
    """It is looked up once a message, and once a file."""

    def __init__(self) -> None:
        self._optional: dict[str, frozenset[str]] = {}
        self._proto2: dict[str, bool] = {}

    def is_in_oneof(self, field: FieldDescriptor) -> bool:
        """Of several: what is optional in proto3 has one to itself that nobody wrote."""
        return field.containing_oneof is not None and field.name not in self._optional_in(field.containing_type)

    def is_optional(self, field: FieldDescriptor) -> bool:
        """Whether its text says so, which in proto2 it does by not saying otherwise."""
        if field.name in self._optional_in(field.containing_type):
            return True
        is_free = field.containing_oneof is None and not field.is_repeated and not field.is_required
        return is_free and self._is_proto2(field.file)

    def alone(self, message: Descriptor) -> list[FieldDescriptor]:
        return [each for each in message.fields if not self.is_in_oneof(each)]

    def oneofs(self, message: Descriptor) -> list[OneofDescriptor]:
        return [each for each in message.oneofs if each.fields and self.is_in_oneof(each.fields[0])]

    def is_map_entry(self, message: Descriptor) -> bool:
        """By its looks, so that one with a union as its key is one too."""
        if not message.name.endswith(_ENTRY):
            return False
        alone = [each.name for each in self.alone(message)]
        oneofs = [each.name for each in self.oneofs(message)]
        has_key = "key" in alone or "key" in oneofs
        return len(alone) + len(oneofs) == len(("key", "value")) and has_key and "value" in alone

    def _optional_in(self, message: Descriptor) -> frozenset[str]:
        name = message.full_name
        if name not in self._optional:
            described = DescriptorProto()
            message.CopyToProto(described)
            self._optional[name] = frozenset(each.name for each in described.field if each.proto3_optional)
        return self._optional[name]

    def _is_proto2(self, file: FileDescriptor) -> bool:
        if file.name not in self._proto2:
            described = FileDescriptorProto()
            file.CopyToProto(described)
            self._proto2[file.name] = described.syntax in ("", "proto2")
        return self._proto2[file.name]
