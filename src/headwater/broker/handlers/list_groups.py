"""ListGroups: every group that this broker coordinates, by state and type (KIP-518, KIP-848)."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Within
from headwater.control.groups.requests import GroupOverview
from headwater.security.access import THE_CLUSTER, Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.list_groups_request import ListGroupsRequest
from headwater.wire.messages.list_groups_response import ListedGroup, ListGroupsResponse


def refuse(request: ListGroupsRequest, code: ErrorCode) -> ListGroupsResponse:
    del request
    return ListGroupsResponse(error_code=code)


API = Api(
    ListGroupsRequest,
    versions=between(0, 5),
    refuse=refuse,
    needs=(Within(operation=Operation.DESCRIBE, why="only groups that may be described are listed"),),
)


async def handle(context: Context, request: ListGroupsRequest) -> ListGroupsResponse:
    states = {each.lower() for each in request.states_filter}
    types = {each.lower() for each in request.types_filter}
    found = await context.services.coordinators.read_all(lambda machine: machine.overviews())
    everything = context.allows(Operation.DESCRIBE, THE_CLUSTER)
    return ListGroupsResponse(
        groups=tuple(
            _listed(each)
            for overviews in found
            for each in overviews
            if (not states or each.state.lower() in states)
            and (not types or each.kind in types)
            and (everything or context.allows(Operation.DESCRIBE, group(each.group_id)))
        )
    )


def _listed(overview: GroupOverview) -> ListedGroup:
    return ListedGroup(
        group_id=overview.group_id,
        protocol_type=overview.protocol_type,
        group_state=overview.state,
        group_type=overview.kind,
    )
