"""StreamsGroupTopologyDescriptionUpdate: tell what a streams application's topology looks like (KIP-1331)."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole
from headwater.control.errors import ControlError
from headwater.control.groups.streams.requests import TellTopology
from headwater.security.access import Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.streams_group_topology_description_update_request import (
    StreamsGroupTopologyDescriptionUpdateRequest,
)
from headwater.wire.messages.streams_group_topology_description_update_response import (
    StreamsGroupTopologyDescriptionUpdateResponse,
)


def refuse(
    request: StreamsGroupTopologyDescriptionUpdateRequest, code: ErrorCode
) -> StreamsGroupTopologyDescriptionUpdateResponse:
    del request
    return StreamsGroupTopologyDescriptionUpdateResponse(error_code=code, error_message=code.name)


API: Final = Api(
    StreamsGroupTopologyDescriptionUpdateRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),),
)


async def handle(
    context: Context, request: StreamsGroupTopologyDescriptionUpdateRequest
) -> StreamsGroupTopologyDescriptionUpdateResponse:
    if not context.services.cluster.head.features.streams_level:
        return refuse(request, ErrorCode.UNSUPPORTED_VERSION)
    told = TellTopology(
        group_id=request.group_id,
        member_id=request.member_id,
        topology_epoch=request.topology_epoch,
        description=request.topology_description,
    )
    answer = await context.services.coordinators.ask(request.group_id, told)
    if isinstance(answer, ControlError):
        return StreamsGroupTopologyDescriptionUpdateResponse(error_code=answer.code, error_message=str(answer))
    return StreamsGroupTopologyDescriptionUpdateResponse()
