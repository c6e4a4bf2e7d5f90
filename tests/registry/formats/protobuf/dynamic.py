"""Messages of a schema that is known as text only."""

from base64 import b64decode
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from headwater.registry.formats.protobuf.format import ProtobufSchema


def message_class(schema: ProtobufSchema) -> Any:
    """Of its first message. It imports nothing."""
    pool = DescriptorPool()
    pool.Add(FileDescriptorProto.FromString(b64decode(schema.formatted("serialized"))))
    return GetMessageClass(pool.FindMessageTypeByName(schema.name or ""))
