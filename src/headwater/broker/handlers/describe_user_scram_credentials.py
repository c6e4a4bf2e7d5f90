"""DescribeUserScramCredentials: which users have passwords in the metadata log, and nothing of these (KIP-554).

A folder that was Apache Kafka's may hold some. Kafka's tool asks for them whenever it shows the quotas of users.
"""

from collections.abc import Mapping, Sequence

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.duplicates import named_twice
from headwater.broker.needs import the_cluster
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_user_scram_credentials_request import DescribeUserScramCredentialsRequest
from headwater.wire.messages.describe_user_scram_credentials_response import (
    CredentialInfo,
    DescribeUserScramCredentialsResponse,
    DescribeUserScramCredentialsResult,
)
from headwater.wire.records.user_scram_credential_record import UserScramCredentialRecord


def refuse(request: DescribeUserScramCredentialsRequest, code: ErrorCode) -> DescribeUserScramCredentialsResponse:
    del request
    return DescribeUserScramCredentialsResponse(error_code=code, error_message=None)


API = Api(
    DescribeUserScramCredentialsRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(the_cluster(Operation.DESCRIBE),),
)


async def handle(
    context: Context, request: DescribeUserScramCredentialsRequest
) -> DescribeUserScramCredentialsResponse:
    known: dict[str, list[CredentialInfo]] = {}
    for each in context.services.cluster.head.kept.of(UserScramCredentialRecord):
        info = CredentialInfo(mechanism=each.mechanism, iterations=each.iterations)
        known.setdefault(each.name, []).append(info)
    asked = [each.name for each in request.users or ()] or list(known)
    twice = named_twice(asked)
    results = tuple(_result(name, known, is_named_twice=name in twice) for name in dict.fromkeys(asked))
    return DescribeUserScramCredentialsResponse(error_message=None, results=results)


def _result(
    name: str, known: Mapping[str, Sequence[CredentialInfo]], *, is_named_twice: bool
) -> DescribeUserScramCredentialsResult:
    if is_named_twice:
        code, message = ErrorCode.DUPLICATE_RESOURCE, "A request describes each user once: this one is named twice."
    elif name not in known:
        code, message = ErrorCode.RESOURCE_NOT_FOUND, f"There are no credentials of the user {name}."
    else:
        infos = tuple(known[name])
        return DescribeUserScramCredentialsResult(user=name, error_message=None, credential_infos=infos)
    return DescribeUserScramCredentialsResult(user=name, error_code=code, error_message=message)
