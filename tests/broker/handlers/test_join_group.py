"""JoinGroup: the ids that new members are given."""

import pytest
from tests.broker.rig import rig
from tests.broker.serving import run

from headwater.broker.handlers import find_coordinator, join_group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol

STRING_BYTES_MAX = 32_767
LONG_NAMES = ("x" * STRING_BYTES_MAX, "€" * (STRING_BYTES_MAX // 3))


@pytest.mark.parametrize("name", LONG_NAMES)
def test_the_id_of_a_member_with_a_very_long_name_can_still_be_told(name: str):
    async def check() -> None:
        request = JoinGroupRequest(
            group_id="g",
            session_timeout_ms=10_000,
            protocol_type="consumer",
            protocols=(JoinGroupRequestProtocol(name="range", metadata=b""),),
        )
        async with rig() as broker:
            await broker.ask(find_coordinator, FindCoordinatorRequest(key="g"), 0)
            await broker.services.coordinators.settled()
            answer = await broker.ask(join_group, request, 9, client_id=name)
        assert answer.error_code == ErrorCode.MEMBER_ID_REQUIRED
        assert answer.member_id.startswith(name[:100])

    run(check)
