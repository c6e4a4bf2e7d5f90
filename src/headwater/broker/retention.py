"""Old records go, and what is remembered of idle producers: every log is asked from time to time what may be forgotten.

Kafka's `log.retention.*` and `producer.id.expiration.ms`.
"""

import asyncio
from collections.abc import Callable

from headwater.broker.partitions import Partitions
from headwater.broker.settings import PRODUCER_ID_EXPIRATION_MS, RETENTION_CHECK_INTERVAL_MS
from headwater.kernel.layers import Settings
from headwater.kernel.logging import get
from headwater.kernel.units import SECOND_MS, Timestamp
from headwater.kernel.world import Clock
from headwater.log.errors import LogError
from headwater.log.port import Log
from headwater.log.retention import first_kept

log = get("broker.retention")

_LOGS_AT_ONCE = 50


class Retention:
    """One round looks at every log, some at a time, so that the loop breathes."""

    def __init__(self, partitions: Partitions, settings: Callable[[], Settings], *, clock: Clock) -> None:
        self._partitions = partitions
        self._settings = settings
        self._clock = clock

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._settings()[RETENTION_CHECK_INTERVAL_MS] / SECOND_MS)
            await self.round()

    async def round(self) -> None:
        idle_since = Timestamp(self._clock.now() - self._settings()[PRODUCER_ID_EXPIRATION_MS])
        for number, each in enumerate(self._partitions.open_logs()):
            each.expire_producers(idle_since=idle_since)
            if each.settings.delete_policy:
                await self._trim(each)
            if number % _LOGS_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _trim(self, each: Log) -> None:
        bounds = each.bounds
        first = first_kept(each.spans(), bounds, each.settings, now=self._clock.now())
        if first <= bounds.start:
            return
        try:
            await each.trim(first)
        except LogError as error:
            log.warn("old records could not be deleted", error=error, partition=each.partition)
        else:
            log.info("deleted old records", partition=each.partition, up_to=first)
