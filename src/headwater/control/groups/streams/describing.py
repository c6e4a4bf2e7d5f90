"""What StreamsGroupDescribe and ListGroups are told."""

from msgspec import Struct
from msgspec.structs import replace

from headwater.control.groups.requests import GroupOverview
from headwater.control.groups.streams.configuring import ConfiguredTopology
from headwater.control.groups.streams.group import Group, Member, Offsets
from headwater.control.groups.streams.table import Table
from headwater.control.groups.streams.tasks import NOTHING, Tasks
from headwater.wire.messages.streams_group_topology_description_update_request import TopologyDescription
from headwater.wire.records.streams_group_topology_value import StreamsGroupTopologyValue, TopicInfo

STREAMS = "streams"
"""The protocol type, and the name of this kind."""


class StreamsMemberDescription(Struct, frozen=True, kw_only=True):
    member: Member
    target: Tasks
    offsets: Offsets


class StreamsGroupDescription(Struct, frozen=True, kw_only=True):
    group_id: str
    state: str
    epoch: int
    assignment_epoch: int
    topology: StreamsGroupTopologyValue | None
    """With the partition counts that were decided, as far as they are known."""
    description: TopologyDescription | None
    """Of the topology's present epoch, if a member has told one."""
    members: tuple[StreamsMemberDescription, ...]


def overview(group: Group) -> GroupOverview:
    return GroupOverview(group_id=group.group_id, kind=STREAMS, protocol_type=STREAMS, state=group.state.value)


def describe(table: Table, group: Group) -> StreamsGroupDescription:
    live = table.live(group.group_id)
    return StreamsGroupDescription(
        group_id=group.group_id,
        state=group.state.value,
        epoch=group.value.epoch,
        assignment_epoch=group.assignment.assignment_epoch,
        topology=_topology(group.topology, live.configured),
        description=(None if group.topology is None else table.descriptions.of(group.group_id, group.topology.epoch)),
        members=tuple(
            StreamsMemberDescription(
                member=each,
                target=group.targets.get(each.member_id, NOTHING),
                offsets=live.offsets.get(each.member_id, Offsets()),
            )
            for each in group
        ),
    )


def _topology(
    topology: StreamsGroupTopologyValue | None, configured: ConfiguredTopology | None
) -> StreamsGroupTopologyValue | None:
    if topology is None:
        return None
    parts = configured.subtopologies.values() if configured is not None and configured.is_ready else ()
    counts = {topic.name: topic.partitions for part in parts for topic in part.internal_topics()}
    return replace(
        topology,
        subtopologies=tuple(
            replace(
                each,
                source_topics=tuple(sorted(each.source_topics)),
                repartition_sink_topics=tuple(sorted(each.repartition_sink_topics)),
                repartition_source_topics=_counted(each.repartition_source_topics, counts),
                state_changelog_topics=_counted(each.state_changelog_topics, counts),
            )
            for each in sorted(topology.subtopologies, key=lambda each: each.subtopology_id)
        ),
    )


def _counted(topics: tuple[TopicInfo, ...], counts: dict[str, int]) -> tuple[TopicInfo, ...]:
    found = (replace(each, partitions=counts.get(each.name, each.partitions)) for each in topics)
    return tuple(sorted(found, key=lambda each: each.name))
