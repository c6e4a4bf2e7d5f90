"""Who makes, changes and deletes topics, one step after another, and looks at them in between."""

from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Final, TypeVar

from tests.simulation.broker.history import History
from tests.simulation.broker.producers import ALL_REPLICAS, produce_request
from tests.simulation.broker.topics import Beliefs, Change, Create, Delete, Grow, Observed, Retain, Topic, TopicStep

from headwater.client.admin.configs import Resource, ResourceType, alter_configs, describe_configs, sets
from headwater.client.admin.topics import NewTopic, create_partitions, create_topic, delete_topic
from headwater.client.cluster import Cluster
from headwater.client.consumer import FETCH_VERSIONS
from headwater.client.errors import ClientError, Refused, check
from headwater.client.roles import Leader
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.header import iter_headers
from headwater.wire.batch.records import iter_records
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.fetch_request import FetchPartition, FetchRequest, FetchTopic
from headwater.wire.messages.fetch_response import FetchResponse
from headwater.wire.messages.produce_response import ProduceResponse

NAMES: Final = ("made-0", "made-1", "made-2")
RETENTION: Final = "retention.ms"
PARTITIONS_MAX: Final = 4
_DAY_MS: Final = 86_400_000

Result = TypeVar("Result")


class OneAttempt(Cluster):
    """Tries nothing twice: a second try would hide whether the first was carried out."""

    async def retried(
        self, what: str, attempt: Callable[[], Awaitable[Result]], *, deadline_ms: int | None = None
    ) -> Result:
        try:
            return await attempt()
        except ClientError as failure:
            self._forget(failure)
            raise


class Administrator:
    def __init__(self, cluster: Cluster, history: History, random: Random, beliefs: Beliefs) -> None:
        self._cluster = cluster
        self._history = history
        self._random = random
        self._beliefs = beliefs
        self._lives = 0

    async def step(self) -> None:
        name = self._random.choice(NAMES)
        states = self._beliefs.of(name)
        if len(states) > 1 or self._random.random() < 0.2:
            await self.observe(name)
        elif states[0] is None:
            await self._change(name, self._creation())
        elif self._random.random() < 0.3:
            await self._write(name, states[0].life)
        else:
            await self._change(name, self._modification(states[0]))

    async def observe(self, name: str) -> bool:
        """Whether an answer came. The records are read first: of a topic that is not there they say nothing."""
        self._history.ask()
        try:
            topic = (await self._cluster.metadata((name,))).topics[name]
            if topic.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
                self._note(TopicStep(name=name))
                return True
            check(topic.error_code)
            configs = await describe_configs(self._cluster, Resource(ResourceType.TOPIC, name), names=(RETENTION,))
            lives = await self._lives_in(name)
        except ClientError:
            return False
        retention_ms = int(configs[0].value or 0)
        seen = Observed(partitions=len(topic.partitions), retention_ms=retention_ms, lives=lives)
        self._note(TopicStep(name=name, observed=seen))
        return True

    def _creation(self) -> Create:
        self._lives += 1
        return Create(Topic(life=self._lives, partitions=self._random.randint(1, 2), retention_ms=self._retention()))

    def _modification(self, topic: Topic) -> Change:
        chance = self._random.random()
        if chance < 0.4:
            return Delete()
        if chance < 0.6 and topic.partitions < PARTITIONS_MAX:
            return Grow(topic.partitions + 1)
        return Retain(self._retention())

    def _retention(self) -> int:
        return _DAY_MS * self._random.randint(1, 1_000)

    async def _change(self, name: str, change: Change) -> None:
        self._history.ask()
        try:
            await self._carry_out(name, change)
        except Refused as refused:
            self._note(TopicStep(name=name, change=change, answer=refused.code))
        except ClientError:
            self._note(TopicStep(name=name, change=change))
        else:
            self._note(TopicStep(name=name, change=change, answer=ErrorCode.NONE))

    async def _carry_out(self, name: str, change: Change) -> None:
        match change:
            case Create(topic):
                configs = {RETENTION: str(topic.retention_ms)}
                await create_topic(self._cluster, NewTopic(name=name, partitions=topic.partitions, configs=configs))
            case Delete():
                await delete_topic(self._cluster, name)
            case Grow(partitions):
                await create_partitions(self._cluster, name, partitions)
            case Retain(retention_ms):
                resource = Resource(ResourceType.TOPIC, name)
                await alter_configs(self._cluster, resource, sets({RETENTION: str(retention_ms)}))

    def _note(self, step: TopicStep) -> None:
        self._history.topics.append(step)
        self._beliefs.after(step)

    async def _write(self, name: str, life: int) -> None:
        """A record that says to which life of the topic it belongs. If it gets lost, nobody minds."""
        self._history.ask()
        request = produce_request((name, 0), build_batch([NewRecord(value=b"%d" % life)]), ALL_REPLICAS)
        try:
            await self._cluster.ask_once(Leader(name, 0), request, ProduceResponse)
        except ClientError:
            return

    async def _lives_in(self, name: str) -> frozenset[int]:
        asked = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=2**20)
        request = FetchRequest(max_wait_ms=0, min_bytes=0, topics=(FetchTopic(topic=name, partitions=(asked,)),))
        answer = await self._cluster.ask_once(Leader(name, 0), request, FetchResponse, versions=FETCH_VERSIONS)
        data = answer.responses[0].partitions[0]
        check(data.error_code)
        return frozenset(_lives(data.records)) if isinstance(data.records, memoryview) else frozenset()


def _lives(data: memoryview) -> Sequence[int]:
    return [
        int(record.value or b"")
        for at, header in iter_headers(data)
        for record in iter_records(data[at : at + header.size], header, decompressed_max=2**20)
    ]
