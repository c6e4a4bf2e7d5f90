"""When long work lets others go first."""

import asyncio

import pytest

from headwater.broker import turns
from headwater.broker.turns import Turns

STEPS = 10


@pytest.mark.parametrize(("turn_max_s", "times"), [(-1, STEPS), (60, 0)])
def test_others_go_first_when_a_turn_has_lasted_long_enough(monkeypatch, turn_max_s, times):
    monkeypatch.setattr(turns, "TURN_MAX_S", turn_max_s)

    async def test() -> None:
        went: list[int] = []
        taken = Turns()
        for step in range(STEPS):
            asyncio.get_running_loop().call_soon(went.append, step)
            await taken.next()
        assert len(went) == times

    asyncio.run(test())
