"""Runs the exporters, on the node that writes: one task each, which tries again for as long as it is wanted."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

import httpx

from headwater.kernel.counters import Counters
from headwater.kernel.errors import HeadwaterError
from headwater.kernel.logging import get
from headwater.kernel.tasks import Backoff, Ward, stop
from headwater.kernel.units import SECOND_MS
from headwater.kernel.world import Randomness
from headwater.registry.errors import NotTheWriter
from headwater.registry.linking.exporters import Exporters
from headwater.registry.linking.exporting import Exporting
from headwater.registry.linking.feed import Feed
from headwater.registry.linking.naming import Naming
from headwater.registry.linking.records import Exporter, Progress, RunState
from headwater.registry.linking.requests import Advance
from headwater.registry.linking.secrets import Seal
from headwater.registry.linking.states import ExporterStates
from headwater.registry.linking.target import Target, remote_of
from headwater.registry.store.machine import Registry
from headwater.registry.store.port import Store

BACKOFF: Final = Backoff(first_ms=500, most_ms=60 * SECOND_MS)
_LOOK_S: Final = 1.0
"""How soon a change is seen that nobody told of, above all who writes."""
_STOP_S: Final = 5.0

_log = get("registry.linking")


class Linking:
    """`own_name` tells this registry from others that export to the same one. `transport` stands for the network."""

    def __init__(
        self,
        exporters: Store[Exporters],
        states: Store[ExporterStates],
        registry: Store[Registry],
        feed: Callable[[], Feed],
        *,
        ward: Ward,
        seal: Seal,
        own_name: str,
        writes: Callable[[], bool],
        randomness: Randomness,
        counters: Counters,
        backoff: Backoff = BACKOFF,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._exporters = exporters
        self._states = states
        self._registry = registry
        self._feed = feed
        self._ward = ward
        self._seal = seal
        self._own_name = own_name
        self._writes = writes
        self._randomness = randomness
        self._backoff = backoff
        self._transport = transport
        self._copied = counters.counters(
            "schema_exporter_copied_total", "Versions and configs that were copied into another registry.", "exporter"
        )
        self._failures = counters.counters("schema_exporter_failures_total", "Attempts that failed.", "exporter")
        self._running: dict[str, tuple[Exporter, asyncio.Task[None]]] = {}
        self._look = asyncio.Event()

    def wake(self) -> None:
        """Something has changed."""
        self._look.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                await self._settle()
                try:
                    async with asyncio.timeout(_LOOK_S):
                        await self._look.wait()
                except TimeoutError:
                    pass
                self._look.clear()
        finally:
            await stop(tuple(task for _, task in self._running.values()), deadline_s=_STOP_S)
            self._running.clear()

    async def _settle(self) -> None:
        """Those run that are wanted, as they are wanted, and no others."""
        try:
            wanted = await self._wanted() if self._writes() else {}
        except HeadwaterError as reason:
            _log.info("the exporters can't be told now", error=reason)
            return
        for name, (exporter, task) in list(self._running.items()):
            if task.done() or wanted.get(name) != exporter:
                await stop((task,), deadline_s=_STOP_S)
                del self._running[name]
        for name, exporter in wanted.items():
            if name not in self._running:
                task = self._ward.start(f"exporter {name}", partial(self._keep, exporter))
                self._running[name] = exporter, task

    async def _wanted(self) -> dict[str, Exporter]:
        exporters = await self._exporters.read(lambda machine: dict(machine.by_name))
        paused = [name for name, each in exporters.items() if (await self._progress(each)).state is RunState.PAUSED]
        return {name: each for name, each in exporters.items() if name not in paused}

    async def _progress(self, exporter: Exporter) -> Progress:
        return await self._states.read(lambda machine: machine.of(exporter.name, exporter.created))

    # --- one exporter

    async def _keep(self, exporter: Exporter) -> None:
        """Again and again, until another node writes. What was copied before a failure begins the waits anew."""
        failures = 0
        try:
            while True:
                began = await self._progress(exporter)
                try:
                    await self._export(exporter, began.offset)
                except HeadwaterError as failure:
                    reached = await self._failed(exporter, failure)
                    failures = 1 if reached > began.offset else failures + 1
                await asyncio.sleep(self._backoff.delay_ms(failures, self._randomness) / SECOND_MS)
        except NotTheWriter:
            _log.info("another node writes, and exports", exporter=exporter.name)

    async def _export(self, exporter: Exporter, offset: int) -> None:
        config = self._seal.opened(exporter.config)
        async with remote_of(exporter.name, config, self._transport) as remote:
            exporting = Exporting(
                self._registry,
                self._feed(),
                Target(remote),
                Naming(exporter, own_name=self._own_name),
                report=partial(self._advance, exporter),
                copied=self._copied.of(exporter.name),
            )
            await exporting.run(offset)

    async def _failed(self, exporter: Exporter, failure: HeadwaterError) -> int:
        """How far it has got all the same."""
        _log.warn("an exporter failed, and will try again", exporter=exporter.name, error=failure)
        self._failures.of(exporter.name).value += 1
        reached = (await self._progress(exporter)).offset
        await self._advance(exporter, RunState.ERROR, reached, str(failure))
        return reached

    async def _advance(self, exporter: Exporter, state: RunState, offset: int, trace: str = "") -> None:
        advance = Advance(name=exporter.name, created=exporter.created, state=state, offset=offset, trace=trace)
        await self._states.submit(advance)
