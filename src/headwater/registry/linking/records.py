"""The records of `_exporter_configs` and `_exporter_states`.

Confluent names these topics and tells what they hold, but not how it is written. So the names of the properties are those of its API,
and the layout is ours, in the manner of its DEK registry. A key without a value is a tombstone.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct, field

from headwater.kernel.units import Timestamp
from headwater.registry.store.records import DEFAULT_TENANT

ALL_OF_DEFAULT: Final = "*"


class ContextType(StrEnum):
    """What becomes of a subject's context in the other registry."""

    AUTO = "AUTO"
    """Another one, made up for this registry, is put before it."""
    CUSTOM = "CUSTOM"
    """The exporter's own is put before it."""
    NONE = "NONE"
    """It stays what it is."""
    DEFAULT = "DEFAULT"
    """It is the default one there."""


class RunState(StrEnum):
    STARTING = "STARTING"
    """It copies what was there before it."""
    RUNNING = "RUNNING"
    """It copies what comes."""
    PAUSED = "PAUSED"
    ERROR = "ERROR"
    """It tries again, and `trace` says why."""


class ExporterKey(Struct, frozen=True, kw_only=True):
    tenant: str = DEFAULT_TENANT
    name: str


class Exporter(Struct, frozen=True, kw_only=True, rename="camel"):
    """What it copies, and where to."""

    name: str
    context_type: ContextType = ContextType.AUTO
    context: str | None = None
    subjects: tuple[str, ...] = (ALL_OF_DEFAULT,)
    subject_rename_format: str | None = None
    kek_rename_format: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    """How the other registry is reached. Secrets in it are sealed."""
    created: Timestamp = Timestamp(0)
    """Tells it from another one of its name that was deleted."""


class Progress(Struct, frozen=True, kw_only=True):
    """`offset` is where the next record of `_schemas` comes from."""

    state: RunState = RunState.STARTING
    offset: int = 0
    ts: Timestamp = Timestamp(0)
    trace: str = ""
    created: Timestamp = Timestamp(0)
    """That of the exporter whose progress it is."""


class LinkRecord(Struct, frozen=True, kw_only=True):
    """Of either topic."""

    key: ExporterKey
    value: Exporter | Progress | None


BARRIER: Final = LinkRecord(key=ExporterKey(name=""), value=None)
"""Says nothing: no exporter is called so."""
