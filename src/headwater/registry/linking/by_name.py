"""What the machines of both topics of exporters have in common: one value for each exporter's name, the last that was written."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from headwater.machine.machine import Timeless
from headwater.registry.linking.records import Exporter, ExporterKey, LinkRecord, Progress
from headwater.registry.store.records import DEFAULT_TENANT

V = TypeVar("V", Exporter, Progress)


class ByName(Timeless, Generic[V]):
    def __init__(self, kind: type[V]) -> None:
        self.by_name: dict[str, V] = {}
        self._kind: type[V] = kind

    def replay(self, record: LinkRecord) -> None:
        key, value = record.key, record.value
        if key.tenant != DEFAULT_TENANT:
            return
        if isinstance(value, self._kind):
            self.by_name[key.name] = value
        else:
            self.by_name.pop(key.name, None)

    def snapshot(self) -> Iterator[LinkRecord]:
        return (LinkRecord(key=ExporterKey(name=name), value=each) for name, each in self.by_name.items())
