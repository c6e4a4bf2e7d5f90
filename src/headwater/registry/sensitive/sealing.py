"""Schemas on their way into the topic and out of it: sensitive values are sealed there, and nowhere else.

So the registry itself knows nothing of it: its state is plain, and whoever may ask for a schema is told all of it, as from Confluent's.
What can't be opened yet, because the keyset has not been read, stays sealed until it has.
"""

from base64 import b64decode, b64encode
from typing import Final

from msgspec.structs import replace

from headwater.kernel.world import Randomness
from headwater.registry.content import digest
from headwater.registry.contracts import Metadata
from headwater.registry.errors import UnreadableKeyset
from headwater.registry.sensitive.keyset import Keyset
from headwater.registry.store.records import RegistryRecord, SchemaValue
from headwater.registry.store.state import State, content_of

SEALED: Final = "__enc__"
"""The property that says so."""


class Sealing:
    """`keyset` is None until it is known; then nothing is sealed, and nothing opened."""

    def __init__(self, randomness: Randomness) -> None:
        self.keyset: Keyset | None = None
        self._randomness = randomness

    def sealed(self, record: RegistryRecord) -> RegistryRecord:
        """As it is written. The digest of what it was is written too, for what is written hides it."""
        value = record.value
        if self.keyset is None or not isinstance(value, SchemaValue) or not _is_sensitive(value.metadata):
            return record
        if value.metadata is None or is_sealed(value):
            return record
        keyset = self.keyset
        properties = {
            name: b64encode(keyset.encrypt(text.encode(), self._randomness)).decode() if hidden else text
            for name, text, hidden in _properties(value.metadata)
        }
        metadata = replace(value.metadata, properties={**properties, SEALED: "true"})
        md5 = b64encode(digest(content_of(value))).decode()
        return replace(record, value=replace(value, metadata=metadata, md5=md5))

    def opened(self, record: RegistryRecord) -> RegistryRecord:
        """As it was before it was sealed, if it can be opened."""
        value = record.value
        if isinstance(value, SchemaValue) and is_sealed(value):
            return replace(record, value=self.opened_value(value))
        return record

    def opened_value(self, value: SchemaValue) -> SchemaValue:
        if self.keyset is None or value.metadata is None:
            return value
        try:
            properties = {
                name: self.keyset.decrypt(b64decode(text)).decode() if hidden else text
                for name, text, hidden in _properties(value.metadata)
                if name != SEALED
            }
        except (UnreadableKeyset, ValueError):
            return value
        return replace(value, metadata=replace(value.metadata, properties=properties), md5=None)

    def open_all(self, state: State) -> None:
        """What was read before the keyset was."""
        for versions in state.subjects.values():
            for number, each in versions.items():
                if is_sealed(each):
                    versions[number] = self.opened_value(each)


def is_sealed(value: SchemaValue) -> bool:
    return value.metadata is not None and SEALED in (value.metadata.properties or {})


def _is_sensitive(metadata: Metadata | None) -> bool:
    return metadata is not None and bool(metadata.sensitive) and bool(metadata.properties)


def _properties(metadata: Metadata) -> list[tuple[str, str, bool]]:
    sensitive = metadata.sensitive or frozenset()
    return [(name, text, name in sensitive) for name, text in (metadata.properties or {}).items()]
