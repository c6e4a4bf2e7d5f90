"""Dynamic settings of topics, brokers, groups and client metrics, as ConfigRecords.

What a setting means and which values it takes is not known here: `ConfigRules` says it, and only deciding asks. Replay takes
what the log holds.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from headwater.control.cluster.requests import ChangeConfigs, ConfigChange, ConfigOperation, Resource, ResourceType
from headwater.control.errors import ControlError, InvalidConfig
from headwater.machine.decision import Decision, Record, Ticket, answer
from headwater.wire.records.config_record import ConfigRecord


class ConfigRules(Protocol):
    """What the catalogue of settings says about a resource's settings."""

    def refusal(self, resource: Resource, settings: Mapping[str, str], before: Mapping[str, str] | None) -> str | None:
        """Why these settings together can't be, or None; `before` are those in force, None for a resource that is made."""
        ...

    def is_list(self, type_: ResourceType, name: str) -> bool:
        """Whether KIP-339's APPEND and SUBTRACT make sense."""
        ...

    def default(self, type_: ResourceType, name: str) -> str:
        """What the setting is where nothing is set on the resource, in Kafka's text; "" where it has no default."""
        ...


class Configs:
    """The family of ConfigRecord."""

    def __init__(self, *, rules: ConfigRules) -> None:
        self._rules = rules
        self._by_resource: dict[tuple[int, str], dict[str, str]] = {}

    def of(self, resource: Resource) -> Mapping[str, str]:
        """What is set on this resource itself, by name."""
        return self._by_resource.get((resource.type, resource.name), {})

    def resources(self, type_: ResourceType) -> list[str]:
        """The names of this type's resources that have something set."""
        return [name for (each, name), settings in self._by_resource.items() if each == type_ and settings]

    def check(
        self, resource: Resource, settings: Mapping[str, str], *, before: Mapping[str, str] | None = None
    ) -> InvalidConfig | None:
        reason = self._rules.refusal(resource, settings, before)
        return InvalidConfig(reason) if reason else None

    def decide_change(self, request: ChangeConfigs, *, ticket: Ticket) -> Decision:
        """Whether the resource exists is asked before, by the machine."""
        wanted = self._wanted(request)
        if isinstance(wanted, ControlError):
            return answer(ticket, wanted)
        refusal = self.check(request.resource, wanted, before=self.of(request.resource))
        if refusal or request.validate_only:
            return answer(ticket, refusal)
        return Decision(records=self._difference(request.resource, wanted), answers=((ticket, None),))

    def records_for(self, resource: Resource, settings: Mapping[str, str]) -> tuple[ConfigRecord, ...]:
        """What makes these the settings of a resource that had none."""
        return tuple(_record(resource, name, value) for name, value in settings.items())

    def forget(self, resource: Resource) -> None:
        """Part of the replay of what ends the resource."""
        self._by_resource.pop((resource.type, resource.name), None)

    def _wanted(self, request: ChangeConfigs) -> dict[str, str] | ControlError:
        settings = {} if request.replace else dict(self.of(request.resource))
        for change in request.changes:
            value = self._value(request.resource, settings, change)
            if isinstance(value, ControlError):
                return value
            if value is None:
                settings.pop(change.name, None)
            else:
                settings[change.name] = value
        return settings

    def _value(
        self, resource: Resource, settings: Mapping[str, str], change: ConfigChange
    ) -> str | ControlError | None:
        if change.operation is ConfigOperation.DELETE:
            return None
        if change.value is None:
            return InvalidConfig(f"Null value not supported for : {change.name}")
        if change.operation is ConfigOperation.SET:
            return change.value
        if not self._rules.is_list(resource.type, change.name):
            return InvalidConfig(f"Can't {change.operation.name} to key {change.name} because its type is not LIST.")
        text = settings.get(change.name)
        have = _parts(self._rules.default(resource.type, change.name) if text is None else text)
        named = _parts(change.value)
        if change.operation is ConfigOperation.APPEND:
            return ",".join([*have, *(each for each in named if each not in have)])
        return ",".join(each for each in have if each not in named)

    def _difference(self, resource: Resource, wanted: Mapping[str, str]) -> tuple[ConfigRecord, ...]:
        have = self.of(resource)
        changed = (_record(resource, name, value) for name, value in wanted.items() if have.get(name) != value)
        gone = (_record(resource, name, None) for name in have if name not in wanted)
        return (*changed, *gone)

    def replay(self, record: ConfigRecord) -> None:
        settings = self._by_resource.setdefault((record.resource_type, record.resource_name), {})
        if record.value is None:
            settings.pop(record.name, None)
        else:
            settings[record.name] = record.value

    def snapshot(self) -> Iterator[Record]:
        for (type_, name), settings in self._by_resource.items():
            for setting, value in settings.items():
                yield ConfigRecord(resource_type=type_, resource_name=name, name=setting, value=value)


def _record(resource: Resource, name: str, value: str | None) -> ConfigRecord:
    return ConfigRecord(resource_type=resource.type, resource_name=resource.name, name=name, value=value)


def _parts(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]
