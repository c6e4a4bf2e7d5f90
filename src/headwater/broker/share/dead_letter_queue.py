"""Copies what share groups give up to the topic of their choice, before it counts as archived (KIP-1191).

The topic must allow it and have the right name, or whoever can write to one topic could have the broker write to another.
Where the copy can't be made, the record is archived all the same, as in Kafka: records that nobody can process must not
stop their group. Each share partition has its letters copied one after another, and never has more than records in flight.
"""

import asyncio
from collections import deque
from functools import partial
from typing import Final

from headwater.broker.errors import DeadLettersRefused, Refused
from headwater.broker.partitions import Partitions
from headwater.broker.settings import DEFAULT_REPLICATION_FACTOR, NUM_PARTITIONS
from headwater.broker.share.dead_letters import batches_within, letters_of
from headwater.broker.share.leader import ShareLeader
from headwater.broker.share.source_records import read_sources
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import CreateTopic
from headwater.control.errors import ControlError, TopicExists
from headwater.control.share.records import DeadLetters
from headwater.control.share.settings import DEAD_LETTER_AUTO_CREATE, DEAD_LETTER_ENABLE, DEAD_LETTER_PREFIX
from headwater.kernel.counters import Counter, Counters
from headwater.kernel.errors import HeadwaterError
from headwater.kernel.layers import LiveSettings
from headwater.kernel.logging import get
from headwater.kernel.tasks import Ward
from headwater.kernel.world import Clock, Randomness
from headwater.log.errors import BatchRefused, LogError
from headwater.log.port import Log
from headwater.machine.errors import MachineError
from headwater.machine.runtime import Runtime
from headwater.wire.batch.builder import build_batch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import TopicName, Uuid

log = get("share.dead_letters")

ATTEMPTS_MAX: Final = 5
_PAUSE_MIN_S: Final = 1.0
_PAUSE_MAX_S: Final = 30.0
_INTERNAL: Final = "__"


class DeadLetterQueue:
    def __init__(
        self,
        partitions: Partitions,
        cluster: Runtime[Cluster],
        *,
        settings: LiveSettings,
        clock: Clock,
        randomness: Randomness,
        ward: Ward,
    ) -> None:
        self._partitions = partitions
        self._cluster = cluster
        self._settings = settings
        self._clock = clock
        self._randomness = randomness
        self._ward = ward
        self._waiting: dict[ShareLeader, deque[DeadLetters]] = {}
        self.copied = self.lost = 0

    def watch(self, counters: Counters) -> None:
        told = (
            ("share_dead_letters_total", "Records that share groups gave up, copied.", lambda: self.copied),
            ("share_dead_letters_lost_total", "Records that could not be copied.", lambda: self.lost),
        )
        for name, doc, value in told:
            counters.watch(name, doc, value, meter=Counter)

    def bury(self, leader: ShareLeader, letters: DeadLetters) -> None:
        """Copy them soon, and have the leader archive them then."""
        waiting = self._waiting.get(leader)
        if waiting is not None:
            waiting.append(letters)
            return
        self._ward.start(f"dead letters of {leader.key}", partial(self._bury_all, leader))
        self._waiting[leader] = deque([letters])

    async def _bury_all(self, leader: ShareLeader) -> None:
        waiting = self._waiting[leader]
        try:
            while waiting:
                letters = waiting[0]
                await self._bury(leader, letters)
                waiting.popleft()
                leader.archive(letters)
        finally:
            del self._waiting[leader]

    async def _bury(self, leader: ShareLeader, letters: DeadLetters) -> None:
        problem: HeadwaterError | None = None
        for attempt in range(ATTEMPTS_MAX):
            problem = await self._try(leader, letters)
            if problem is None:
                self.copied += letters.last - letters.first + 1
                return
            if isinstance(problem, DeadLettersRefused | BatchRefused):
                break
            await asyncio.sleep(min(_PAUSE_MIN_S * 2**attempt, _PAUSE_MAX_S))
        self.lost += letters.last - letters.first + 1
        log.error(
            "dead letters could not be copied; they are archived without",
            share_partition=leader.key,
            first=letters.first,
            last=letters.last,
            error=problem,
        )

    async def _try(self, leader: ShareLeader, letters: DeadLetters) -> HeadwaterError | None:
        try:
            await self._copy(leader, letters)
        except (DeadLettersRefused, Refused, LogError, MachineError) as problem:
            return problem
        return None

    # --- the topic

    async def _copy(self, leader: ShareLeader, letters: DeadLetters) -> None:
        settings = leader.settings()
        target = await self._target(TopicName(settings.dead_letter_topic), leader.key.partition)
        copies = await read_sources(leader.log, letters) if settings.dead_letter_copies else {}
        records = letters_of(leader.key, leader.log.partition.topic, letters, copies, now=self._clock.now())
        for batch in batches_within(records, bytes_max=target.settings.max_message_bytes):
            await target.append((memoryview(build_batch(batch)),))

    async def _target(self, name: TopicName, partition: int) -> Log:
        """The partition that takes them. Raises DeadLettersRefused where the topic may not, and Refused while it can't."""
        self._check_name(name)
        if self._partitions.id_of(name) is None:
            await self._create(name)
        if not self._settings.topic(name)[DEAD_LETTER_ENABLE]:
            raise DeadLettersRefused(f"topic {name} does not take dead letters: {DEAD_LETTER_ENABLE.name} is false")
        count = self._partitions.partition_count(name)
        found = self._partitions.find(name, partition % count) if count else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        if isinstance(found, ErrorCode):
            raise Refused(found, f"topic {name} is not open")
        return found

    def _check_name(self, name: TopicName) -> None:
        prefix = self._settings.broker[DEAD_LETTER_PREFIX]
        if not name or name.startswith(_INTERNAL) or not name.startswith(prefix):
            raise DeadLettersRefused(
                f"a dead letter topic's name begins with {prefix!r}, and not with '__'; this is {name!r}"
            )

    async def _create(self, name: TopicName) -> None:
        broker = self._settings.broker
        if not broker[DEAD_LETTER_AUTO_CREATE]:
            raise DeadLettersRefused(f"there is no topic {name}, and {DEAD_LETTER_AUTO_CREATE.name} is false")
        topic_id = Uuid(self._randomness.uuid())
        answer = await self._cluster.ask(
            CreateTopic(
                name=name,
                topic_id=topic_id,
                partitions=broker[NUM_PARTITIONS],
                replication_factor=min(broker[DEFAULT_REPLICATION_FACTOR], len(self._cluster.head.brokers.active())),
                settings={DEAD_LETTER_ENABLE.name: "true", "message.timestamp.type": "CreateTime"},
            )
        )
        if isinstance(answer, ControlError) and not isinstance(answer, TopicExists):
            raise DeadLettersRefused(f"topic {name} can't be made: {answer}")
        await self._partitions.opened(self._partitions.id_of(name) or topic_id)
