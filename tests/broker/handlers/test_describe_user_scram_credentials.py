"""DescribeUserScramCredentials, of users that a folder of Apache Kafka's brought along."""

from typing import Any

import pytest
from tests.broker.rig import rig
from tests.machine.toy import run

from headwater.broker.handlers import describe_user_scram_credentials
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_user_scram_credentials_request import (
    DescribeUserScramCredentialsRequest,
    UserName,
)
from headwater.wire.records.user_scram_credential_record import UserScramCredentialRecord

ANN = tuple(
    UserScramCredentialRecord(name="ann", mechanism=mechanism, iterations=4_096 * mechanism) for mechanism in (1, 2)
)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), {"ann": 0}),
        (("ann", "bob"), {"ann": 0, "bob": ErrorCode.RESOURCE_NOT_FOUND}),
        (("ann", "ann"), {"ann": ErrorCode.DUPLICATE_RESOURCE}),
    ],
)
def test_mechanisms_and_iterations_are_told_and_nothing_else(names, told):
    async def test() -> Any:
        async with rig() as broker:
            for each in ANN:
                broker.services.cluster.head.replay(each)
            request = DescribeUserScramCredentialsRequest(users=tuple(UserName(name=each) for each in names))
            return await broker.ask(describe_user_scram_credentials, request, 0)

    results = run(test).results
    assert {each.user: each.error_code for each in results} == told
    infos = [(each.mechanism, each.iterations) for result in results for each in result.credential_infos]
    assert infos == ([(1, 4_096), (2, 8_192)] if not told["ann"] else [])
