"""What the two machines of schema linking can be asked."""

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.registry.linking.records import Exporter, RunState


class PutExporter(Struct, frozen=True, kw_only=True):
    """A new one, or with `old` another instead of that one. Answered by the Exporter, or by a refusal."""

    exporter: Exporter
    old: Exporter | None = None


class DropExporter(Struct, frozen=True, kw_only=True):
    """Answered by None, or by a refusal."""

    name: str


class Pause(Struct, frozen=True, kw_only=True):
    """These change the progress of an exporter that there is; answered by it, or by a refusal."""

    name: str
    created: Timestamp


class Resume(Struct, frozen=True, kw_only=True):
    name: str
    created: Timestamp


class Reset(Struct, frozen=True, kw_only=True):
    """It begins from the beginning when it is resumed."""

    name: str
    created: Timestamp


class Advance(Struct, frozen=True, kw_only=True):
    """What the exporter itself has to say. It does not wake a paused one."""

    name: str
    created: Timestamp
    state: RunState
    offset: int
    trace: str = ""


class Forget(Struct, frozen=True, kw_only=True):
    """The exporter is gone. Answered by None."""

    name: str
