"""UnregisterController: forget a controller that will not come back. Not the one that answers."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.control.cluster.requests import UnregisterController
from headwater.control.errors import ControlError
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.unregister_controller_request import UnregisterControllerRequest
from headwater.wire.messages.unregister_controller_response import UnregisterControllerResponse
from headwater.wire.types import NodeId


def refuse(request: UnregisterControllerRequest, code: ErrorCode) -> UnregisterControllerResponse:
    del request
    return UnregisterControllerResponse(error_code=code, error_message=code.name)


API = Api(UnregisterControllerRequest, versions=between(0, 0), refuse=refuse, needs=(the_cluster(Operation.ALTER),))


async def handle(context: Context, request: UnregisterControllerRequest) -> UnregisterControllerResponse:
    if request.controller_id == context.services.node_id:
        reason = "A controller can't unregister itself while it is active."
        return UnregisterControllerResponse(error_code=ErrorCode.INVALID_REQUEST, error_message=reason)
    asked = UnregisterController(node_id=NodeId(request.controller_id))
    refusal: ControlError | None = await context.services.cluster.ask(asked)
    if refusal is not None:
        return UnregisterControllerResponse(error_code=refusal.code, error_message=str(refusal))
    return UnregisterControllerResponse(error_message=None)
