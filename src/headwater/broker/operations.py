"""What a principal may do with a resource, as the bits that Metadata, DescribeCluster and DescribeGroups answer (KIP-430)."""

from collections.abc import Mapping
from typing import Final

from headwater.broker.context import Context
from headwater.security.access import Operation, Resource, ResourceType

_SUPPORTED: Final[Mapping[ResourceType, tuple[Operation, ...]]] = {
    ResourceType.TOPIC: (
        Operation.READ,
        Operation.WRITE,
        Operation.CREATE,
        Operation.DELETE,
        Operation.ALTER,
        Operation.DESCRIBE,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
    ),
    ResourceType.GROUP: (
        Operation.READ,
        Operation.DELETE,
        Operation.DESCRIBE,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
    ),
    ResourceType.CLUSTER: (
        Operation.CREATE,
        Operation.ALTER,
        Operation.DESCRIBE,
        Operation.CLUSTER_ACTION,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
        Operation.IDEMPOTENT_WRITE,
    ),
}
"""Kafka's `AclEntry.supportedOperations`: those that mean something for a resource of this type."""


def allowed_operations(context: Context, resource: Resource) -> int:
    """A bit field: bit n stands for the operation whose number is n."""
    return sum(1 << each for each in _SUPPORTED[resource.type] if context.allows(each, resource))
