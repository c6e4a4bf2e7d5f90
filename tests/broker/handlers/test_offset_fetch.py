"""OffsetFetch: what a client of each version learns when its group can't be asked."""

import pytest
from tests.broker.rig import rig
from tests.broker.serving import run

from headwater.broker.handlers import offset_fetch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.offset_fetch_request import OffsetFetchRequest, OffsetFetchRequestTopic


@pytest.mark.parametrize("version", range(1, 8))
def test_a_group_without_a_coordinator_is_not_taken_for_one_that_never_committed(version: int):
    async def check() -> None:
        asked = OffsetFetchRequestTopic(name="orders", partition_indexes=(0, 1))
        async with rig() as broker:
            answer = await broker.ask(offset_fetch, OffsetFetchRequest(group_id="g", topics=(asked,)), version)
        codes = [each.error_code for topic in answer.topics for each in topic.partitions]
        assert codes == [ErrorCode.NOT_COORDINATOR] * 2
        assert answer.error_code == (ErrorCode.NOT_COORDINATOR if version > 1 else 0)

    run(check)
