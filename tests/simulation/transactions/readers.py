"""Who reads what is committed, as Kafka's consumers do with `isolation.level=read_committed`."""

import asyncio
from collections.abc import Sequence
from random import Random

from tests.simulation.broker.history import History, TopicPartition
from tests.simulation.transactions.ledger import Seen

from headwater.client.admin.offsets import At, find_offset
from headwater.client.cluster import Cluster
from headwater.client.consumer import Consumer, FetchOptions, Isolation, records
from headwater.client.errors import ClientError

WAIT_MS = 300
STANDS_STILL_S = 60.0


class CommittedReader:
    """Of these partitions, from their beginnings on; what it sees it keeps."""

    def __init__(self, cluster: Cluster, history: History, random: Random, places: Sequence[TopicPartition]) -> None:
        options = FetchOptions(
            isolation=Isolation.READ_COMMITTED, partition_bytes_max=random.choice((1, 1_000, 20_000))
        )
        self.seen: dict[TopicPartition, list[Seen]] = {place: [] for place in places}
        self._cluster = cluster
        self._history = history
        self._consumer = Consumer(cluster, options=options)
        self._consumer.assign(dict.fromkeys(places, 0))

    def position(self, place: TopicPartition) -> int:
        return self._consumer.positions[place]

    async def step(self) -> None:
        self._history.ask()
        try:
            fetched = await self._consumer.poll(wait_ms=WAIT_MS)
        except ClientError:
            return
        for each in fetched:
            seen = self.seen[each.topic, each.partition]
            for record in records(each):
                assert not seen or record.offset > seen[-1].offset, f"{record.offset} comes after {seen[-1]}"
                seen.append(Seen(offset=record.offset, key=record.key or b"", value=record.value))

    async def catch_up(self) -> None:
        """To the ends of the logs: nothing there may stay undecided, for all transactions are over or time out."""
        for place in self.seen:
            await stable(self._cluster, place)
            end = (await find_offset(self._cluster, *place, At.LATEST)).offset
            while self.position(place) < end:
                await self.step()


async def stable(cluster: Cluster, place: TopicPartition) -> None:
    """Until everything in the partition is decided."""
    started = asyncio.get_running_loop().time()
    while True:
        decided = await find_offset(cluster, *place, At.LATEST, read_committed=True)
        if decided.offset == (await find_offset(cluster, *place, At.LATEST)).offset:
            return
        waited = asyncio.get_running_loop().time() - started
        assert waited < STANDS_STILL_S, f"the last stable offset of {place} stands still at {decided.offset}"
        await asyncio.sleep(1)


async def read_all(cluster: Cluster, history: History, random: Random, place: TopicPartition) -> list[Seen]:
    """What a newcomer finds in one partition. Raises ClientError.

    It reads until it has caught up with those who write: only then compaction promises it the last value of each key.
    """
    reader = CommittedReader(cluster, history, random, (place,))
    while reader.position(place) < (await find_offset(cluster, *place, At.LATEST, read_committed=True)).offset:
        await reader.step()
    return reader.seen[place]
