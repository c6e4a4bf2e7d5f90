"""Descriptors of a pool of our own.

Whoever imports Confluent's or anybody's generated code adds its extensions to protobuf's usual pool, and options that were bytes are
then messages, in an order of their own. What a schema's text is must not depend on what else the process has loaded.
"""

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass


@cache
def _pool() -> Any:
    pool = DescriptorPool()
    pool.AddSerializedFile(descriptor_pb2.DESCRIPTOR.serialized_pb)
    return pool


@cache
def own(kind: Any) -> Any:
    """Our class for one of `descriptor_pb2`'s."""
    return GetMessageClass(_pool().FindMessageTypeByName(kind.DESCRIPTOR.full_name))
