"""Which resources, such as topics, are associated with which subjects, by how it is looked for.

A client that is to write to a topic asks for its associations before anything else, so each look-up costs what it finds.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.store.records import AssociationKey, AssociationValue

ANY = "-"
"""As a resource's name or namespace."""


class Lifecycle(StrEnum):
    """A subject that is STRONG to a resource is its own, and goes with it; one that is WEAK is shared."""

    STRONG = "STRONG"
    WEAK = "WEAK"


class Wanted(Struct, frozen=True, kw_only=True):
    """Which of the associations that were found; what is None or empty is any."""

    resource_type: str | None = None
    types: tuple[str, ...] = ()
    lifecycle: str | None = None

    def takes(self, value: AssociationValue) -> bool:
        return (
            self.resource_type in (None, value.resource_type)
            and (not self.types or value.association_type in self.types)
            and self.lifecycle in (None, value.lifecycle)
        )


ALL = Wanted()


class Associations:
    """Changed by the replaying state alone."""

    def __init__(self) -> None:
        self._by_key: dict[AssociationKey, AssociationValue] = {}
        self._of_subject: dict[str, dict[AssociationKey, None]] = {}
        self._of_id: dict[str, dict[AssociationKey, None]] = {}
        self._of_name: dict[str, dict[AssociationKey, None]] = {}

    # --- looking: in the order of names, namespaces, types and subjects

    def of_subject(self, subject: str, wanted: Wanted = ALL) -> list[AssociationValue]:
        return self._found(self._of_subject.get(subject, ()), wanted)

    def of_id(self, resource_id: str, wanted: Wanted = ALL) -> list[AssociationValue]:
        return self._found(self._of_id.get(resource_id, ()), wanted)

    def of_name(self, name: str, namespace: str, wanted: Wanted = ALL) -> list[AssociationValue]:
        keys = self._by_key if name == ANY else self._of_name.get(name, ())
        return self._found((key for key in keys if namespace in (ANY, key.resource_namespace)), wanted)

    def items(self) -> Iterator[tuple[AssociationKey, AssociationValue]]:
        yield from self._by_key.items()

    def _found(self, keys: Iterable[AssociationKey], wanted: Wanted) -> list[AssociationValue]:
        values = {key: self._by_key[key] for key in sorted(keys, key=_order)}
        return [each for each in values.values() if wanted.takes(each)]

    # --- replaying

    def put(self, key: AssociationKey, value: AssociationValue) -> None:
        """It was created when its first record was written, whatever a later one says."""
        old = self._by_key.get(key)
        self.take_away(key)
        told = value.timestamp if value.create_ts is None else value.create_ts
        value = replace(value, create_ts=told if old is None else old.create_ts)
        self._by_key[key] = value
        self._of_subject.setdefault(key.subject, {})[key] = None
        self._of_name.setdefault(key.resource_name, {})[key] = None
        self._of_id.setdefault(value.resource_id or "", {})[key] = None

    def take_away(self, key: AssociationKey) -> None:
        value = self._by_key.pop(key, None)
        if value is None:
            return
        _forget(self._of_subject, key.subject, key)
        _forget(self._of_name, key.resource_name, key)
        _forget(self._of_id, value.resource_id or "", key)


def association_key(value: AssociationValue) -> AssociationKey:
    return AssociationKey(
        resource_name=value.resource_name or "",
        resource_namespace=value.resource_namespace or "",
        resource_type=value.resource_type or "",
        association_type=value.association_type or "",
        subject=value.subject or "",
    )


def _forget(index: dict[str, dict[AssociationKey, None]], name: str, key: AssociationKey) -> None:
    del index[name][key]
    if not index[name]:
        del index[name]


def _order(key: AssociationKey) -> tuple[str, ...]:
    return key.resource_name, key.resource_namespace, key.resource_type, key.association_type, key.subject
