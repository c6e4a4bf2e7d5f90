"""UnregisterBroker and UnregisterController."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, rig
from tests.machine.toy import run

from headwater.broker.handlers import unregister_broker, unregister_controller
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.unregister_broker_request import UnregisterBrokerRequest
from headwater.wire.messages.unregister_controller_request import UnregisterControllerRequest

HANDLERS = {"broker": unregister_broker, "controller": unregister_controller}


def unregistered(what: str, *nodes: int, **of_rig: Any) -> list[ErrorCode]:
    async def test() -> list[Any]:
        async with rig(brokers=(1, 2), **of_rig) as broker:
            return [await broker.ask(HANDLERS[what], _request(what, node), 0) for node in nodes]

    return [ErrorCode(each.error_code) for each in run(test)]


def _request(what: str, node: int) -> Any:
    if what == "broker":
        return UnregisterBrokerRequest(broker_id=node)
    return UnregisterControllerRequest(controller_id=node)


@pytest.mark.parametrize(
    ("what", "unknown"),
    [("broker", ErrorCode.BROKER_ID_NOT_REGISTERED), ("controller", ErrorCode.CONTROLLER_ID_NOT_REGISTERED)],
)
def test_one_that_is_registered_is_forgotten_and_then_nobody_knows_it(what: str, unknown: ErrorCode):
    assert unregistered(what, 2, 2, 9, -1) == [ErrorCode.NONE, unknown, unknown, unknown]


@pytest.mark.parametrize("what", HANDLERS)
def test_nobody_forgets_itself_while_it_runs(what: str):
    assert unregistered(what, 1) == [ErrorCode.INVALID_REQUEST]


@pytest.mark.parametrize("what", HANDLERS)
def test_who_may_not_alter_the_cluster_is_refused(what: str):
    forbidden = Forbid((Operation.ALTER, THE_CLUSTER))
    assert unregistered(what, 2, authorizer=forbidden) == [ErrorCode.CLUSTER_AUTHORIZATION_FAILED]
