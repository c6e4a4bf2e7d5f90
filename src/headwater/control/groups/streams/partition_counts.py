"""How many partitions the topics need that belong to a topology itself.

A repartition topic gets a count of its own from the application, or has as many partitions as what flows into it; where it
is joined with others it has as many as they have. A changelog has one partition for each task. Counts can depend on each
other along the flow, so they are computed until all are known.
"""

from collections.abc import Callable, Iterator

from headwater.control.groups.streams.errors import InvalidTopology, UnevenTopics
from headwater.control.groups.streams.topology import sources_of
from headwater.wire.records.streams_group_topology_value import (
    CopartitionGroup,
    StreamsGroupTopologyValue,
    Subtopology,
    TopicInfo,
)

PartitionCount = Callable[[str], int]
"""Of a topic; 0 for one that isn't there."""


def decide_counts(topology: StreamsGroupTopologyValue, existing: PartitionCount) -> dict[str, int]:
    """The count of every repartition and changelog topic. All source topics have to exist.

    Raises InvalidTopology where the topology can't be, and UnevenTopics where the topics that exist don't fit it.
    """
    decided = _repartition_counts(topology, existing)

    def count_of(topic: str) -> int:
        return existing(topic) or decided.get(topic, 0)

    fixed = {each.name for each in _repartition_topics(topology) if each.partitions}
    for subtopology in topology.subtopologies:
        for group in subtopology.copartition_groups:
            decided |= _copartitioned(_members(subtopology, group), decided, fixed, count_of)
    for subtopology in topology.subtopologies:
        tasks = task_count(subtopology, count_of)
        decided |= {each.name: tasks for each in subtopology.state_changelog_topics}
    return decided


def task_count(subtopology: Subtopology, count_of: PartitionCount) -> int:
    """One task for each partition of the source topic that has the most."""
    counts = [count_of(each) for each in sources_of(subtopology)]
    if not counts or not all(counts):
        raise InvalidTopology(f"Subtopology {subtopology.subtopology_id} has a source whose partitions are unknown.")
    return max(counts)


def _repartition_topics(topology: StreamsGroupTopologyValue) -> Iterator[TopicInfo]:
    return (topic for each in topology.subtopologies for topic in each.repartition_source_topics)


def _repartition_counts(topology: StreamsGroupTopologyValue, existing: PartitionCount) -> dict[str, int]:
    counts = {each.name: each.partitions for each in _repartition_topics(topology) if each.partitions}
    sinks = [(sink, each) for each in topology.subtopologies for sink in each.repartition_sink_topics]
    open_sinks = [(sink, source) for sink, source in sinks if sink not in counts]
    while open_sinks:
        for sink, source in open_sinks:
            if count := _widest_input(source, counts, existing):
                counts.setdefault(sink, count)
        left = [(sink, source) for sink, source in open_sinks if sink not in counts]
        if len(left) == len(open_sinks):
            raise InvalidTopology("The partitions of repartition topics depend on each other in a loop.")
        open_sinks = left
    unfed = [each.name for each in _repartition_topics(topology) if each.name not in counts]
    if unfed:
        raise InvalidTopology(f"Nothing writes to the repartition topic {unfed[0]}.")
    return counts


def _widest_input(subtopology: Subtopology, counts: dict[str, int], existing: PartitionCount) -> int:
    """0 while nothing is known of what flows in."""
    return max(
        (
            *(counts.get(each.name, 0) for each in subtopology.repartition_source_topics),
            *(existing(each) for each in subtopology.source_topics),
        ),
        default=0,
    )


def _members(subtopology: Subtopology, group: CopartitionGroup) -> list[str]:
    names = [subtopology.source_topics[each] for each in group.source_topics]
    names += [subtopology.repartition_source_topics[each].name for each in group.repartition_source_topics]
    return sorted(dict.fromkeys(names))


def _copartitioned(
    topics: list[str], repartition: dict[str, int], fixed: set[str], count_of: PartitionCount
) -> dict[str, int]:
    """Topics that are joined need the same number of partitions; repartition topics without one of their own follow."""
    inner = [each for each in topics if each in repartition]
    outer = [each for each in topics if each not in repartition]
    leading = outer or [each for each in inner if each in fixed]
    counts = {each: count_of(each) for each in leading or inner}
    if leading and len(set(counts.values())) > 1:
        told = ", ".join(f"{each}={count}" for each, count in counts.items())
        raise UnevenTopics(f"Following topics do not have the same number of partitions: [{{{told}}}]")
    if not counts:
        return {}
    wanted = max(counts.values())
    for each in inner:
        if each in fixed and count_of(each) != wanted:
            raise UnevenTopics(
                f"Number of partitions [{count_of(each)}] of repartition topic [{each}] "
                f"doesn't match number of partitions [{wanted}] of the source topic."
            )
    return dict.fromkeys(inner, wanted)
