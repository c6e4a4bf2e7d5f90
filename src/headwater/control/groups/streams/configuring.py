"""A topology together with the topics that exist: how many tasks there are, and which topics are still missing.

A group can't assign anything before its topology is *ready*: source topics are there, topics that are joined have the same
number of partitions, and the topology's own topics (through which it repartitions, and in which it logs its state) have
been made. What stands in the way is told to the members as a status, since it can be mended while they wait.
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct

from headwater.control.groups.streams.assignor import SubtopologySpec
from headwater.control.groups.streams.errors import InvalidTopology, MissingSources, TopicsUnfit, UnevenTopics
from headwater.control.groups.streams.partition_counts import PartitionCount, decide_counts, task_count
from headwater.wire.records.streams_group_topology_value import StreamsGroupTopologyValue, Subtopology, TopicInfo

_NAMED_AT_MOST = 3


class Status(IntEnum):
    """What StreamsGroupHeartbeat tells a member, by Kafka's numbers."""

    STALE_TOPOLOGY = 0
    MISSING_SOURCE_TOPICS = 1
    INCORRECTLY_PARTITIONED_TOPICS = 2
    MISSING_INTERNAL_TOPICS = 3
    SHUTDOWN_APPLICATION = 4
    ASSIGNMENT_DELAYED = 5
    MISSING_CLIENT_TAGS = 6


_STATUS: Final[Mapping[type[TopicsUnfit], Status]] = {
    MissingSources: Status.MISSING_SOURCE_TOPICS,
    UnevenTopics: Status.INCORRECTLY_PARTITIONED_TOPICS,
}


class Note(Struct, frozen=True, kw_only=True):
    status: Status
    detail: str


class InternalTopic(Struct, frozen=True, kw_only=True):
    """A topic that belongs to the topology."""

    name: str
    partitions: int
    replication_factor: int
    """0 for the broker's default."""
    settings: tuple[tuple[str, str], ...]


class ConfiguredSubtopology(Struct, frozen=True, kw_only=True):
    tasks: int
    source_topics: tuple[str, ...]
    repartition_source_topics: tuple[InternalTopic, ...]
    repartition_sink_topics: tuple[str, ...]
    changelog_topics: tuple[InternalTopic, ...]

    def internal_topics(self) -> Iterator[InternalTopic]:
        yield from self.repartition_source_topics
        yield from self.changelog_topics


class ConfiguredTopology(Struct, frozen=True, kw_only=True):
    epoch: int
    subtopologies: Mapping[str, ConfiguredSubtopology]
    """By id, in order; empty where the topics that exist don't allow to tell."""
    missing: tuple[InternalTopic, ...]
    """What is to be created."""
    problem: Note | None

    @property
    def is_ready(self) -> bool:
        return self.problem is None

    def specs(self) -> list[SubtopologySpec]:
        return [
            SubtopologySpec(subtopology_id=each, tasks=found.tasks, is_stateful=bool(found.changelog_topics))
            for each, found in self.subtopologies.items()
        ]


def configure(topology: StreamsGroupTopologyValue, existing: PartitionCount) -> ConfiguredTopology | InvalidTopology:
    """Invalid is a topology that no topics could ever fit."""
    try:
        return _configured(topology, existing)
    except InvalidTopology as refusal:
        return refusal
    except TopicsUnfit as unfit:
        problem = Note(status=_STATUS[type(unfit)], detail=str(unfit))
        return ConfiguredTopology(epoch=topology.epoch, subtopologies={}, missing=(), problem=problem)


def _configured(topology: StreamsGroupTopologyValue, existing: PartitionCount) -> ConfiguredTopology:
    _check_sources(topology, existing)
    counts = decide_counts(topology, existing)
    subtopologies = {
        each.subtopology_id: _subtopology(each, counts, existing)
        for each in sorted(topology.subtopologies, key=lambda each: each.subtopology_id)
    }
    internal = {topic.name: topic for each in subtopologies.values() for topic in each.internal_topics()}
    missing = tuple(topic for topic in internal.values() if not _is_there(topic, existing))
    problem = None
    if missing:
        names = _summary([each.name for each in missing])
        problem = Note(status=Status.MISSING_INTERNAL_TOPICS, detail=f"Internal topics are missing: {names}")
    return ConfiguredTopology(epoch=topology.epoch, subtopologies=subtopologies, missing=missing, problem=problem)


def _check_sources(topology: StreamsGroupTopologyValue, existing: PartitionCount) -> None:
    names = dict.fromkeys(name for each in topology.subtopologies for name in each.source_topics)
    if missing := sorted(each for each in names if not existing(each)):
        raise MissingSources(f"Source topics {_summary(missing)} are missing.")


def _subtopology(
    subtopology: Subtopology, counts: Mapping[str, int], existing: PartitionCount
) -> ConfiguredSubtopology:
    return ConfiguredSubtopology(
        tasks=task_count(subtopology, lambda topic: existing(topic) or counts.get(topic, 0)),
        source_topics=subtopology.source_topics,
        repartition_source_topics=tuple(_internal(each, counts) for each in subtopology.repartition_source_topics),
        repartition_sink_topics=subtopology.repartition_sink_topics,
        changelog_topics=tuple(_internal(each, counts) for each in subtopology.state_changelog_topics),
    )


def _internal(topic: TopicInfo, counts: Mapping[str, int]) -> InternalTopic:
    return InternalTopic(
        name=topic.name,
        partitions=topic.partitions or counts[topic.name],
        replication_factor=topic.replication_factor,
        settings=tuple((each.key, each.value) for each in topic.topic_configs),
    )


def _is_there(topic: InternalTopic, existing: PartitionCount) -> bool:
    found = existing(topic.name)
    if found and found != topic.partitions:
        raise UnevenTopics(
            f"Existing topic {topic.name} has different number of partitions: "
            f"expected {topic.partitions}, found {found}"
        )
    return bool(found)


def _summary(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED_AT_MOST])
    more = len(names) - _NAMED_AT_MOST
    return f"{shown} and {more} additional topics" if more > 0 else shown
