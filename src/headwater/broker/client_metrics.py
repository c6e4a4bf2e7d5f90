"""What clients pushed last, as `/metrics` shows it (KIP-714).

A push is decoded once and kept as the lines that Prometheus will read, so a scrape only joins them. Clients are strangers: how many
series one may have, how much text is kept of all, and for how long one that is silent is shown, have bounds.
"""

import asyncio
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, Final

from msgspec import Struct

from headwater.broker.turns import Turns
from headwater.kernel.counters import Counters
from headwater.kernel.exposition import sample_lines
from headwater.kernel.units import MINUTE_MS, SECOND_MS, MiB
from headwater.kernel.world import Workers
from headwater.wire.types import Uuid

SERIES_MAX: Final = 1_000
"""Of one client; what it pushes past these is not shown."""
TEXT_BYTES_MAX: Final = 16 * MiB
"""Of all clients. Where it is more, those that were heard of least lately are shown no longer."""
SILENT_LEAST_MS: Final = MINUTE_MS
SILENT_INTERVALS: Final = 3
"""A client is shown until it has missed so many pushes, and for a minute at least."""
POINTS_MAX: Final = 20_000
"""Of one push that are looked at."""

Family = tuple[str, str]
"""Name and kind."""
Labels = tuple[tuple[str, str], ...]


class _Shown(Struct, frozen=True, kw_only=True):
    lines: dict[Family, str]
    size: int
    until_ms: float


class ClientMetrics:
    def __init__(self, counters: Counters, workers: Workers, *, text_bytes_max: int = TEXT_BYTES_MAX) -> None:
        self._workers = workers
        self._text_bytes_max = text_bytes_max
        self._shown: dict[Uuid, _Shown] = {}
        """Least lately heard of first."""
        self._size = 0
        self._otlp: Any = None
        self._dropped = counters.counter(
            "client_telemetry_dropped_total", "Data points that clients pushed and that are not shown."
        )
        counters.watch("client_telemetry_bytes", "Text of what clients pushed last.", lambda: self._size)

    async def take(
        self, instance: Uuid, payload: bytes, labels: Sequence[tuple[str, str]], *, interval_ms: int
    ) -> None:
        """Show this in place of what the client pushed before. Raises Refused for what is no OTLP."""
        if self._otlp is None:  # importing it takes as long as all of the broker, so not on the loop
            self._otlp = await self._workers.run(lambda: import_module("headwater.broker.otlp"))
        lines = await self._lines(self._otlp.points(payload, tuple(labels)))
        self._show(instance, lines, interval_ms)

    async def _lines(self, points: Iterable[Any]) -> dict[Family, str]:
        """In turns with other work."""
        lines: dict[Family, dict[Labels, str]] = {}
        turns = Turns()
        for number, point in enumerate(points):
            await turns.next()
            if point.meter is None or number >= SERIES_MAX:
                self._dropped.value += 1
            else:
                text = "".join(f"{line}\n" for line in sample_lines(point.name, point.labels, point.meter))
                lines.setdefault((point.name, point.kind), {})[point.labels] = text
            if number >= POINTS_MAX:
                break
        return {family: "".join(texts.values()) for family, texts in lines.items()}

    def exposition(self) -> str:
        """All that is shown, by family. A name has one kind: who says another is passed over."""
        self._forget_silent()
        families: dict[str, tuple[str, list[str]]] = {}
        for shown in self._shown.values():
            for (name, kind), text in shown.lines.items():
                known, texts = families.setdefault(name, (kind, []))
                if known == kind:
                    texts.append(text)
        return "".join(f"# TYPE {name} {kind}\n{''.join(texts)}" for name, (kind, texts) in families.items())

    def _show(self, instance: Uuid, lines: dict[Family, str], interval_ms: int) -> None:
        self._forget(instance)
        until_ms = _now_ms() + max(SILENT_INTERVALS * interval_ms, SILENT_LEAST_MS)
        shown = _Shown(lines=lines, size=sum(map(len, lines.values())), until_ms=until_ms)
        self._shown[instance] = shown
        self._size += shown.size
        self._forget_silent()
        while self._size > self._text_bytes_max:
            self._forget(next(iter(self._shown)))

    def _forget_silent(self) -> None:
        now = _now_ms()
        for instance in [each for each, shown in self._shown.items() if shown.until_ms <= now]:
            self._forget(instance)

    def _forget(self, instance: Uuid) -> None:
        shown = self._shown.pop(instance, None)
        if shown is not None:
            self._size -= shown.size


def _now_ms() -> float:
    return asyncio.get_running_loop().time() * SECOND_MS
