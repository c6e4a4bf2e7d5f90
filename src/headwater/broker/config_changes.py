"""What AlterConfigs and IncrementalAlterConfigs have in common: each resource is looked at alone, and answered alone.

The form of a request is checked here, in the order in which Kafka does; whether the values can be, the cluster machine
knows. Loggers have no log behind them: their levels change in this process, at once, and end with it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from headwater.broker.config_resources import check_node
from headwater.broker.context import Context
from headwater.broker.duplicates import named_twice
from headwater.broker.logger_levels import change_levels
from headwater.broker.turns import one_by_one
from headwater.control.cluster.requests import ChangeConfigs, ConfigChange, ConfigOperation, Resource, ResourceType
from headwater.control.errors import ControlError, InvalidConfig, InvalidRequest

_NO_DEFAULTS: Final[Mapping[ResourceType, str]] = {
    ResourceType.TOPIC: "Default topic resources are not allowed.",
    ResourceType.GROUP: "Default group resources are not allowed.",
    ResourceType.CLIENT_METRICS: "Subscription name can't be empty",
}
"""Where an empty name means nothing."""


class Wanted(Struct, frozen=True, kw_only=True):
    """One resource of a request. An operation that Kafka has no name for is None."""

    type: ResourceType | None
    name: str
    changes: tuple[tuple[str, ConfigOperation | None, str | None], ...]
    replace: bool
    """AlterConfigs: what is not named goes back to its default. Loggers can't be changed so."""


async def change(context: Context, wanted: Sequence[Wanted], *, validate_only: bool) -> list[ControlError | None]:
    """For each resource, in order: None where it is done, or why not."""
    names = named_twice(each.name for each in wanted)
    twice = named_twice((each.type, each.name) for each in wanted if each.name in names)

    async def change_one(each: Wanted) -> ControlError | None:
        try:
            if (each.type, each.name) in twice:
                raise InvalidRequest("Each resource must appear at most once.")
            return await _change(context, each, validate_only)
        except ControlError as refusal:
            return refusal

    return await one_by_one(wanted, change_one)


async def _change(context: Context, wanted: Wanted, validate_only: bool) -> ControlError | None:
    changes = _checked(wanted)
    resource = _resource(context, wanted)
    if resource.type is ResourceType.BROKER_LOGGER:
        return change_levels(changes, validate_only=validate_only)
    refusal: ControlError | None = await context.services.cluster.ask(
        ChangeConfigs(resource=resource, changes=changes, replace=wanted.replace, validate_only=validate_only)
    )
    if isinstance(refusal, InvalidConfig) and resource.type is ResourceType.BROKER:
        return InvalidRequest(str(refusal))  # so it is for brokers alone, for compatibility (KAFKA-13609)
    return refusal


def _checked(wanted: Wanted) -> tuple[ConfigChange, ...]:
    """The changes, if their form is right. Raises InvalidRequest."""
    if named_twice(name for name, _, _ in wanted.changes):
        raise InvalidRequest("Error due to duplicate config keys")
    unset = [name for name, operation, text in wanted.changes if text is None and operation != ConfigOperation.DELETE]
    if unset:
        raise InvalidRequest(f"Null value not supported for : {', '.join(unset)}")
    changes = []
    for name, operation, text in wanted.changes:
        if operation is None:
            raise InvalidRequest(f"Unknown operation type for {name}")
        changes.append(ConfigChange(name=name, operation=operation, value=text))
    return tuple(changes)


def _resource(context: Context, wanted: Wanted) -> Resource:
    """Raises InvalidRequest."""
    if wanted.type is None or (wanted.replace and wanted.type is ResourceType.BROKER_LOGGER):
        raise InvalidRequest("Unknown resource type")
    if not wanted.name and wanted.type in _NO_DEFAULTS:
        raise InvalidRequest(_NO_DEFAULTS[wanted.type])
    if wanted.type is ResourceType.BROKER_LOGGER or (wanted.type is ResourceType.BROKER and wanted.name):
        check_node(context, wanted.name)
    return Resource(type=wanted.type, name=wanted.name)
