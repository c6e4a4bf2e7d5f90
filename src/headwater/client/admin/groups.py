"""Groups of every protocol type: list, describe, delete."""

from dataclasses import dataclass
from typing import Final

from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.roles import Coordinator, Node
from headwater.wire.codec import decode_from
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_groups_request import DeleteGroupsRequest
from headwater.wire.messages.delete_groups_response import DeleteGroupsResponse
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.describe_groups_response import DescribedGroupMember, DescribeGroupsResponse
from headwater.wire.messages.list_groups_request import ListGroupsRequest
from headwater.wire.messages.list_groups_response import ListedGroup, ListGroupsResponse
from headwater.wire.records.consumer_protocol_assignment import ConsumerProtocolAssignment

CONSUMERS: Final = "consumer"
"""The protocol type of Kafka's own consumers."""
_VERSION_BYTES: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupListing:
    id: str
    protocol_type: str
    state: str
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupMember:
    id: str
    instance_id: str | None
    client_id: str
    host: str
    metadata: bytes
    assignment: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupDescription:
    id: str
    state: str
    protocol_type: str
    protocol: str
    members: tuple[GroupMember, ...]
    coordinator: int


async def list_groups(cluster: Cluster) -> tuple[GroupListing, ...]:
    """Each broker knows those that it coordinates; here are all of them, by id."""
    found: dict[str, GroupListing] = {}
    for node in (await cluster.metadata(())).brokers:
        answer = await cluster.ask(Node(node), ListGroupsRequest(), ListGroupsResponse, accept=_listed)
        found |= {each.group_id: _listing(each) for each in answer.groups}
    return tuple(found[group] for group in sorted(found))


async def describe_group(cluster: Cluster, group: str) -> GroupDescription:
    """Raises `Refused` for a group that is not there: GROUP_ID_NOT_FOUND, also where an old broker says "Dead"."""

    def accept(answer: DescribeGroupsResponse) -> None:
        (described,) = answer.groups
        check(described.error_code, subject=f"group {group}", message=described.error_message)
        if described.group_state == "Dead":
            check(ErrorCode.GROUP_ID_NOT_FOUND, subject=f"group {group}")

    request = DescribeGroupsRequest(groups=(group,))
    answer = await cluster.ask(Coordinator(group), request, DescribeGroupsResponse, accept=accept)
    (described,) = answer.groups
    return GroupDescription(
        id=group,
        state=described.group_state,
        protocol_type=described.protocol_type,
        protocol=described.protocol_data,
        members=tuple(_member(each) for each in described.members),
        coordinator=await cluster.coordinator_of(group),
    )


async def delete_group(cluster: Cluster, group: str) -> None:
    """Raises `Refused` with NON_EMPTY_GROUP while it has members."""

    def accept(answer: DeleteGroupsResponse) -> None:
        (deleted,) = answer.results
        check(deleted.error_code, subject=f"group {group}", message=deleted.error_message)

    await cluster.ask(
        Coordinator(group), DeleteGroupsRequest(groups_names=(group,)), DeleteGroupsResponse, accept=accept
    )


def assigned_partitions(member: GroupMember) -> tuple[tuple[str, int], ...]:
    """What a member of protocol type `consumer` reads, in order; the bytes begin with the schema's version."""
    if len(member.assignment) < _VERSION_BYTES:
        return ()
    version = int.from_bytes(member.assignment[:_VERSION_BYTES], "big", signed=True)
    newest = ConsumerProtocolAssignment.VERSIONS.last
    assignment, _ = decode_from(
        ConsumerProtocolAssignment, min(version, newest), member.assignment, offset=_VERSION_BYTES
    )
    return tuple(sorted((each.topic, number) for each in assignment.assigned_partitions for number in each.partitions))


def _listed(answer: ListGroupsResponse) -> None:
    check(answer.error_code, subject="groups")


def _listing(group: ListedGroup) -> GroupListing:
    return GroupListing(
        id=group.group_id, protocol_type=group.protocol_type, state=group.group_state, type=group.group_type
    )


def _member(member: DescribedGroupMember) -> GroupMember:
    return GroupMember(
        id=member.member_id,
        instance_id=member.group_instance_id,
        client_id=member.client_id,
        host=member.client_host,
        metadata=member.member_metadata,
        assignment=member.member_assignment,
    )
