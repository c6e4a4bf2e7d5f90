"""Which instance of the application holds which partitions, for those who want to ask it for its state.

Only members that tell an endpoint are listed. The list goes to a member when it has changed since it was last told, which the
epoch of endpoint information says.
"""

from collections.abc import Iterable, Iterator, Mapping

from headwater.control.groups.streams.configuring import ConfiguredSubtopology, ConfiguredTopology
from headwater.control.groups.streams.group import Member
from headwater.control.groups.streams.partition_counts import PartitionCount
from headwater.control.groups.streams.requests import EndpointPartitions
from headwater.control.groups.streams.tasks import TaskId, grouped


def endpoints(
    members: Mapping[str, Member], topology: ConfiguredTopology, existing: PartitionCount
) -> tuple[EndpointPartitions, ...]:
    """Warm-ups run as standbys, so they are told as such."""
    return tuple(
        EndpointPartitions(
            endpoint=endpoint,
            active=tuple(_partitions(member.standing.held.active, topology, existing)),
            standby=tuple(_partitions(member.standing.held.standby | member.standing.held.warmup, topology, existing)),
        )
        for member in members.values()
        if (endpoint := member.metadata.user_endpoint) is not None
    )


def _partitions(
    tasks: Iterable[TaskId], topology: ConfiguredTopology, existing: PartitionCount
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A source topic with fewer partitions than there are tasks has none for the last of them."""
    for subtopology_id, partitions in grouped(tasks):
        subtopology = topology.subtopologies.get(subtopology_id)
        for topic in _sources(subtopology) if subtopology is not None else ():
            count = existing(topic)
            if mine := tuple(each for each in partitions if each < count):
                yield topic, mine


def _sources(subtopology: ConfiguredSubtopology) -> Iterator[str]:
    yield from subtopology.source_topics
    yield from (each.name for each in subtopology.repartition_source_topics)
