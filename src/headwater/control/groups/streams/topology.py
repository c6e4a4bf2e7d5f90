"""A topology as the application describes it: subtopologies, the topics that they read, and those that belong to them.

It is kept as the record says it. What follows from it together with the topics that exist is in `configuring`.
"""

from collections.abc import Iterable, Iterator

from headwater.wire.messages import streams_group_heartbeat_request as heartbeat
from headwater.wire.records.streams_group_topology_value import (
    CopartitionGroup,
    StreamsGroupTopologyValue,
    Subtopology,
    TopicConfig,
    TopicInfo,
)
from headwater.wire.types import TopicName


def sources_of(subtopology: Subtopology) -> Iterator[str]:
    """What its tasks read: the application's topics, and those through which records are repartitioned."""
    yield from subtopology.source_topics
    yield from (each.name for each in subtopology.repartition_source_topics)


def topics_of(topology: StreamsGroupTopologyValue) -> list[TopicName]:
    """All that have to be there before tasks can run, in order and once."""
    names = (
        name
        for each in topology.subtopologies
        for name in (*sources_of(each), *(changelog.name for changelog in each.state_changelog_topics))
    )
    return [TopicName(each) for each in sorted(dict.fromkeys(names))]


def readers_of(topology: StreamsGroupTopologyValue) -> dict[str, str]:
    """The subtopology that reads each topic."""
    return {name: each.subtopology_id for each in topology.subtopologies for name in sources_of(each)}


def topology_value(told: heartbeat.Topology) -> StreamsGroupTopologyValue:
    """The record of what a member tells: the same in other words."""
    return StreamsGroupTopologyValue(
        epoch=told.epoch,
        subtopologies=tuple(
            Subtopology(
                subtopology_id=each.subtopology_id,
                source_topics=each.source_topics,
                source_topic_regex=each.source_topic_regex,
                state_changelog_topics=_topics(each.state_changelog_topics),
                repartition_sink_topics=each.repartition_sink_topics,
                repartition_source_topics=_topics(each.repartition_source_topics),
                copartition_groups=tuple(
                    CopartitionGroup(
                        source_topics=group.source_topics,
                        source_topic_regex=group.source_topic_regex,
                        repartition_source_topics=group.repartition_source_topics,
                    )
                    for group in each.copartition_groups
                ),
            )
            for each in told.subtopologies
        ),
    )


def _topics(told: Iterable[heartbeat.TopicInfo]) -> tuple[TopicInfo, ...]:
    return tuple(
        TopicInfo(
            name=each.name,
            partitions=each.partitions,
            replication_factor=each.replication_factor,
            topic_configs=tuple(TopicConfig(key=entry.key, value=entry.value) for entry in each.topic_configs),
        )
        for each in told
    )


def same_topology(told: heartbeat.Topology, known: StreamsGroupTopologyValue) -> bool:
    """Whatever the order of the subtopologies."""
    return _by_id(topology_value(told)) == _by_id(known) and told.epoch == known.epoch


def _by_id(topology: StreamsGroupTopologyValue) -> dict[str, Subtopology]:
    return {each.subtopology_id: each for each in topology.subtopologies}


def all_topics_of(topology: StreamsGroupTopologyValue) -> list[TopicName]:
    """Also those that it only writes to for itself."""
    sinks = (TopicName(name) for each in topology.subtopologies for name in each.repartition_sink_topics)
    return list(dict.fromkeys([*topics_of(topology), *sinks]))
