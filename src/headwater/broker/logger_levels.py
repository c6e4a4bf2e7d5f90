"""The levels of this process's loggers, changed while it runs (KIP-412). All changes of a request are made, or none."""

from collections.abc import Sequence

from headwater.control.cluster.requests import ConfigChange, ConfigOperation
from headwater.control.errors import ControlError, InvalidConfig, InvalidRequest
from headwater.kernel import logging


def change_levels(changes: Sequence[ConfigChange], *, validate_only: bool) -> ControlError | None:
    for each in changes:
        if refusal := _refusal(each):
            return refusal
    if not validate_only:
        for each in changes:
            _apply(each)
    return None


def _refusal(change: ConfigChange) -> ControlError | None:
    if change.operation not in (ConfigOperation.SET, ConfigOperation.DELETE):
        return InvalidRequest(f"{change.operation.name} operation is not allowed for the BROKER_LOGGER resource")
    if change.name not in logging.levels():
        return InvalidConfig(f"Logger {change.name} does not exist!")
    if change.operation is ConfigOperation.DELETE:
        is_root = change.name == logging.ROOT
        return InvalidRequest("Removing the log level of the root logger is not allowed") if is_root else None
    if change.value not in logging.LEVELS:
        known = ", ".join(logging.LEVELS)
        return InvalidConfig(f"Cannot set the log level of {change.name} to {change.value}: it must be one of {known}")
    return None


def _apply(change: ConfigChange) -> None:
    if change.operation is ConfigOperation.DELETE:
        logging.unset_level(change.name)
    elif change.value is not None:
        logging.set_level(change.name, change.value)
