"""StreamsGroupHeartbeat and StreamsGroupDescribe as clients send and read them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec.structs import replace
from tests.broker.rig import Forbid, Rig, rig
from tests.broker.serving import run

from headwater.broker.handlers import (
    delete_groups,
    describe_groups,
    find_coordinator,
    incremental_alter_configs,
    list_groups,
    streams_group_describe,
    streams_group_heartbeat,
    streams_group_topology_description_update,
)
from headwater.broker.new_topics import create, new_topic
from headwater.control.cluster.requests import FeatureChange, UpdateFeatures
from headwater.control.groups.streams.configuring import Status
from headwater.security.access import THE_CLUSTER, Operation, group, topic
from headwater.security.authorizer import Authorizer
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_groups_request import DeleteGroupsRequest
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from headwater.wire.messages.list_groups_request import ListGroupsRequest
from headwater.wire.messages.streams_group_describe_request import StreamsGroupDescribeRequest
from headwater.wire.messages.streams_group_heartbeat_request import (
    KeyValue,
    StreamsGroupHeartbeatRequest,
    Subtopology,
    TopicInfo,
    Topology,
)
from headwater.wire.messages.streams_group_topology_description_update_request import (
    StreamsGroupTopologyDescriptionUpdateRequest,
    TopologyDescription,
    TopologyDescriptionNode,
    TopologyDescriptionSubtopology,
)
from headwater.wire.types import TopicName

NOT_STORED, AVAILABLE = 1, 3
GROUP_RESOURCE = 32
LOOKS = TopologyDescription(
    subtopologies=(
        TopologyDescriptionSubtopology(
            subtopology_id="0",
            nodes=(
                TopologyDescriptionNode(name="source", node_type=1, source_topics=("lines",), successors=("count",)),
                TopologyDescriptionNode(name="count", node_type=2, stores=("counted",)),
            ),
        ),
    ),
)
QUICK = {"group.streams.initial.rebalance.delay.ms": "0", "group.streams.assignment.interval.ms": "0"}
LOG = TopicInfo(name="log", topic_configs=(KeyValue(key="cleanup.policy", value="compact"),))
COUNTS = Subtopology(subtopology_id="0", source_topics=("lines",), state_changelog_topics=(LOG,))
JOIN = StreamsGroupHeartbeatRequest(
    group_id="g",
    member_id="a",
    rebalance_timeout_ms=1_000,
    topology=Topology(subtopologies=(COUNTS,)),
    active_tasks=(),
    standby_tasks=(),
    warmup_tasks=(),
    process_id="p",
    client_tags=(),
)
BEAT = replace(JOIN, rebalance_timeout_ms=-1, topology=None, active_tasks=None, standby_tasks=None, warmup_tasks=None)


def with_broker(
    check: Callable[[Rig], Awaitable[None]],
    *,
    authorizer: Authorizer | None = None,
    level: int = 1,
    settings: Mapping[str, str] | None = None,
) -> None:
    """With a topic of two partitions, and a coordinator."""

    async def checked() -> None:
        async with rig(settings={**QUICK, **(settings or {})}, authorizer=authorizer) as broker:
            change = FeatureChange(name="streams.version", level=level, downgrade=False)
            await broker.decide(UpdateFeatures(changes=(change,), validate_only=False))
            await broker.ask(find_coordinator, FindCoordinatorRequest(key="g"), 0)
            await broker.services.coordinators.settled()
            await create(broker.services, [new_topic(broker.services, TopicName("lines"), partitions=2)])
            await check(broker)

    run(checked)


async def beat(broker: Rig, request: StreamsGroupHeartbeatRequest = JOIN) -> Any:
    return await broker.ask(streams_group_heartbeat, request, 1)


def test_the_topics_of_a_topology_are_made_and_its_tasks_assigned_with_the_next_heartbeat() -> None:
    async def check(broker: Rig) -> None:
        first = await beat(broker)
        assert [each.status_code for each in first.status] == [Status.MISSING_INTERNAL_TOPICS]
        made = broker.services.cluster.head.topics.named(TopicName("log"))
        assert made is not None
        assert broker.services.partitions.partition_count(TopicName("log")) == 2
        assert broker.services.settings.topic("log").own == {"cleanup.policy": "compact"}
        second = await beat(broker, replace(BEAT, member_epoch=first.member_epoch))
        assert second.status == ()
        assert [(each.subtopology_id, each.partitions) for each in second.active_tasks] == [("0", (0, 1))]

    with_broker(check)


def test_a_principal_that_may_not_make_topics_is_told_which() -> None:
    async def check(broker: Rig) -> None:
        answer = await beat(broker)
        assert answer.error_code == ErrorCode.NONE
        assert answer.status[0].status_detail == (
            "Internal topics are missing: log; Unauthorized to CREATE on topics log."
        )
        assert broker.services.cluster.head.topics.named(TopicName("log")) is None

    with_broker(check, authorizer=Forbid((Operation.CREATE, THE_CLUSTER), (Operation.CREATE, topic(TopicName("log")))))


def test_topics_that_can_not_be_made_are_told_with_the_reason() -> None:
    async def check(broker: Rig) -> None:
        bad = replace(LOG, topic_configs=(KeyValue(key="no.such.setting", value="1"),))
        changed = replace(JOIN, topology=Topology(subtopologies=(replace(COUNTS, state_changelog_topics=(bad,)),)))
        answer = await beat(broker, changed)
        assert "; Creation failed: log (" in answer.status[0].status_detail

    with_broker(check)


def test_topics_that_may_not_be_seen_or_can_not_be_refuse_the_topology() -> None:
    async def check(broker: Rig) -> None:
        for name, code in (
            ("__consumer_offsets", ErrorCode.STREAMS_INVALID_TOPOLOGY),
            ("a b", ErrorCode.STREAMS_INVALID_TOPOLOGY),
            ("secret", ErrorCode.TOPIC_AUTHORIZATION_FAILED),
        ):
            changed = Topology(subtopologies=(replace(COUNTS, source_topics=(name,)),))
            assert (await beat(broker, replace(JOIN, topology=changed))).error_code == code

    with_broker(check, authorizer=Forbid((Operation.DESCRIBE, topic(TopicName("secret")))))


def test_a_group_that_may_not_be_read_can_not_be_joined() -> None:
    async def check(broker: Rig) -> None:
        assert (await beat(broker)).error_code == ErrorCode.GROUP_AUTHORIZATION_FAILED

    with_broker(check, authorizer=Forbid((Operation.READ, group("g"))))


def test_a_cluster_that_has_not_agreed_on_streams_groups_serves_none() -> None:
    async def check(broker: Rig) -> None:
        assert (await beat(broker)).error_code == ErrorCode.UNSUPPORTED_VERSION
        request = StreamsGroupDescribeRequest(group_ids=("g",))
        described = await broker.ask(streams_group_describe, request, 1)
        assert described.groups[0].error_code == ErrorCode.UNSUPPORTED_VERSION

    with_broker(check, level=0)


def test_a_group_is_described_with_its_topology_its_members_and_their_tasks() -> None:
    async def check(broker: Rig) -> None:
        first = await beat(broker)
        await beat(broker, replace(BEAT, member_epoch=first.member_epoch))
        request = StreamsGroupDescribeRequest(group_ids=("g", "other"), include_authorized_operations=True)
        found, other = (await broker.ask(streams_group_describe, request, 1)).groups
        assert other.error_code == ErrorCode.GROUP_ID_NOT_FOUND
        assert (found.group_state, found.assignor_name) == ("Stable", "sticky")
        assert found.group_epoch == found.assignment_epoch
        assert found.authorized_operations > 0
        changelog = found.topology.subtopologies[0].state_changelog_topics[0]
        assert (changelog.name, changelog.partitions) == ("log", 2)
        member = found.members[0]
        assert (member.member_id, member.process_id, member.client_host) == ("a", "p", "/192.0.2.1")
        assert member.assignment == member.target_assignment
        assert member.assignment.active_tasks[0].partitions == (0, 1)

    with_broker(check)


def test_a_group_with_a_topic_that_may_not_be_seen_is_not_described() -> None:
    forbid = Forbid()

    async def check(broker: Rig) -> None:
        await beat(broker)
        broker.replace(authorizer=Forbid((Operation.DESCRIBE, topic(TopicName("log")))))
        found = (await broker.ask(streams_group_describe, StreamsGroupDescribeRequest(group_ids=("g",)), 1)).groups[0]
        assert found.error_code == ErrorCode.TOPIC_AUTHORIZATION_FAILED
        assert found.topology is None

    with_broker(check, authorizer=forbid)


def test_a_topology_is_described_by_a_member_that_is_asked_for_it() -> None:
    async def check(broker: Rig) -> None:
        asked = await beat(broker)
        assert asked.topology_description_required
        assert not (await beat(broker, replace(BEAT, member_epoch=asked.member_epoch))).topology_description_required
        assert (await described(broker)).topology_description_status == NOT_STORED
        assert await tell(broker) == ErrorCode.NONE
        found = await described(broker)
        assert found.topology_description_status == AVAILABLE
        source, count = found.topology_description.subtopologies[0].nodes
        assert (source.name, source.source_topics, source.successors) == ("source", ("lines",), ("count",))
        assert (count.stores, count.sink_topic) == (("counted",), None)
        assert (await described(broker, include=False)).topology_description is None

    with_broker(check)


def test_a_description_that_nobody_asked_for_is_refused() -> None:
    async def check(broker: Rig) -> None:
        assert await tell(broker) == ErrorCode.GROUP_ID_NOT_FOUND
        await beat(broker)
        assert await tell(broker, member_id="b") == ErrorCode.UNKNOWN_MEMBER_ID
        assert await tell(broker, topology_epoch=7) == ErrorCode.INVALID_REQUEST
        assert await tell(broker, member_id="") == ErrorCode.INVALID_REQUEST
        wide = TopologyDescriptionNode(name="x" * 30_000)
        large = TopologyDescription(
            subtopologies=(TopologyDescriptionSubtopology(subtopology_id="0", nodes=(wide,) * 40),)
        )
        refused = await tell(broker, topology_description=large)
        assert refused == ErrorCode.STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED

    with_broker(check)


async def tell(broker: Rig, **more: Any) -> ErrorCode:
    plain = StreamsGroupTopologyDescriptionUpdateRequest(
        group_id="g", member_id="a", topology_epoch=0, topology_description=LOOKS
    )
    request = replace(plain, **more)
    response = await broker.ask(streams_group_topology_description_update, request, 0)
    return ErrorCode(response.error_code)


async def described(broker: Rig, *, include: bool = True) -> Any:
    request = StreamsGroupDescribeRequest(group_ids=("g",), include_topology_description=include)
    return (await broker.ask(streams_group_describe, request, 1)).groups[0]


def test_settings_of_a_group_take_effect_with_its_next_heartbeat_and_stay_within_bounds() -> None:
    async def check(broker: Rig) -> None:
        joined = await beat(broker)
        assert joined.heartbeat_interval_ms == 5_000
        assert await setting(broker, "streams.heartbeat.interval.ms", "9000") is None
        again = await beat(broker, replace(BEAT, member_epoch=joined.member_epoch))
        assert again.heartbeat_interval_ms == 9_000
        assert await setting(broker, "streams.heartbeat.interval.ms", "1000") == (
            "streams.heartbeat.interval.ms must be greater than or equal to group.streams.min.heartbeat.interval.ms"
        )
        assert await setting(broker, "streams.num.standby.replicas", "3") == (
            "streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas"
        )
        assert await setting(broker, "streams.session.timeout.ms", "9000") == (
            "streams.session.timeout.ms must be greater than streams.heartbeat.interval.ms"
        )

    with_broker(check, settings={"group.streams.min.session.timeout.ms": "1"})


async def setting(broker: Rig, name: str, value: str) -> str | None:
    """What stands against it."""
    config = AlterableConfig(name=name, config_operation=0, value=value)
    resource = AlterConfigsResource(resource_type=GROUP_RESOURCE, resource_name="g", configs=(config,))
    request = IncrementalAlterConfigsRequest(resources=(resource,))
    told: str | None = (await broker.ask(incremental_alter_configs, request, 1)).responses[0].error_message
    return told


def test_other_apis_know_a_streams_group_as_what_it_is() -> None:
    async def check(broker: Rig) -> None:
        await beat(broker)
        listed = (await broker.ask(list_groups, ListGroupsRequest(types_filter=("Streams",)), 5)).groups
        assert [(each.group_id, each.protocol_type, each.group_type) for each in listed] == [
            ("g", "streams", "streams")
        ]
        classic = (await broker.ask(describe_groups, DescribeGroupsRequest(groups=("g",)), 6)).groups[0]
        assert classic.error_code == ErrorCode.GROUP_ID_NOT_FOUND
        request = DeleteGroupsRequest(groups_names=("g",))
        assert (await broker.ask(delete_groups, request, 2)).results[0].error_code == ErrorCode.NON_EMPTY_GROUP
        await beat(broker, replace(BEAT, member_epoch=-1))
        assert (await broker.ask(delete_groups, request, 2)).results[0].error_code == ErrorCode.NONE

    with_broker(check)
