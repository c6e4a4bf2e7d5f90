"""UpdateFeatures: all or nothing."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, rig
from tests.machine.toy import run

from headwater.broker.handlers import update_features
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.update_features_request import FeatureUpdateKey, UpdateFeaturesRequest

UPGRADE, SAFE_DOWNGRADE = 1, 2


def to(level: int, name: str = "metadata.version", **more: Any) -> FeatureUpdateKey:
    return FeatureUpdateKey(feature=name, max_version_level=level, **more)


def updated(*items: FeatureUpdateKey, version: int = 2, of_rig: Any = None, **more: Any) -> tuple[Any, int]:
    """The answer, and the level of metadata.version then, which was 33."""

    async def test() -> Any:
        async with rig(**(of_rig or {})) as broker:
            request = UpdateFeaturesRequest(feature_updates=items, **more)
            response = await broker.ask(update_features, request, version)
            return response, broker.services.cluster.head.features.metadata_level

    response, level = run(test)
    return response, level


@pytest.mark.parametrize("version", range(3))
def test_the_level_in_force_can_be_asked_for_again(version):
    response, level = updated(to(33), version=version)
    assert (response.error_code, level) == (ErrorCode.NONE, 33)
    assert [each.feature for each in response.results] == (["metadata.version"] if version < 2 else [])


@pytest.mark.parametrize(
    "item",
    [
        to(32),
        to(32, upgrade_type=SAFE_DOWNGRADE),
        to(34),
        to(0, upgrade_type=SAFE_DOWNGRADE),
        to(3, "transaction.version"),
        to(1, "no.such.feature"),
    ],
)
def test_levels_that_can_not_be_are_refused_and_the_reason_is_told(item):
    response, level = updated(item)
    assert (response.error_code, level) == (ErrorCode.INVALID_UPDATE_VERSION, 33)
    assert item.feature in response.error_message


def test_the_flag_of_version_0_asks_for_a_downgrade():
    response, _ = updated(to(32, allow_downgrade=True), version=0)
    assert "might delete metadata" in response.error_message


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((to(33), to(33)), ErrorCode.INVALID_REQUEST),
        ((to(33, upgrade_type=9),), ErrorCode.INVALID_UPDATE_VERSION),
    ],
)
def test_requests_that_make_no_sense_are_refused(items, code):
    assert updated(*items)[0].error_code == code


def test_updating_needs_the_right_to_alter_the_cluster():
    response, _ = updated(to(33), of_rig={"authorizer": Forbid((Operation.ALTER, THE_CLUSTER))})
    assert response.error_code == ErrorCode.CLUSTER_AUTHORIZATION_FAILED
