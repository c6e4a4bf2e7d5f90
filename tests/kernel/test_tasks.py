"""Groups, wards and their ends."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from headwater.kernel.errors import TooBusy
from headwater.kernel.tasks import Backoff, Group, Ward, stop, within


class Lowest:
    """The randomness that always draws the same: the least, or the most."""

    def __init__(self, *, most: bool = False) -> None:
        self._most = most

    def uuid(self) -> bytes:
        return bytes(16)

    def below(self, bound: int) -> int:
        return bound - 1 if self._most else 0

    def bytes(self, count: int) -> bytes:
        return bytes(count)


def ward(children_max: int = 10) -> Ward:
    return Ward("tests", children_max=children_max, randomness=Lowest())


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        await test()

    asyncio.run(all_of_it())


async def forever() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise ValueError("on purpose")


async def nothing() -> None:
    return


def test_a_failure_in_a_group_cancels_the_rest_and_is_raised():
    async def test() -> None:
        group = Group()
        with pytest.raises(ExceptionGroup):
            async with group:
                other = group.start("other", forever())
                group.start("failing", fail())
        assert other.cancelled()
        assert other.get_name() == "other"

    run(test)


def test_a_child_of_a_ward_fails_alone_and_is_counted_and_logged(caplog: pytest.LogCaptureFixture):
    async def test() -> None:
        here, ended = ward(), list[str]()
        other = here.start("other", forever)
        failing = here.start("failing", fail, ended=lambda: ended.append("failing"))
        await failing
        await asyncio.sleep(0)
        assert not other.done()
        assert (here.failures, len(here), ended) == (1, 1, ["failing"])
        assert await here.close(deadline_s=1)

    run(test)
    assert "a task failed" in caplog.text
    assert "on purpose" in caplog.text


def test_what_a_child_held_is_closed_even_if_it_never_took_a_step():
    async def test() -> None:
        here, ended = ward(), list[str]()
        here.start("cancelled at once", forever, ended=lambda: ended.append("closed")).cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (ended, len(here), here.failures) == (["closed"], 0, 0)

    run(test)


def test_a_child_declared_to_be_restarted_runs_until_it_returns():
    async def test() -> None:
        here, starts, ended = ward(), list[int](), list[str]()

        async def third_time_lucky() -> None:
            starts.append(1)
            if len(starts) < 3:
                await fail()

        restart = Backoff(first_ms=0, most_ms=0)
        await here.start("lucky", third_time_lucky, ended=lambda: ended.append("once"), restart=restart)
        await asyncio.sleep(0)
        assert (len(starts), here.failures, ended) == (3, 2, ["once"])

    run(test)


def test_back_off_doubles_up_to_its_most_and_half_of_it_is_chance():
    backoff = Backoff(first_ms=100, most_ms=1_000)
    assert [backoff.delay_ms(failures, Lowest()) for failures in (1, 2, 3, 4, 5, 999)] == [
        100,
        200,
        400,
        800,
        1000,
        1000,
    ]
    assert [backoff.delay_ms(failures, Lowest(most=True)) for failures in (1, 2, 5)] == [50, 100, 500]


def test_a_full_ward_and_a_closed_one_take_nobody():
    async def test() -> None:
        here = ward(children_max=1)
        here.start("only", forever)
        with pytest.raises(TooBusy):
            here.start("one too many", nothing)
        assert await here.close(deadline_s=1)
        with pytest.raises(TooBusy):
            here.start("too late", nothing)

    run(test)


def test_closing_does_not_wait_longer_than_its_deadline(caplog: pytest.LogCaptureFixture):
    async def test() -> None:
        here, release = ward(), asyncio.Event()

        async def stubborn() -> None:
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue

        child = here.start("stubborn", stubborn)
        await asyncio.sleep(0)
        assert not await here.close(deadline_s=0)
        release.set()
        await child

    run(test)
    assert "did not end" in caplog.text


def test_stopping_gives_back_what_did_not_end():
    async def test() -> None:
        assert await stop((), deadline_s=0) == ()
        ending = asyncio.create_task(forever())
        assert await stop((ending,), deadline_s=1) == ()
        assert ending.cancelled()

    run(test)


def test_work_past_its_deadline_is_cancelled():
    async def test() -> None:
        with pytest.raises(TimeoutError):
            await within(0, forever())

        async def seven() -> int:
            return 7

        assert await within(1, seven()) == 7

    run(test)
