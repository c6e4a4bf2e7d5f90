"""Waits until a fetch has enough to answer with: a long poll.

    read -> enough, or too late? answer : park -> a log moved, or time is up -> read again

A parked fetch has no task and holds no memory but one future, one timer, and a place among the watchers of its logs. It
wakes in the turn of the loop that follows the commit, and looks again at what it asks for. One that has found something, but
less than it wants, looks again after a breath at the earliest: else every record would have all that came before read anew.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from headwater.broker.fetch.asked import Answer, Seen
from headwater.broker.fetch.memory import Borrower, FetchMemory
from headwater.broker.fetch.reading import Order, Target, read_all
from headwater.log.port import Log

_BREATH_S: Final = 0.005


async def poll(targets: Sequence[Target], order: Order, *, memory: FetchMemory, borrower: Borrower) -> list[Answer]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + order.wait_ms / 1000
    while True:
        granted = memory.grant(order.max_bytes)
        try:
            answers = await read_all(targets, order, bytes_max=granted)
        finally:
            memory.give_back(granted)
        size = sum(answer.size for answer in answers)
        if loop.time() >= deadline or size >= min(order.min_bytes, granted) or _hurries(answers):
            memory.lend(borrower, size)
            return answers
        read = [answer.seen for answer in answers if answer.seen is not None]
        del answers  # with their records, which are read again
        if size:
            await asyncio.sleep(min(_BREATH_S, deadline - loop.time()))
        if not any(map(_has_moved, read)):
            await _move([each.log for each in read], deadline)


def _hurries(answers: Sequence[Answer]) -> bool:
    """Something urgent, or nothing to wait for. A partition that does not exist does not hurry: until its client learns
    of it, it asks again and again."""
    return any(answer.is_urgent for answer in answers) or all(answer.seen is None for answer in answers)


def _has_moved(seen: Seen) -> bool:
    """Since it was read, which is some time ago if another partition's bytes were far."""
    now, then = seen.log.bounds, seen.bounds
    if now is then:
        return False
    return (now.high_watermark, now.last_stable, now.start) != (then.high_watermark, then.last_stable, then.start)


async def _move(logs: Sequence[Log], deadline: float) -> None:
    """Until one of the logs moves or closes, or the deadline."""
    loop = asyncio.get_running_loop()
    moved = loop.create_future()

    def wake() -> None:
        if not moved.done():
            moved.set_result(None)

    timer = loop.call_at(deadline, wake)
    for log in logs:
        log.watch(wake)
    try:
        await moved
    finally:
        timer.cancel()
        for log in logs:
            log.unwatch(wake)
