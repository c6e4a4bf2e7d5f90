"""InitProducerId: ids that nobody has twice."""

import asyncio
from typing import Any

import pytest
from tests.broker.rig import Forbid, rig
from tests.machine.toy import run

from headwater.broker.handlers import init_producer_id
from headwater.broker.producer_ids import BLOCK, ProducerIds
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.init_producer_id_request import InitProducerIdRequest
from headwater.wire.types import NodeId


def asked(version: int = 5, *, transactional_id: str | None = None, of_rig: Any = None, **more: Any) -> Any:
    request = InitProducerIdRequest(transactional_id=transactional_id, transaction_timeout_ms=60_000, **more)

    async def test() -> Any:
        async with rig(**(of_rig or {})) as broker:
            return await broker.ask(init_producer_id, request, version)

    return run(test)


@pytest.mark.parametrize("version", range(6))
def test_an_idempotent_producer_gets_an_id_and_the_first_epoch(version):
    response = asked(version)
    assert (response.error_code, response.producer_id, response.producer_epoch) == (ErrorCode.NONE, 0, 0)


def test_no_id_is_given_twice_neither_to_many_at_once_nor_after_a_restart():
    async def test() -> list[int]:
        async with rig() as broker:
            ids = broker.services.producer_ids
            first = await asyncio.gather(*(ids.next() for _ in range(5)))
            more = [await ids.next() for _ in range(2 * BLOCK)]
            again = ProducerIds(broker.services.cluster, node_id=NodeId(1))
            return [*first, *more, await again.next()]

    ids = run(test)
    assert len({*ids}) == len(ids)


def test_a_transactional_id_without_its_coordinator_is_refused():
    response = asked(transactional_id="tx")
    assert (response.error_code, response.producer_id) == (ErrorCode.NOT_COORDINATOR, -1)


@pytest.mark.parametrize(
    "fields", [{"transactional_id": ""}, {"producer_id": 5}, {"producer_epoch": 5}], ids=lambda each: next(iter(each))
)
def test_a_request_that_contradicts_itself_is_refused(fields):
    assert asked(**fields).error_code == ErrorCode.INVALID_REQUEST


def test_an_id_needs_the_right_to_write_idempotently():
    forbidden = Forbid((Operation.IDEMPOTENT_WRITE, THE_CLUSTER))
    response = asked(of_rig={"authorizer": forbidden})
    assert response.error_code == ErrorCode.CLUSTER_AUTHORIZATION_FAILED
