"""The words in which access is asked for: a principal, an operation, a resource.

Names and numbers are those of Kafka's `AclOperation` and `ResourceType`, which are on the wire in the ACL requests and as
bits in the `authorized_operations` of Metadata, DescribeCluster and DescribeGroups.
"""

from enum import IntEnum
from typing import Final

from msgspec import Struct

from headwater.wire.error_codes import ErrorCode


class Operation(IntEnum):
    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    CLUSTER_ACTION = 9
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11
    IDEMPOTENT_WRITE = 12
    CREATE_TOKENS = 13
    DESCRIBE_TOKENS = 14
    TWO_PHASE_COMMIT = 15


class ResourceType(IntEnum):
    TOPIC = 2
    GROUP = 3
    CLUSTER = 4
    TRANSACTIONAL_ID = 5
    DELEGATION_TOKEN = 6
    USER = 7

    @property
    def refusal(self) -> ErrorCode:
        """What a client is told that may not do what it wants with such a resource."""
        return _REFUSALS[self]


_REFUSALS: Final = {
    ResourceType.TOPIC: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    ResourceType.GROUP: ErrorCode.GROUP_AUTHORIZATION_FAILED,
    ResourceType.CLUSTER: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
    ResourceType.TRANSACTIONAL_ID: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    ResourceType.DELEGATION_TOKEN: ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
    ResourceType.USER: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
}


class Resource(Struct, frozen=True, kw_only=True):
    type: ResourceType
    name: str

    def __str__(self) -> str:
        return f"{self.type.name}:{self.name}"


THE_CLUSTER: Final = Resource(type=ResourceType.CLUSTER, name="kafka-cluster")
"""There is one, and it has this name in Kafka's ACLs."""


def topic(name: str) -> Resource:
    return Resource(type=ResourceType.TOPIC, name=name)


def group(name: str) -> Resource:
    return Resource(type=ResourceType.GROUP, name=name)


def transactional_id(name: str) -> Resource:
    return Resource(type=ResourceType.TRANSACTIONAL_ID, name=name)


class Principal(Struct, frozen=True, kw_only=True):
    """Who a connection speaks for."""

    type: str = "User"
    name: str

    def __str__(self) -> str:
        return f"{self.type}:{self.name}"


ANONYMOUS: Final = Principal(name="ANONYMOUS")
"""Who speaks on a listener without authentication, by Kafka's name."""
