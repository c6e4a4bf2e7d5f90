"""A handler's coroutine driven by hand does what a Task would, from its first step to its end."""

import asyncio

import pytest
from tests.broker.serving import LOOPS, run

from headwater.broker.calls import Call

pytestmark = pytest.mark.parametrize("loop", LOOPS)


def begun(coroutine, *, is_for_client=False):
    ended = asyncio.get_running_loop().create_future()
    call = Call(coroutine, lambda value, problem: ended.set_result((value, problem)), is_for_client=is_for_client)
    call.start()
    return call, ended


def test_a_handler_that_awaits_nothing_is_over_when_it_has_started(loop):
    async def handler():
        return 5

    async def test():
        _, ended = begun(handler())
        assert ended.result() == (5, None)

    run(test, loop)


def test_the_first_step_runs_inside_the_call_that_starts_it(loop):
    async def test():
        steps, future = [], asyncio.get_running_loop().create_future()

        async def handler():
            steps.append("first")
            steps.append(await future)
            await asyncio.sleep(0)
            return "done"

        _, ended = begun(handler())
        assert steps == ["first"]
        future.set_result("second")
        assert await ended == ("done", None)
        assert steps == ["first", "second"]

    run(test, loop)


def test_what_a_future_fails_with_is_raised_in_the_handler(loop):
    async def test():
        future = asyncio.get_running_loop().create_future()

        async def handler():
            try:
                await future
            except KeyError as problem:
                raise ValueError("from the handler") from problem

        _, ended = begun(handler())
        future.set_exception(KeyError())
        value, problem = await ended
        assert value is None
        assert isinstance(problem, ValueError)

    run(test, loop)


def test_a_handler_can_wait_for_several_futures_and_for_other_tasks(loop):
    async def test():
        late = asyncio.get_running_loop().create_future()

        async def handler():
            asyncio.get_running_loop().call_soon(late.set_result, "two")
            one, two = await asyncio.gather(asyncio.sleep(0, "one"), late)
            return one + two

        _, ended = begun(handler())
        assert await ended == ("onetwo", None)

    run(test, loop)


def test_a_cancelled_handler_can_still_clean_up_what_it_began(loop):
    async def test():
        cleaned = []

        async def handler():
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                await asyncio.sleep(0)
                cleaned.append(True)

        call, ended = begun(handler())
        call.cancel()
        _, problem = await ended
        assert isinstance(problem, asyncio.CancelledError)
        assert cleaned == [True]

    run(test, loop)


@pytest.mark.parametrize("is_for_client", [True, False])
def test_only_what_was_for_the_client_alone_ends_with_it(loop, is_for_client):
    async def test():
        future = asyncio.get_running_loop().create_future()

        async def handler():
            await future
            return "went on"

        call, ended = begun(handler(), is_for_client=is_for_client)
        call.client_left()
        if not is_for_client:
            future.set_result(None)
        value, problem = await ended
        assert isinstance(problem, asyncio.CancelledError) if is_for_client else value == "went on"

    run(test, loop)
