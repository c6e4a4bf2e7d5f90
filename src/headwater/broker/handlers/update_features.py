"""UpdateFeatures: agree on other feature levels, all of them or none (KIP-584, KIP-778)."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.duplicates import named_twice
from headwater.broker.errors import Refused
from headwater.broker.needs import the_cluster
from headwater.control.cluster.requests import FeatureChange, UpdateFeatures
from headwater.control.errors import ControlError
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.update_features_request import FeatureUpdateKey, UpdateFeaturesRequest
from headwater.wire.messages.update_features_response import UpdatableFeatureResult, UpdateFeaturesResponse

_UPGRADE: Final = 1
_SAFE_DOWNGRADE: Final = 2
_UNSAFE_DOWNGRADE: Final = 3


def refuse(request: UpdateFeaturesRequest, code: ErrorCode) -> UpdateFeaturesResponse:
    del request
    return _refused(code, code.name)


def _refused(code: ErrorCode, message: str) -> UpdateFeaturesResponse:
    return UpdateFeaturesResponse(error_code=code, error_message=message)


API = Api(UpdateFeaturesRequest, versions=between(0, 2), refuse=refuse, needs=(the_cluster(Operation.ALTER),))


async def handle(context: Context, request: UpdateFeaturesRequest) -> UpdateFeaturesResponse:
    names = [each.feature for each in request.feature_updates]
    if named_twice(names):
        raise Refused(ErrorCode.INVALID_REQUEST, "a feature is named twice")
    changes = tuple(_change(each) for each in request.feature_updates)
    refusal: ControlError | None = await context.services.cluster.ask(
        UpdateFeatures(changes=changes, validate_only=request.validate_only)
    )
    if refusal is not None:
        reason = f"The update failed for all features since the following feature had an error: {refusal}"
        return _refused(refusal.code, reason)
    done = tuple(UpdatableFeatureResult(feature=each, error_message=None) for each in names)
    return UpdateFeaturesResponse(error_message=None, results=done)


def _change(item: FeatureUpdateKey) -> FeatureChange:
    """Version 0 has a flag in the place of the type."""
    if item.upgrade_type not in (_UPGRADE, _SAFE_DOWNGRADE, _UNSAFE_DOWNGRADE):
        raise Refused(ErrorCode.INVALID_UPDATE_VERSION, f"there is no upgrade type {item.upgrade_type}")
    return FeatureChange(
        name=item.feature,
        level=item.max_version_level,
        downgrade=item.allow_downgrade or item.upgrade_type != _UPGRADE,
        unsafe=item.upgrade_type == _UNSAFE_DOWNGRADE,
    )
