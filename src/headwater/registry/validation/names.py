"""The full names of what schemas describe, which some strategies make subjects of. They are read by the formats, in their worker."""

from headwater.registry.formats.format import Source
from headwater.registry.formats.jobs import Compared, FindName
from headwater.registry.formats.worker import Worker


class Names:
    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def of(self, type_: str, source: Source) -> str | None:
        """None for one without, and for what is no schema."""
        found = await self._worker.do(FindName(type=type_, source=source))
        return found.found[0] if isinstance(found, Compared) and found.found else None
