"""Workers that run a job in the loop itself, after as long as a thread might have taken to come to it."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import TypeVar

Result = TypeVar("Result")


class SimulatedWorkers:
    """The `Workers` port: jobs of one process may overtake each other, as with threads."""

    def __init__(self, random: Random, *, delay_max_s: float = 0.002) -> None:
        self._random = random
        self._delay_max_s = delay_max_s

    async def run(self, job: Callable[[], Result]) -> Result:
        await asyncio.sleep(self._random.uniform(0, self._delay_max_s))
        return job()
