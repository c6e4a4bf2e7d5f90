"""A topology as the application describes it: subtopologies, the topics that they read, and those that belong to them.

It is kept as the record says it. What follows from it together with the topics that exist is in `configuring`.
"""

from collections.abc import Iterator

from headwater.wire.records.streams_group_topology_value import StreamsGroupTopologyValue, Subtopology


def sources_of(subtopology: Subtopology) -> Iterator[str]:
    """What its tasks read: the application's topics, and those through which records are repartitioned."""
    yield from subtopology.source_topics
    yield from (each.name for each in subtopology.repartition_source_topics)


def topics_of(topology: StreamsGroupTopologyValue) -> list[str]:
    """All that have to be there before tasks can run, in order and once."""
    names = (
        name
        for each in topology.subtopologies
        for name in (*sources_of(each), *(changelog.name for changelog in each.state_changelog_topics))
    )
    return sorted(dict.fromkeys(names))


def readers_of(topology: StreamsGroupTopologyValue) -> dict[str, str]:
    """The subtopology that reads each topic."""
    return {name: each.subtopology_id for each in topology.subtopologies for name in sources_of(each)}
