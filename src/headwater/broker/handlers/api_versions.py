"""ApiVersions: what this broker speaks, and which features the cluster has (KIP-35, KIP-511, KIP-584, KIP-1242).

A client asks before it knows anything, maybe at a version that does not exist yet. That is answered at version 0 with
UNSUPPORTED_VERSION and the versions of this one API, and the client asks again.
"""

import re
from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.features import Features
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.api_versions_request import ApiVersionsRequest
from headwater.wire.messages.api_versions_response import (
    ApiVersion,
    ApiVersionsResponse,
    FinalizedFeatureKey,
    SupportedFeatureKey,
)

_VERSIONS: Final = between(0, 5)
_MINIMUM_OF_ZERO_IS_SHOWN_FROM: Final = 4
"""Older clients fail on a feature whose minimum is 0 (KAFKA-17011)."""
_SOFTWARE_IS_NAMED_FROM: Final = 3
_SOFTWARE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")


def refuse(request: ApiVersionsRequest, code: ErrorCode) -> ApiVersionsResponse:
    del request
    own = ApiVersion(api_key=API.key, min_version=_VERSIONS.first, max_version=_VERSIONS.last)
    return ApiVersionsResponse(error_code=code, api_keys=(own,) if code is ErrorCode.UNSUPPORTED_VERSION else ())


API = Api(ApiVersionsRequest, versions=_VERSIONS, refuse=refuse)


async def handle(context: Context, request: ApiVersionsRequest) -> ApiVersionsResponse:
    if context.api_version >= _SOFTWARE_IS_NAMED_FROM:
        if not (_is_name(request.client_software_name) and _is_name(request.client_software_version)):
            return refuse(request, ErrorCode.INVALID_REQUEST)
        context.session.client_software = request.client_software_name
        context.session.client_software_version = request.client_software_version
    if not _is_meant_for_us(context, request):
        return refuse(request, ErrorCode.REBOOTSTRAP_REQUIRED)
    return _describe(context)


def _is_name(text: str) -> bool:
    return _SOFTWARE.fullmatch(text) is not None


def _is_meant_for_us(context: Context, request: ApiVersionsRequest) -> bool:
    """A client that knows whom it wants to reach says so, for an address may belong to another cluster by now."""
    if request.cluster_id is None:
        return True
    return (request.cluster_id, request.node_id) == (context.services.cluster_id, context.services.node_id)


def _describe(context: Context) -> ApiVersionsResponse:
    features = context.services.features()
    return ApiVersionsResponse(
        api_keys=tuple(
            ApiVersion(api_key=each.key, min_version=each.first, max_version=each.last)
            for each in context.services.listed_apis
        ),
        supported_features=_supported(features, context.api_version),
        finalized_features=tuple(
            FinalizedFeatureKey(name=each.name, max_version_level=each.level, min_version_level=each.level)
            for each in features.finalized
        ),
        finalized_features_epoch=features.epoch,
    )


def _supported(features: Features, version: int) -> tuple[SupportedFeatureKey, ...]:
    return tuple(
        SupportedFeatureKey(name=each.name, min_version=each.least, max_version=each.most)
        for each in features.supported
        if each.least > 0 or version >= _MINIMUM_OF_ZERO_IS_SHOWN_FROM
    )
