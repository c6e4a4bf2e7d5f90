"""A process beside this one, asked and ended."""

import asyncio

import pytest

from headwater.kernel.errors import CompanionEnded
from headwater.kernel.real.companions import RealCompanions

PROGRAM = "tests.kernel.real.echoing"


async def test_it_answers_until_it_ends():
    companion = await RealCompanions().start(PROGRAM)
    large = b"x" * 300_000
    assert [await companion.ask(each) for each in (b"", b"one", large)] == [b"", b"one", large]
    with pytest.raises(CompanionEnded):
        await companion.ask(b"end")
    await companion.kill()


async def test_it_is_killed_in_the_middle_of_its_work():
    companion = await RealCompanions().start(PROGRAM)
    assert await companion.ask(b"one") == b"one"
    asking = asyncio.ensure_future(companion.ask(b"never"))
    await asyncio.sleep(0)
    await companion.kill()
    with pytest.raises(CompanionEnded):
        await asking
