"""DescribeCluster through one listener."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, rig
from tests.machine.toy import run

from headwater.broker.handlers import describe_cluster
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_cluster_request import DescribeClusterRequest


def described(version: int = 2, *, of_rig: Any = None, **fields: Any) -> Any:
    async def test() -> Any:
        async with rig(**(of_rig or {})) as broker:
            return await broker.ask(describe_cluster, DescribeClusterRequest(**fields), version)

    return run(test)


@pytest.mark.parametrize("version", range(3))
def test_every_version_tells_the_brokers_by_the_clients_listener(version):
    response = described(version, of_rig={"brokers": (1, 2)})
    assert (response.error_code, response.cluster_id, response.controller_id) == (ErrorCode.NONE, "a-cluster", 1)
    assert [(each.broker_id, each.host, each.port, each.rack) for each in response.brokers] == [
        (1, "we.example", 19092, "rack-1"),
        (2, "broker-2.example", 9092, "rack-2"),
    ]


@pytest.mark.parametrize(
    ("endpoint_type", "code"), [(2, ErrorCode.MISMATCHED_ENDPOINT_TYPE), (9, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE)]
)
def test_controllers_are_not_found_at_a_brokers_listener(endpoint_type, code):
    assert described(endpoint_type=endpoint_type).error_code == code


def test_operations_are_told_if_asked_for_and_to_those_who_may_know():
    assert described().cluster_authorized_operations == -(2**31)
    assert described(include_cluster_authorized_operations=True).cluster_authorized_operations > 0
    blind = {"authorizer": Forbid((Operation.DESCRIBE, THE_CLUSTER))}
    assert described(include_cluster_authorized_operations=True, of_rig=blind).cluster_authorized_operations == 0
