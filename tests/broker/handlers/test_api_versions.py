"""ApiVersions as clients of every age ask for it."""

from typing import Any

import pytest
from tests.broker.serving import framed, run, serving

from headwater.broker.context import ListedApi
from headwater.broker.features import Features, FinalizedFeature, SupportedFeature
from headwater.wire.apis import ApiKey
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.api_versions_request import ApiVersionsRequest
from headwater.wire.messages.api_versions_response import ApiVersion, ApiVersionsResponse

NAMED: dict[str, Any] = {"client_software_name": "tests", "client_software_version": "1.0"}
FEATURES = Features(
    supported=(
        SupportedFeature(name="metadata.version", least=7, most=33),
        SupportedFeature(name="group.version", least=0, most=1),
    ),
    finalized=(FinalizedFeature(name="metadata.version", level=33),),
    epoch=12,
)


def answer(request, version, *, read_as=None, **of_services):
    async def test():
        async with serving(**of_services) as broker:
            client = await broker.connect()
            client.send(framed(request, version) if read_as is None else request)
            return (await client.answer(ApiVersionsResponse, version if read_as is None else read_as))[1]

    return run(test)


@pytest.mark.parametrize("version", range(6))
def test_every_version_lists_what_is_served(version):
    response = answer(ApiVersionsRequest(**(NAMED if version >= 3 else {})), version)
    assert response.error_code == ErrorCode.NONE
    assert ApiVersion(api_key=ApiKey.API_VERSIONS, min_version=0, max_version=5) in response.api_keys


def test_a_version_that_does_not_exist_yet_is_answered_at_version_0_with_the_versions_of_this_api():
    header = (18).to_bytes(2, "big") + (99).to_bytes(2, "big") + (5).to_bytes(4, "big") + b"\xff\xff" + b"\x00"
    frame = len(header).to_bytes(4, "big") + header
    response = answer(frame, 99, read_as=0)
    assert response == ApiVersionsResponse(
        error_code=ErrorCode.UNSUPPORTED_VERSION,
        api_keys=(ApiVersion(api_key=18, min_version=0, max_version=5),),
    )


@pytest.mark.parametrize("name", ["", "-tests", "te sts", "tests-"])
def test_a_software_name_that_could_break_a_log_line_is_refused(name):
    response = answer(ApiVersionsRequest(client_software_name=name, client_software_version="1"), 3)
    assert response.error_code == ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(
    ("cluster_id", "node_id", "code"),
    [
        ("a-cluster", 1, ErrorCode.NONE),
        (None, -1, ErrorCode.NONE),
        (None, 9, ErrorCode.NONE),
        ("another", 1, ErrorCode.REBOOTSTRAP_REQUIRED),
        ("a-cluster", 2, ErrorCode.REBOOTSTRAP_REQUIRED),
    ],
)
def test_a_client_that_meant_another_broker_is_told_to_start_anew(cluster_id, node_id, code):
    response = answer(ApiVersionsRequest(**NAMED, cluster_id=cluster_id, node_id=node_id), 5)
    assert response.error_code == code


@pytest.mark.parametrize(("version", "names"), [(3, ["metadata.version"]), (4, ["metadata.version", "group.version"])])
def test_features_whose_minimum_is_0_are_kept_from_clients_that_fail_on_them(version, names):
    response = answer(ApiVersionsRequest(**NAMED), version, features=lambda: FEATURES)
    assert [each.name for each in response.supported_features] == names
    assert [(each.name, each.max_version_level) for each in response.finalized_features] == [("metadata.version", 33)]
    assert response.finalized_features_epoch == 12


def test_an_api_may_list_other_versions_than_it_serves():
    row = ListedApi(key=0, first=0, last=13)
    response = answer(ApiVersionsRequest(), 0, listed_apis=(row,))
    assert response.api_keys == (ApiVersion(api_key=0, min_version=0, max_version=13),)
