"""Which settings of a topic go together with remote storage: Kafka's rules, in its order."""

from headwater.log.settings import LogSettings

_UNLIMITED = -1
_ENABLED = "remote.storage.enable"


def refusal(wanted: LogSettings, before: LogSettings, *, enabled: bool) -> str | None:
    """Why a topic can't be told this, or None. `before` is what it is told now; `enabled` is whether the broker has remote storage."""
    if wanted.remote_storage:
        return _of_tiered(wanted, enabled=enabled)
    if before.remote_storage and not wanted.remote_delete_on_disable:
        return (
            "Remote storage can't be disabled without deleting what is there: to keep it and copy nothing more, set "
            f"{_ENABLED}=true,remote.log.copy.disable=true; to delete it, set {_ENABLED}=false,remote.log.delete.on.disable=true"
        )
    return None


def _of_tiered(wanted: LogSettings, *, enabled: bool) -> str | None:
    if not enabled:
        return f"{_ENABLED} needs a broker with remote.log.storage.system.enable=true"
    if wanted.compact_policy:
        return "Remote storage is for topics with cleanup.policy=delete, or with none"
    for name, here, total in (
        ("bytes", wanted.local_retention_bytes, wanted.retention_bytes),
        ("ms", wanted.local_retention_ms, wanted.retention_ms),
    ):
        if reason := _of_retention(name, here, total, copies=not wanted.remote_copy_disable):
            return reason
    for name, lag, here in (
        ("bytes", wanted.remote_copy_lag_bytes, wanted.here_bytes),
        ("ms", wanted.remote_copy_lag_ms, wanted.here_ms),
    ):
        if lag > 0 and 0 <= here < lag:
            return f"remote.copy.lag.{name} must not be more than local.retention.{name}, which is {here}"
    return None


def _of_retention(name: str, here: int, total: int, *, copies: bool) -> str | None:
    if here < _UNLIMITED:
        return None
    if not copies and here != total:
        return f"With remote.log.copy.disable=true local.retention.{name} and retention.{name} must be the same"
    if total != _UNLIMITED and not 0 <= here <= total:
        return f"local.retention.{name} must not be more than retention.{name}, which is {total}"
    return None
