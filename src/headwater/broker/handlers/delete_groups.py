"""DeleteGroups: forget groups that have no members, and their offsets."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Each
from headwater.broker.turns import one_by_one
from headwater.control.groups.errors import GroupNotFound
from headwater.control.groups.requests import DeleteGroup
from headwater.control.groups.share.requests import DeleteShareState
from headwater.security.access import Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_groups_request import DeleteGroupsRequest
from headwater.wire.messages.delete_groups_response import DeletableGroupResult, DeleteGroupsResponse


def _refused(group_id: str, code: ErrorCode) -> DeletableGroupResult:
    return DeletableGroupResult(group_id=group_id, error_code=code)


def refuse(request: DeleteGroupsRequest, code: ErrorCode) -> DeleteGroupsResponse:
    return DeleteGroupsResponse(results=tuple(_refused(each, code) for each in request.groups_names))


API = Api(
    DeleteGroupsRequest,
    versions=between(0, 3),
    refuse=refuse,
    needs=(Each(operation=Operation.DELETE, items="groups_names", of=group, refused=_refused, into="results"),),
)


async def handle(context: Context, request: DeleteGroupsRequest) -> DeleteGroupsResponse:
    names = dict.fromkeys(request.groups_names)
    return DeleteGroupsResponse(results=tuple(await one_by_one(names, lambda each: _delete(context, each))))


async def _delete(context: Context, group_id: str) -> DeletableGroupResult:
    """What a share group has at the share coordinator goes first; of any other group there is nothing."""
    coordinators = context.services.coordinators
    try:
        refusal = await coordinators.ask(group_id, DeleteShareState(group_id=group_id))
        if refusal is None or isinstance(refusal, GroupNotFound):
            refusal = await coordinators.ask(group_id, DeleteGroup(group_id=group_id))
    except Refused as error:
        return _refused(group_id, error.code)
    if refusal is None:
        return DeletableGroupResult(group_id=group_id)
    return DeletableGroupResult(group_id=group_id, error_code=refusal.code, error_message=str(refusal))
