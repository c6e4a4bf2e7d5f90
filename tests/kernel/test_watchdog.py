"""Callbacks that hold the event loop."""

import asyncio

from headwater.kernel.real.callbacks import measured_callbacks
from headwater.kernel.watchdog import Watchdog


class HandClock(asyncio.SelectorEventLoop):
    """A loop whose time goes only where a test moves it."""

    now = 100.0

    def time(self) -> float:
        return self.now

    def pass_time(self, seconds: float) -> None:
        """As if one callback had taken so long, and then let the loop turn."""
        self.now += seconds
        self.run_until_complete(asyncio.sleep(0))


def test_a_beat_that_comes_late_is_counted_with_the_worst():
    loop, watchdog = HandClock(), Watchdog(held_max_ms=20, beat_ms=10)

    async def start() -> None:
        watchdog.start()

    loop.run_until_complete(start())
    for seconds in (0.010, 0.029, 0.0301, 0.080, 0.015):
        loop.pass_time(seconds)
    watchdog.stop()
    watchdog.stop()
    loop.pass_time(5)
    loop.close()
    assert watchdog.held == 2
    assert round(watchdog.longest_ms) == 70


def test_every_callback_that_takes_too_much_of_the_processor_is_named():
    def busy() -> None:
        sum(range(300_000))

    async def run() -> None:
        asyncio.get_running_loop().call_soon(busy)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    with measured_callbacks(held_max_ms=0.5) as held:
        asyncio.run(run())
    assert any("busy" in each.callback and each.took_ms > 0.5 for each in held)
    with measured_callbacks(held_max_ms=60_000) as none:
        asyncio.run(run())
    assert none == []
