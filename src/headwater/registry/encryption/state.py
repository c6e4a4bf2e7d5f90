"""All that `_dek_registry_keys` says, by how it is looked for. Changed by `replay` alone."""

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.registry.encryption.records import (
    Algorithm,
    DekKey,
    DekName,
    DekValue,
    EncryptionRecord,
    KekKey,
    KekValue,
)
from headwater.registry.encryption.requests import LATEST
from headwater.registry.formats.json_text import java_order
from headwater.registry.store.records import DEFAULT_TENANT

V = TypeVar("V", KekValue, DekValue)
Kind = tuple[str, Algorithm]
"""A subject and an algorithm: a KEK may wrap one DEK of each, in several versions."""


class Kept(Struct, Generic[V], frozen=True, kw_only=True):
    """A key, and when its record was written."""

    value: V
    timestamp: Timestamp


class State:
    """Only the default tenant's keys are kept: nobody asks for another's here."""

    def __init__(self) -> None:
        self.keks: dict[str, Kept[KekValue]] = {}
        self.deks: dict[str, dict[Kind, dict[int, Kept[DekValue]]]] = {}
        """By the name of their KEK, which need not be there; those that are soft-deleted included."""
        self.dek_count = 0

    # --- looking

    def kek(self, name: str, *, deleted: bool = False) -> Kept[KekValue] | None:
        return _seen(self.keks.get(name), deleted=deleted)

    def kek_names(self, *, deleted: bool = False) -> list[str]:
        return sorted((name for name, each in self.keks.items() if deleted or not each.value.deleted), key=java_order)

    def kek_names_of(self, subject_prefixes: Sequence[str], *, deleted: bool = False) -> list[str]:
        """Those that wrap a DEK of such a subject."""
        beginnings = tuple(subject_prefixes)
        found = (
            name
            for name in self.deks
            if any(each.value.subject.startswith(beginnings) for each in self._wrapped_by(name, deleted=deleted))
        )
        return sorted(found, key=java_order)

    def wraps_any(self, name: str, *, deleted: bool) -> bool:
        return any(True for _ in self._wrapped_by(name, deleted=deleted))

    def subjects(self, kek_name: str, *, deleted: bool = False) -> list[str]:
        found = dict.fromkeys(each.value.subject for each in self._wrapped_by(kek_name, deleted=deleted))
        return sorted(found, key=java_order)

    def versions(self, name: DekName, *, deleted: bool = False) -> list[Kept[DekValue]]:
        """In ascending order."""
        return [each for _, each in sorted(self._versions(name).items()) if deleted or not each.value.deleted]

    def dek(self, name: DekName, version: int, *, deleted: bool = False) -> Kept[DekValue] | None:
        if version == LATEST:
            return next(reversed(self.versions(name, deleted=deleted)), None)
        return _seen(self._versions(name).get(version), deleted=deleted)

    def _versions(self, name: DekName) -> dict[int, Kept[DekValue]]:
        return self.deks.get(name.kek_name, {}).get((name.subject, name.algorithm), {})

    def _wrapped_by(self, kek_name: str, *, deleted: bool) -> Iterator[Kept[DekValue]]:
        for versions in self.deks.get(kek_name, {}).values():
            for each in versions.values():
                if deleted or not each.value.deleted:
                    yield each

    # --- replaying

    def replay(self, record: EncryptionRecord) -> None:
        key, value, timestamp = record.key, record.value, record.timestamp
        if key.tenant != DEFAULT_TENANT:
            return
        match key, value:
            case KekKey(), KekValue():
                self.keks[key.name] = Kept(value=value, timestamp=timestamp)
            case KekKey(), _:
                self.keks.pop(key.name, None)
            case DekKey(), DekValue():
                self._put(key, Kept(value=value, timestamp=timestamp))
            case DekKey(), _:
                self._take_away(key)

    def _put(self, key: DekKey, dek: Kept[DekValue]) -> None:
        versions = self.deks.setdefault(key.kek_name, {}).setdefault((key.subject, key.algorithm), {})
        self.dek_count += key.version not in versions
        versions[key.version] = dek

    def _take_away(self, key: DekKey) -> None:
        kinds = self.deks.get(key.kek_name, {})
        versions = kinds.get((key.subject, key.algorithm), {})
        if versions.pop(key.version, None) is None:
            return
        self.dek_count -= 1
        if not versions:
            del kinds[key.subject, key.algorithm]
        if not kinds:
            del self.deks[key.kek_name]

    def snapshot(self) -> Iterator[EncryptionRecord]:
        for name, kek in self.keks.items():
            yield EncryptionRecord(key=KekKey(name=name), value=kek.value, timestamp=kek.timestamp)
        for kek_name, kinds in self.deks.items():
            for (subject, algorithm), versions in kinds.items():
                for version, dek in versions.items():
                    key = DekKey(kek_name=kek_name, subject=subject, algorithm=algorithm, version=version)
                    yield EncryptionRecord(key=key, value=dek.value, timestamp=dek.timestamp)


def _seen(key: Kept[V] | None, *, deleted: bool) -> Kept[V] | None:
    return key if key is not None and (deleted or not key.value.deleted) else None
