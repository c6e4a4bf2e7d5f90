"""One timer for one machine, on both event loops: they differ in what a timer of the past is."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from headwater.machine.alarm import Alarm

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
A_MINUTE = 60_000


async def rung(*deadlines: int) -> list[int]:
    """The deadlines, counted from now, that have rung soon after the alarm was set to each."""
    loop = asyncio.get_running_loop()
    now = int(loop.time() * 1000)
    rang = asyncio.Queue[int]()
    alarm = Alarm(rang.put_nowait)
    for deadline in deadlines:
        alarm.set(now + deadline)
    first = await rang.get()
    alarm.stop()
    return [each - now for each in (first, *(rang.get_nowait() for _ in range(rang.qsize())))]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("deadlines", [(-5, -5), (-5, A_MINUTE), (-5, -10), (A_MINUTE, -10)])
def test_a_deadline_that_has_passed_rings_and_the_earliest_rings_first(
    loop: Callable[[], asyncio.AbstractEventLoop], deadlines: tuple[int, ...]
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(rung(*deadlines)) == [min(deadlines)]
