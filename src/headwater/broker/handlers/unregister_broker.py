"""UnregisterBroker: forget a broker that will not come back.

Apache Kafka lets a broker that runs unregister itself, and then serves nothing until it is started again. Here that is refused.
"""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.control.cluster.requests import UnregisterBroker
from headwater.control.errors import ControlError
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.unregister_broker_request import UnregisterBrokerRequest
from headwater.wire.messages.unregister_broker_response import UnregisterBrokerResponse
from headwater.wire.types import NodeId


def refuse(request: UnregisterBrokerRequest, code: ErrorCode) -> UnregisterBrokerResponse:
    del request
    return UnregisterBrokerResponse(error_code=code, error_message=code.name)


API = Api(UnregisterBrokerRequest, versions=between(0, 0), refuse=refuse, needs=(the_cluster(Operation.ALTER),))


async def handle(context: Context, request: UnregisterBrokerRequest) -> UnregisterBrokerResponse:
    if request.broker_id == context.services.node_id:
        reason = "A broker can't unregister itself while it runs."
        return UnregisterBrokerResponse(error_code=ErrorCode.INVALID_REQUEST, error_message=reason)
    asked = UnregisterBroker(node_id=NodeId(request.broker_id))
    refusal: ControlError | None = await context.services.cluster.ask(asked)
    if refusal is not None:
        return UnregisterBrokerResponse(error_code=refusal.code, error_message=str(refusal))
    return UnregisterBrokerResponse(error_message="")
