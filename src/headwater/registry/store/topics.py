"""The topics that a registry lives in: each has one partition and is compacted, or the registry does not start.

With several partitions records would have no common order, and without compaction Kafka would delete schemas after a week.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from headwater.client.admin.configs import Resource, ResourceType, describe_configs
from headwater.client.admin.topics import NewTopic, create_topic
from headwater.client.cluster import Cluster
from headwater.client.errors import Refused, check
from headwater.client.metadata import Topic
from headwater.kernel.logging import get
from headwater.kernel.units import MiB
from headwater.registry.errors import UnfitTopic
from headwater.wire.error_codes import ErrorCode

_POLICY: Final = "cleanup.policy"
_COMPACT: Final = "compact"
_RECORD_BYTES: Final = "max.message.bytes"
RECORD_BYTES_MAX: Final = 8 * MiB
"""Of topics that are made: a schema of the largest size, as JSON in JSON, with a contract."""
_UNTOLD: Final = MiB
"""Kafka's default, for who does not tell."""

_log = get("registry.topics")


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicPlan:
    """What is wanted of a topic that is to be made."""

    name: str
    replication_factor: int = 3
    configs: Mapping[str, str] = field(default_factory=dict)


async def create_or_check(cluster: Cluster, plan: TopicPlan) -> int:
    """How many bytes a record may have there. Raises UnfitTopic for one that is there and can't be used."""
    metadata = await cluster.metadata((plan.name,))
    if metadata.topics[plan.name].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
        configs = {_RECORD_BYTES: str(RECORD_BYTES_MAX), **plan.configs, _POLICY: _COMPACT}
        if await _create(cluster, plan, configs, brokers=len(metadata.brokers)):
            return int(configs[_RECORD_BYTES])
    found = await cluster.retried(f"topic {plan.name}", lambda: _find(cluster, plan.name))
    return await _check(cluster, plan, found)


async def _find(cluster: Cluster, name: str) -> Topic:
    """One that was made a moment ago is not known to every broker yet."""
    found = (await cluster.metadata((name,))).topics[name]
    check(found.error_code, subject=f"topic {name}")
    return found


async def _create(cluster: Cluster, plan: TopicPlan, configs: Mapping[str, str], *, brokers: int) -> bool:
    """False where somebody was faster."""
    replicas = min(plan.replication_factor, brokers)
    if replicas < plan.replication_factor:
        _log.warn(
            "the topic gets fewer replicas than wanted, for want of brokers",
            topic=plan.name,
            replicas=replicas,
            wanted=plan.replication_factor,
        )
    try:
        await create_topic(
            cluster, NewTopic(name=plan.name, partitions=1, replication_factor=replicas, configs=configs)
        )
    except Refused as refused:
        if refused.code != ErrorCode.TOPIC_ALREADY_EXISTS:
            raise
        return False
    return True


async def _check(cluster: Cluster, plan: TopicPlan, found: Topic) -> int:
    if len(found.partitions) != 1:
        raise UnfitTopic(
            f"the topic {plan.name} has {len(found.partitions)} partitions, and a registry needs one that has 1: make another, "
            "or name another by kafkastore.topic"
        )
    if len(found.partitions[0].replicas) < plan.replication_factor:
        _log.warn(
            "the topic has fewer replicas than wanted",
            topic=plan.name,
            replicas=len(found.partitions[0].replicas),
            wanted=plan.replication_factor,
        )
    described = await describe_configs(cluster, Resource(ResourceType.TOPIC, plan.name), names=(_POLICY, _RECORD_BYTES))
    values = {each.name: each.value for each in described}
    policy = values.get(_POLICY)
    if policy != _COMPACT:
        raise UnfitTopic(
            f"the topic {plan.name} has {_POLICY}={policy}, and its schemas would be deleted after a while: set it to {_COMPACT}"
        )
    return int(values.get(_RECORD_BYTES) or _UNTOLD)
