"""What was found out about schemas in records, kept for a while.

A yes is believed for half a minute, so what is deleted from the registry is noticed that late; a no for a second at most, so a schema
that was just registered is taken at once. Whoever asks while the same is being asked waits for that answer.
"""

import asyncio
from collections import OrderedDict
from typing import Final, Protocol

from msgspec import Struct

from headwater.client.errors import ClientError
from headwater.kernel.logging import get
from headwater.kernel.tasks import Ward
from headwater.machine.errors import MachineError
from headwater.registry.errors import RegistryAway, RegistryError, RegistryRefused

YES_MS: Final = 30_000
NO_MS: Final = 500
KEPT_MAX: Final = 100_000
DEADLINE_S: Final = 5.0

_log = get("registry.validation")


class Use(Struct, frozen=True, kw_only=True, gc=False):
    """A record's mark, and the subject that the schema must be registered under; with `by_record`, what stands in the subject before
    the full name of the schema's record."""

    mark: bytes
    subject: str
    by_record: bool


class Look(Protocol):
    """Asks a registry."""

    async def is_registered(self, use: Use) -> bool:
        """Raises what the registry's rooms raise where it can't be asked."""
        ...


class Verdicts:
    """Fills the broker's port `Schemas`."""

    def __init__(self, look: Look, *, ward: Ward, deadline_s: float = DEADLINE_S) -> None:
        self._look = look
        self._ward = ward
        self._deadline_s = deadline_s
        self._kept: OrderedDict[Use, tuple[float, bool]] = OrderedDict()
        """Until when what is believed, the longest kept first."""
        self._asking: dict[Use, asyncio.Future[bool | None]] = {}

    def knows(self, mark: bytes, subject: str, *, by_record: bool) -> bool | None:
        until, verdict = self._kept.get(Use(mark=mark, subject=subject, by_record=by_record), (0.0, False))
        return verdict if asyncio.get_running_loop().time() < until else None

    async def find(self, mark: bytes, subject: str, *, by_record: bool) -> bool | None:
        use = Use(mark=mark, subject=subject, by_record=by_record)
        answer = self._asking.get(use)
        if answer is None:
            answer = self._asking[use] = asyncio.get_running_loop().create_future()
            self._ward.start(f"look up {subject}", lambda: self._ask(use), ended=lambda: self._tell(use, None))
        return await asyncio.shield(answer)

    async def _ask(self, use: Use) -> None:
        try:
            async with asyncio.timeout(self._deadline_s):
                verdict = await self._look.is_registered(use)
        except (TimeoutError, ClientError, MachineError, RegistryError, RegistryAway, RegistryRefused) as problem:
            _log.warn("schemas of records can't be looked up", subject=use.subject, error=problem)
            return
        self._keep(use, verdict)
        self._tell(use, verdict)

    def _tell(self, use: Use, verdict: bool | None) -> None:
        answer = self._asking.pop(use, None)
        if answer is not None:
            answer.set_result(verdict)

    def _keep(self, use: Use, verdict: bool) -> None:
        self._kept[use] = (asyncio.get_running_loop().time() + (YES_MS if verdict else NO_MS) / 1000, verdict)
        self._kept.move_to_end(use)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
