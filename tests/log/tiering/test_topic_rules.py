"""Which settings go together with remote storage, as Kafka's LogConfig judges them."""

from typing import Any

import pytest

from headwater.log.settings import LogSettings
from headwater.log.tiering.topic_rules import refusal


def judged(before: LogSettings | None = None, *, enabled: bool = True, **wanted: Any) -> str | None:
    return refusal(LogSettings(**wanted), before or LogSettings(), enabled=enabled)


def test_a_topic_without_remote_storage_may_have_anything():
    assert judged(enabled=False, compact_policy=True, local_retention_ms=5, retention_ms=1) is None


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"compact_policy": True}, "cleanup.policy"),
        ({"retention_ms": 10, "local_retention_ms": 11}, "local.retention.ms"),
        ({"retention_ms": 10, "local_retention_ms": -1}, "local.retention.ms"),
        ({"retention_bytes": 10, "local_retention_bytes": 11}, "local.retention.bytes"),
        ({"retention_bytes": 10, "local_retention_bytes": -1}, "local.retention.bytes"),
        ({"remote_copy_disable": True, "local_retention_ms": 5}, "remote.log.copy.disable"),
        ({"remote_copy_lag_ms": 11, "local_retention_ms": 10}, "remote.copy.lag.ms"),
        ({"remote_copy_lag_bytes": 11, "local_retention_bytes": 10}, "remote.copy.lag.bytes"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(wanted: dict[str, Any], named: str):
    reason = judged(remote_storage=True, **wanted)
    assert reason is not None
    assert named in reason


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"delete_policy": False},
        {"retention_ms": -1, "local_retention_ms": 5, "local_retention_bytes": 5},
        {"retention_ms": 10, "local_retention_ms": 10},
        {"remote_copy_disable": True},
        {"remote_copy_lag_ms": 10, "local_retention_ms": 10},
        {"remote_copy_lag_ms": 10, "retention_ms": -1},
    ],
)
def test_what_makes_sense_is_accepted(wanted: dict[str, Any]):
    assert judged(remote_storage=True, **wanted) is None


def test_a_broker_without_remote_storage_has_no_such_topics():
    reason = judged(remote_storage=True, enabled=False)
    assert reason is not None
    assert "remote.log.storage.system.enable" in reason


def test_remote_storage_is_disabled_only_together_with_its_content():
    before = LogSettings(remote_storage=True)
    assert judged(before) is not None
    assert judged(before, remote_delete_on_disable=True) is None
    assert judged(before, remote_storage=True, remote_copy_disable=True) is None
