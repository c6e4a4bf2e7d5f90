"""Groups of every kind: which there are, and deleting them."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.roles import Coordinator, Node, Role
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_groups_request import DeleteGroupsRequest
from headwater.wire.messages.delete_groups_response import DeleteGroupsResponse
from headwater.wire.messages.list_groups_request import ListGroupsRequest
from headwater.wire.messages.list_groups_response import ListedGroup, ListGroupsResponse


class GroupKind(StrEnum):
    """As ListGroups calls them."""

    CLASSIC = "classic"
    CONSUMER = "consumer"
    SHARE = "share"
    STREAMS = "streams"


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupListing:
    id: str
    kind: GroupKind
    protocol_type: str
    state: str


async def list_groups(
    cluster: Cluster, *, kinds: Collection[GroupKind] = (), states: Collection[str] = ()
) -> tuple[GroupListing, ...]:
    """Each broker knows those that it coordinates; here are all of them, by id. Nothing given is no filter."""
    found: dict[str, GroupListing] = {}
    for node in (await cluster.metadata(())).brokers:
        found |= {each.id: each for each in await _listed(cluster, Node(node))}
    wanted = {each.lower() for each in states}
    return tuple(
        found[group]
        for group in sorted(found)
        if (not kinds or found[group].kind in kinds) and (not wanted or found[group].state.lower() in wanted)
    )


async def group_kind(cluster: Cluster, group: str) -> GroupKind:
    """Raises `Refused` with GROUP_ID_NOT_FOUND for a group that is not there."""
    listed = await _listed(cluster, Coordinator(group))
    kind = next((each.kind for each in listed if each.id == group), None)
    if kind is None:
        check(ErrorCode.GROUP_ID_NOT_FOUND, subject=f"group {group}")
    return kind or GroupKind.CLASSIC


async def delete_group(cluster: Cluster, group: str) -> None:
    """Raises `Refused` with NON_EMPTY_GROUP while it has members."""

    def accept(answer: DeleteGroupsResponse) -> None:
        (deleted,) = answer.results
        check(deleted.error_code, subject=f"group {group}", message=deleted.error_message)

    await cluster.ask(
        Coordinator(group), DeleteGroupsRequest(groups_names=(group,)), DeleteGroupsResponse, accept=accept
    )


async def _listed(cluster: Cluster, role: Role) -> list[GroupListing]:
    def accept(answer: ListGroupsResponse) -> None:
        check(answer.error_code, subject="groups")

    answer = await cluster.ask(role, ListGroupsRequest(), ListGroupsResponse, accept=accept)
    return [_listing(each) for each in answer.groups]


def _listing(group: ListedGroup) -> GroupListing:
    """A broker that is too old to know kinds has classic groups only."""
    kind = GroupKind(group.group_type.lower()) if group.group_type else GroupKind.CLASSIC
    return GroupListing(id=group.group_id, kind=kind, protocol_type=group.protocol_type, state=group.group_state)
