"""Who reads, transforms and writes exactly once: all that a transaction read and wrote is over with one word, or none of it.

A pipe now and then stands still until it is fenced or its transaction has timed out, and goes on as if nothing had happened;
or it vanishes and leaves its transaction open. Then it takes up again where the group's offsets say.
"""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Final

from tests.simulation.broker.history import Commit, TopicPartition
from tests.simulation.broker.members import find_committed
from tests.simulation.transactions.ledger import STATE, Attempt, Fate, Flow, Ledger, output_key
from tests.simulation.transactions.ownerships import Ownership
from tests.simulation.transactions.producer import NEW, OLD, TransactionalProducer, check_is_expected

from headwater.client.cluster import Cluster
from headwater.client.consumer import Consumer, records
from headwater.client.errors import ClientError, Refused
from headwater.kernel.units import Timestamp
from headwater.kernel.world import Clock
from headwater.wire.batch.builder import NewRecord

STANDSTILL_S: Final = (1.0, 8.0)
TIMEOUTS_MS: Final = (2_000, 60_000)
PATIENCE_MS: Final = (300, 2_000, 10_000)
INPUTS_MAX: Final = 4
WAIT_MS: Final = 200


class Pipe:
    """`mischief` is how often something goes wrong that nobody but itself is to blame for; without it a pipe takes all that
    there is."""

    def __init__(
        self,
        name: str,
        cluster: Cluster,
        ledger: Ledger,
        random: Random,
        clock: Clock,
        *,
        flow: Flow,
        owner: Ownership,
        mischief: float = 1.0,
    ) -> None:
        self.positions: dict[TopicPartition, int] = {}
        self._name = name
        self._cluster = cluster
        self._ledger = ledger
        self._random = random
        self._clock = clock
        self._flow = flow
        self._owner = owner
        self._mischief = mischief
        self._consumer = Consumer(cluster)
        self._producer: TransactionalProducer | None = None

    async def step(self) -> None:
        """Begin a life, or pass on a little. Whatever goes wrong ends this life."""
        producer, self._producer = self._producer, None
        try:
            if producer is None:
                self._producer = await self._begin()
            elif await self._owner.holds() and await self._pass_on(producer):
                self._producer = producer
        except Refused as refused:
            check_is_expected(refused)
        except ClientError:
            return

    async def _begin(self) -> TransactionalProducer:
        """Offsets are asked for after the claim: what the owner before has open is over by then, or they are unstable."""
        random = self._random
        sources = await self._owner.claim()
        producer = TransactionalProducer(
            self._cluster,
            self._ledger.history,
            self._owner.transactional_id,
            random.choice((OLD, NEW)),
            timeout_ms=random.choice(TIMEOUTS_MS),
            patience_ms=random.choice(PATIENCE_MS) if self._mischief else PATIENCE_MS[-1],
        )
        await producer.begin()
        found = await find_committed(self._cluster, self._flow.group, sources, self._ledger.history) if sources else {}
        self.positions = dict.fromkeys(sources, 0) | found
        return producer

    async def _pass_on(self, producer: TransactionalProducer) -> bool:
        """Whether the producer may go on."""
        if not self.positions:
            return True
        source = self._random.choice(tuple(self.positions))
        offsets = await self._read(source)
        if not offsets:
            return True
        attempt = self._ledger.begin(self._name, self._flow, source, offsets)
        asked = self._ledger.history.ask()
        await self._write(producer, attempt)
        if self._happens(0.05):
            return False
        commits = not self._happens(0.15)
        attempt.fate = Fate.MAYBE if commits else Fate.NEVER
        attempt.fate, goes_on = await producer.end(commits=commits)
        if attempt.fate is Fate.COMMITTED:
            self.positions[source] = attempt.end
            self._note_commit(attempt, asked)
        return goes_on

    async def _read(self, source: TopicPartition) -> Sequence[int]:
        self._ledger.history.ask()
        self._consumer.assign({source: self.positions[source]})
        fetched = await self._consumer.poll(wait_ms=WAIT_MS)
        offsets = [record.offset for each in fetched for record in records(each)]
        return offsets[: self._random.randint(1, INPUTS_MAX)] if self._mischief else offsets

    async def _write(self, producer: TransactionalProducer, attempt: Attempt) -> None:
        """In an order that is never the same: to each sink and to the state in several requests or in one, and the offset."""
        random, name = self._random, attempt.name.encode()
        outputs = {
            sink: [self._record(output_key(attempt.source, at), name) for at in attempt.offsets]
            for sink in attempt.flow.sinks
        }
        outputs[STATE] = [self._record(attempt.state_key, b"%d" % attempt.end)]
        steps = [{place: those} for place, those in outputs.items()] if random.random() < 0.5 else [outputs]
        random.shuffle(steps)
        offset_at = random.randint(0, len(steps))
        for number in range(len(steps) + 1):
            if number == offset_at:
                await producer.send_offset(self._flow.group, attempt.source, attempt.end, self._owner.commits_as)
                await self._stand_still()
            if number < len(steps):
                await producer.send(steps[number])
                await self._stand_still()

    def _record(self, key: bytes, value: bytes) -> NewRecord:
        return NewRecord(key=key, value=value, timestamp=Timestamp(self._clock.now()))

    async def _stand_still(self) -> None:
        if self._happens(0.06):
            await asyncio.sleep(self._random.uniform(*STANDSTILL_S))

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance * self._mischief

    def _note_commit(self, attempt: Attempt, asked: int) -> None:
        history = self._ledger.history
        history.committed.append(
            Commit(group=self._flow.group, place=attempt.source, offset=attempt.end, asked=asked, told=history.tick())
        )
