"""What streams groups are asked, and what they answer."""

from collections.abc import Mapping

from msgspec import Struct

from headwater.control.groups.streams.configuring import InternalTopic, Note
from headwater.control.groups.streams.tasks import TaskId, Tasks
from headwater.wire.messages.streams_group_heartbeat_request import StreamsGroupHeartbeatRequest
from headwater.wire.messages.streams_group_topology_description_update_request import TopologyDescription
from headwater.wire.records.streams_group_member_metadata_value import Endpoint


class StreamsHeartbeat(Struct, frozen=True, kw_only=True):
    """StreamsGroupHeartbeat: a member joins, shows itself or leaves. Answered by `StreamsHeartbeatAnswer` or a refusal."""

    group_id: str
    client_id: str
    client_host: str
    knows_version_1: bool
    """From then on a client can be told that it lacks tags, and asked for a description of its topology."""
    message: StreamsGroupHeartbeatRequest


class TellTopology(Struct, frozen=True, kw_only=True):
    """StreamsGroupTopologyDescriptionUpdate. Answered by None or a refusal."""

    group_id: str
    member_id: str
    topology_epoch: int
    description: TopologyDescription


class EndpointPartitions(Struct, frozen=True, kw_only=True):
    """What can be asked for at one instance of the application (interactive queries), by topic."""

    endpoint: Endpoint
    active: tuple[tuple[str, tuple[int, ...]], ...]
    standby: tuple[tuple[str, tuple[int, ...]], ...]


class StreamsHeartbeatAnswer(Struct, frozen=True, kw_only=True):
    member_id: str
    member_epoch: int
    heartbeat_interval_ms: int = 0
    task_offset_interval_ms: int = 0
    acceptable_recovery_lag: int = -1
    notes: tuple[Note, ...] = ()
    tasks: Tasks | None = None
    """None where they are as the member knows them."""
    endpoint_epoch: int = 0
    endpoints: tuple[EndpointPartitions, ...] | None = None
    wants_description: bool = False
    """Whether this member is asked for a description of its topology (KIP-1331)."""
    missing: tuple[InternalTopic, ...] = ()
    """Topics of the topology that the broker is to make."""


Restored = Mapping[TaskId, int]
"""How far each task's state is restored, as a sum of offsets."""
