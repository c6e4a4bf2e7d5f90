"""Dynamic settings at work: durable ConfigRecords change the views in force, and the catalogue judges new ones."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import Resource, ResourceType
from headwater.kernel.catalogue import AnySetting, Catalogue
from headwater.kernel.errors import SettingError, UnknownSetting
from headwater.kernel.layers import LiveSettings, Settings
from headwater.kernel.settings import Scope, Update
from headwater.log.settings import REMOTE_STORAGE_ENABLE, LogSettings, log_settings
from headwater.log.tiering import topic_rules
from headwater.log.tiering.settings import SYSTEM_ENABLE
from headwater.wire.records.config_record import ConfigRecord
from headwater.wire.records.remove_topic_record import RemoveTopicRecord
from headwater.wire.records.topic_record import TopicRecord

_SCOPES: Final[Mapping[int, Scope]] = {
    ResourceType.TOPIC: Scope.TOPIC,
    ResourceType.BROKER: Scope.BROKER,
    ResourceType.CLIENT_METRICS: Scope.CLIENT_METRICS,
    ResourceType.GROUP: Scope.GROUP,
}

_GROUPS_WITH_SESSIONS: Final = ("consumer", "share", "streams")


def scope_of(type_: ResourceType) -> Scope:
    return _SCOPES[type_]


class CatalogueRules:
    """The cluster machine's port `ConfigRules`, filled by the catalogue; `live` is what a topic has that sets nothing itself."""

    def __init__(self, catalogue: Catalogue, live: LiveSettings) -> None:
        self._catalogue = catalogue
        self._live = live

    def refusal(self, resource: Resource, settings: Mapping[str, str], before: Mapping[str, str] | None) -> str | None:
        for name, text in settings.items():
            try:
                setting = self._catalogue.validate(scope_of(resource.type), name, text)
            except UnknownSetting:
                return f"Unknown {resource.type.name.lower().replace('_', ' ')} config name: {name}"
            except SettingError as error:
                return str(error)
            if reason := _cannot_change(setting, resource) or self._out_of_bounds(setting, text):
                return reason
        if resource.type is ResourceType.GROUP:
            return self._of_group(settings)
        return self._of_topic(settings, before or {}) if resource.type is ResourceType.TOPIC else None

    def _of_group(self, settings: Mapping[str, str]) -> str | None:
        """A session must outlast the pause between two heartbeats."""
        group = Settings(catalogue=self._catalogue, scope=Scope.GROUP, own=settings, layers=self._live.broker.layers)
        for kind in _GROUPS_WITH_SESSIONS:
            names = session, heartbeat = f"{kind}.session.timeout.ms", f"{kind}.heartbeat.interval.ms"
            lasts, beats = (group[self._catalogue.find(Scope.GROUP, each)] for each in names)
            if not settings.keys().isdisjoint(names) and lasts <= beats:
                return f"{session} must be greater than {heartbeat}"
        return None

    def _of_topic(self, settings: Mapping[str, str], before: Mapping[str, str]) -> str | None:
        """Settings of which each is fine may not go together, or not follow those in force."""
        if REMOTE_STORAGE_ENABLE.name not in settings and REMOTE_STORAGE_ENABLE.name not in before:
            return None
        enabled = self._live.broker[SYSTEM_ENABLE]
        return topic_rules.refusal(self._resolved(settings), self._resolved(before), enabled=enabled)

    def _resolved(self, own: Mapping[str, str]) -> LogSettings:
        broker = self._live.broker
        topic = Settings(catalogue=self._catalogue, scope=Scope.TOPIC, own=own, layers=broker.layers)
        return log_settings(topic, broker)

    def _out_of_bounds(self, setting: AnySetting, text: str) -> str | None:
        """A group's own values lie between those that the broker sets as bounds."""
        least, most = setting.broker_bounds
        value, broker = setting.parse(text), self._live.broker
        if least is not None and value < broker.of_broker(least):
            return f"{setting.name} must be greater than or equal to {least}"
        if most is not None and value > broker.of_broker(most):
            return f"{setting.name} must be less than or equal to {most}"
        return None

    def is_list(self, type_: ResourceType, name: str) -> bool:
        try:
            return self._catalogue.find(scope_of(type_), name).type == "LIST"
        except UnknownSetting:
            return False

    def default(self, type_: ResourceType, name: str) -> str:
        return self._catalogue.find(scope_of(type_), name).default_text or ""


def _cannot_change(setting: AnySetting, resource: Resource) -> str | None:
    if not setting.changeable:
        return f"Cannot update these configs dynamically: {setting.name}; set it in the broker's file and start again"
    if resource.name == "" and setting.scope is Scope.BROKER and setting.update is Update.PER_BROKER:
        return f"Cannot update these configs at default cluster level: {setting.name}; set it on one broker"
    return None


class DurableConfigs:
    """The subscriber that keeps `LiveSettings` true. It comes before everyone who looks at settings."""

    def __init__(self, live: LiveSettings) -> None:
        self._live = live
        self._names: dict[bytes, str] = {}
        self._applied: dict[tuple[int, str, str], None] = {}

    def reloaded(self, cluster: Cluster) -> None:
        """A load gives the whole state; what was set before it and is no longer there is taken back."""
        self._names = {topic.topic_id: topic.name for topic in cluster.topics}
        for type_, name, setting in list(self._applied):
            self._apply(ConfigRecord(resource_type=type_, resource_name=name, name=setting, value=None))
        for record in cluster.configs.snapshot():
            self._apply(record)

    def durable(self, records: Sequence[Any]) -> None:
        for record in records:
            if isinstance(record, ConfigRecord):
                self._apply(record)
            elif isinstance(record, TopicRecord):
                self._names[record.topic_id] = record.name
            elif isinstance(record, RemoveTopicRecord):
                name = self._names.pop(record.topic_id, None)
                if name is not None:
                    self._live.forget(Scope.TOPIC, name)

    def _apply(self, record: ConfigRecord) -> None:
        scope = _SCOPES.get(record.resource_type)
        if scope is not None:
            self._live.change(scope, record.resource_name, record.name, record.value)
        key = (record.resource_type, record.resource_name, record.name)
        if record.value is None:
            self._applied.pop(key, None)
        else:
            self._applied[key] = None
