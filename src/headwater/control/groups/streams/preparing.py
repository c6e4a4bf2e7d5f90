"""What a group's topology is, and what has become of its topics, at one heartbeat."""

from msgspec import Struct

from headwater.control.errors import InvalidRequest
from headwater.control.groups.streams.configuring import ConfiguredTopology, Note, Status, configure
from headwater.control.groups.streams.errors import InvalidTopology
from headwater.control.groups.streams.group import Group, Live
from headwater.control.groups.streams.table import Table
from headwater.control.groups.streams.topology import same_topology, topics_of, topology_value
from headwater.control.groups.topic_hash import topic_hash
from headwater.wire.messages.streams_group_heartbeat_request import Topology
from headwater.wire.records.streams_group_topology_value import StreamsGroupTopologyValue


class Prepared(Struct, frozen=True, kw_only=True):
    topology: ConfiguredTopology
    metadata_hash: int
    """Of the topics that the topology names, as they are now."""


def choose_topology(group: Group, told: Topology | None) -> StreamsGroupTopologyValue:
    """The group's. Members may be behind it, but nobody can change it while the group is there. Raises InvalidRequest."""
    known = group.topology
    if known is None:
        if told is None:
            raise InvalidRequest("The group has no topology, and the member brings none.")
        return topology_value(told)
    if told is not None and told.epoch >= known.epoch and not same_topology(told, known):
        raise InvalidRequest("Topology updates are not supported yet.")
    return known


def note_if_behind(member_epoch: int, topology: StreamsGroupTopologyValue) -> Note | None:
    if member_epoch >= topology.epoch:
        return None
    detail = f"The member's topology epoch {member_epoch} is behind the group's topology epoch {topology.epoch}."
    return Note(status=Status.STALE_TOPOLOGY, detail=detail)


def prepare(table: Table, group: Group, live: Live, topology: StreamsGroupTopologyValue) -> Prepared:
    """Topics are looked at when any of the cluster's have changed, the topology when its own have. Raises InvalidTopology."""
    metadata_hash = group.value.metadata_hash
    configured = live.configured if group.topology is not None else None
    if configured is not None and live.topics_version == table.topics.version:
        return Prepared(topology=configured, metadata_hash=metadata_hash)
    metadata_hash = topic_hash(topics_of(topology), table.topics)
    if configured is None or metadata_hash != group.value.metadata_hash:
        outcome = configure(topology, table.partition_count)
        if isinstance(outcome, InvalidTopology):
            raise outcome
        configured = outcome
    return Prepared(topology=configured, metadata_hash=metadata_hash)
