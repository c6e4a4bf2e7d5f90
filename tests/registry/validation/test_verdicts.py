"""What is kept of what a registry said, and for how long; on a loop whose time is a number."""

import asyncio
from random import Random

from tests.machine.toy import run
from tests.simulation.world.randomness import SimulatedRandomness

from headwater.kernel.tasks import Ward
from headwater.registry.errors import RegistryAway
from headwater.registry.validation.verdicts import NO_MS, YES_MS, Use, Verdicts

MARK = b"\0\0\0\0\7"


class ScriptedLook:
    def __init__(self) -> None:
        self.answer: bool | Exception = True
        self.asked: list[Use] = []
        self.takes_s = 0.1

    async def is_registered(self, use: Use) -> bool:
        self.asked.append(use)
        await asyncio.sleep(self.takes_s)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def ward() -> Ward:
    return Ward("tests", children_max=10, randomness=SimulatedRandomness(Random(0)))


async def found(verdicts: Verdicts, subject: str = "orders-value") -> bool | None:
    return await verdicts.find(MARK, subject, by_record=False)


def known(verdicts: Verdicts, subject: str = "orders-value") -> bool | None:
    return verdicts.knows(MARK, subject, by_record=False)


def test_what_was_found_is_known_for_a_while_and_a_no_for_less():
    async def test() -> None:
        look = ScriptedLook()
        verdicts = Verdicts(look, ward=ward())
        assert known(verdicts) is None
        assert await found(verdicts) is True
        assert known(verdicts) is True
        look.answer = False
        assert await found(verdicts, "others") is False
        assert known(verdicts, "others") is False
        await asyncio.sleep((NO_MS + 1) / 1000)
        assert known(verdicts, "others") is None
        assert known(verdicts) is True
        await asyncio.sleep(YES_MS / 1000)
        assert known(verdicts) is None

    run(test)


def test_a_no_is_never_kept_for_longer_than_a_second():
    assert NO_MS <= 1000


def test_who_asks_the_same_meanwhile_waits_for_that_answer():
    async def test() -> None:
        look = ScriptedLook()
        verdicts = Verdicts(look, ward=ward())
        assert await asyncio.gather(*(found(verdicts) for _ in range(5))) == [True] * 5
        assert len(look.asked) == 1

    run(test)


def test_who_stops_waiting_leaves_the_others_their_answer():
    async def test() -> None:
        verdicts = Verdicts(ScriptedLook(), ward=ward())
        first, second = asyncio.ensure_future(found(verdicts)), asyncio.ensure_future(found(verdicts))
        await asyncio.sleep(0)
        first.cancel()
        assert await second is True

    run(test)


def test_no_answer_is_neither_a_yes_nor_a_no_and_is_not_kept():
    async def test() -> None:
        look = ScriptedLook()
        verdicts = Verdicts(look, ward=ward(), deadline_s=1)
        look.answer = RegistryAway("refused")
        assert await found(verdicts) is None
        look.answer, look.takes_s = True, 2
        assert await found(verdicts) is None
        look.takes_s = 0
        assert await found(verdicts) is True

    run(test)
