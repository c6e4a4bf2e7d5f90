"""Fetching within `consumer_byte_rate`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.broker.handlers.test_fetch import asking, at, fetched, of, values
from tests.broker.log_rig import LogRig, elapse, log_rig, of_one
from tests.contracts.log_store import append, batch
from tests.machine.toy import run

from headwater.security.quotas.entities import entity_of


@asynccontextmanager
async def limited(rate: float) -> AsyncIterator[LogRig]:
    """With five batches of two hundred bytes, a quarter of a second's worth each."""
    async with log_rig() as rig:
        await rig.create("orders")
        for _ in range(5):
            await append(rig.log("orders"), batch("x" * 200))
        rig.services.quotas.change(entity_of({"user": None}), "consumer_byte_rate", rate)
        yield rig


def test_what_is_too_much_is_not_sent_and_may_be_had_when_the_time_is_over():
    async def test() -> None:
        async with limited(50) as rig:
            assert values(of_one(await fetched(rig, asking(of("orders", at(0, bytes_max=300)))))) == [b"x" * 200]
            response = await fetched(rig, asking(of("orders", at(1, bytes_max=300))))
            assert (response.error_code, response.responses) == (0, ())
            assert response.throttle_time_ms > 0
            await elapse(response.throttle_time_ms)
            response = await fetched(rig, asking(of("orders", at(1, bytes_max=300))))
            assert values(of_one(response)) == [b"x" * 200]
            assert response.throttle_time_ms == 0

    run(test)


def test_a_session_goes_on_after_an_answer_that_was_not_sent():
    async def test() -> None:
        async with limited(50) as rig:
            first = await fetched(rig, asking(of("orders", at(0, bytes_max=300)), session_epoch=0))
            moved = of("orders", at(1, bytes_max=300))
            silent = await fetched(rig, asking(moved, session_id=first.session_id, session_epoch=1))
            assert (silent.session_id, silent.responses) == (first.session_id, ())
            await elapse(silent.throttle_time_ms)
            again = await fetched(rig, asking(session_id=first.session_id, session_epoch=2))
            assert values(of_one(again)) == [b"x" * 200]

    run(test)


def test_one_fetch_takes_no_more_than_could_ever_be_sent():
    async def test() -> None:
        async with limited(30) as rig:
            assert len(values(of_one(await fetched(rig, asking(of("orders", at(0))))))) == 1

    run(test)
