"""Members of a share group over the rig: they say what a Kafka client says, and keep what they are lent."""

from asyncio import get_running_loop
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.broker.rig import Rig, rig

from headwater.broker.fetch.memory import FetchMemory
from headwater.broker.handlers import find_coordinator, share_acknowledge, share_fetch
from headwater.broker.share.sharing import sharing
from headwater.control.cluster.requests import CreateTopic, FeatureChange, UpdateFeatures
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.requests import InitializeState
from headwater.control.share.state import ShareState
from headwater.kernel.settings import Scope
from headwater.kernel.tasks import Ward
from headwater.kernel.units import MiB
from headwater.log.port import Log
from headwater.security.authorizer import Authorizer
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.header import iter_headers
from headwater.wire.batch.records import iter_records
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages import share_acknowledge_request as acknowledging, share_fetch_request as fetching
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.types import TopicName, Uuid, uuid_text

GROUP = "workers"
ORDERS = Uuid(bytes([1]) * 16)
FEW = {"share.coordinator.state.topic.num.partitions": "2"}


def key_of(partition: int = 0, topic_id: Uuid = ORDERS) -> SharePartitionKey:
    return SharePartitionKey(group_id=GROUP, topic_id=topic_id, partition=partition)


@asynccontextmanager
async def sharing_rig(
    *,
    settings: Mapping[str, str] | None = None,
    group: Mapping[str, str] | None = None,
    authorizer: Authorizer | None = None,
    partitions: int = 1,
) -> AsyncIterator[Rig]:
    """A broker with a topic `orders`, whose share partitions are initialized for one group."""
    async with rig(settings={**FEW, **(settings or {})}, authorizer=authorizer) as broker:
        ward = Ward("sharing", children_max=99, randomness=broker.services.randomness)
        services = broker.services
        broker.replace(
            fetch_memory=FetchMemory(bytes_max=64 * MiB),
            sharing=sharing(
                services.partitions,
                services.share_states,
                services.cluster,
                settings=services.settings,
                clock=services.clock,
                randomness=services.randomness,
                ward=ward,
            ),
        )
        for name, text in {"share.auto.offset.reset": "earliest", **(group or {})}.items():
            broker.live.change(Scope.GROUP, GROUP, name, text)
        await broker.decide(
            UpdateFeatures(
                changes=(FeatureChange(name="share.version", level=2, downgrade=False),), validate_only=False
            )
        )
        await make_topic(broker, "orders", ORDERS, partitions)
        keys = (f"{GROUP}:{uuid_text(ORDERS)}:0",)
        await broker.ask(find_coordinator, FindCoordinatorRequest(key_type=2, coordinator_keys=keys), 6)
        await broker.services.share_states.settled()
        for index in range(partitions):
            await initialize(broker, key_of(index))
        try:
            yield broker
        finally:
            await ward.close(deadline_s=1)


async def make_topic(
    broker: Rig, name: str, topic_id: Uuid, partitions: int = 1, settings: Mapping[str, str] | None = None
) -> None:
    topic = CreateTopic(
        name=TopicName(name), topic_id=topic_id, partitions=partitions, replication_factor=1, settings=settings or {}
    )
    await broker.decide(topic)
    await broker.services.partitions.opened(topic_id)


async def initialize(broker: Rig, key: SharePartitionKey, *, epoch: int = 0) -> None:
    assert await broker.services.share_states.ask(str(key), InitializeState(key=key, state_epoch=epoch)) is None


async def remembered(broker: Rig, key: SharePartitionKey | None = None) -> ShareState:
    wanted = key or key_of()
    state = await broker.services.share_states.read(str(wanted), lambda machine: machine.get(wanted))
    assert state is not None
    return state


def log_of(broker: Rig, topic: str = "orders", index: int = 0) -> Log:
    log = broker.services.partitions.find(TopicName(topic), index)
    assert not isinstance(log, ErrorCode)
    return log


async def pass_s(seconds: float) -> None:
    """Of simulated time."""
    loop = get_running_loop()
    passed = loop.create_future()
    loop.call_later(seconds, passed.set_result, None)
    await passed


async def produce(broker: Rig, *values: str, index: int = 0) -> None:
    """One batch."""
    records = [NewRecord(key=b"k", value=each.encode(), timestamp=broker.services.clock.now()) for each in values]
    await log_of(broker, index=index).append((memoryview(build_batch(records)),))


def records_in(parts: Any) -> list[tuple[int, str]]:
    """Offsets and values of the batches in a response."""
    view = memoryview(b"".join(bytes(each) for each in parts) if isinstance(parts, tuple) else bytes(parts or b""))
    return [
        (each.offset, (each.value or b"").decode())
        for at, header in iter_headers(view)
        if not header.is_control
        for each in iter_records(view[at : at + header.size], header, decompressed_max=10**6)
    ]


class Member:
    """One member's session; `lent` has what it was given last: offset to value and delivery count."""

    def __init__(self, broker: Rig, member_id: str = "member/+a==", *, version: int = 2) -> None:
        self.broker = broker
        self.member_id = member_id
        self.version = version
        self.epoch = 0
        self.lent: dict[int, tuple[str, int]] = {}
        self.throttle_ms = 0
        self.acknowledged = 0
        """The code of what was acknowledged with the last fetch."""

    async def fetch(
        self,
        *batches: fetching.AcknowledgementBatch,
        partitions: tuple[int, ...] = (0,),
        wait_ms: int = 0,
        records_max: int = 500,
        renew: bool = False,
        mode: int = 0,
    ) -> int:
        """The code of the request, or of its first partition."""
        names = partitions if self.epoch == 0 or batches else ()
        parts = tuple(fetching.FetchPartition(partition_index=each, acknowledgement_batches=batches) for each in names)
        request = fetching.ShareFetchRequest(
            group_id=GROUP,
            member_id=self.member_id,
            share_session_epoch=self.epoch,
            max_wait_ms=0 if renew else wait_ms,
            min_bytes=0 if renew else 1,
            max_bytes=0 if renew else 10**6,
            max_records=0 if renew else records_max,
            batch_size=records_max,
            share_acquire_mode=mode,
            is_renew_ack=renew,
            topics=(fetching.FetchTopic(topic_id=ORDERS, partitions=parts),) if parts else (),
        )
        answer = await self.broker.ask(share_fetch, request, self.version)
        if answer.error_code:
            return int(answer.error_code)
        self.epoch += 1
        self.throttle_ms = answer.throttle_time_ms
        self.lent, self.acknowledged = {}, 0
        told = [part for topic in answer.responses for part in topic.partitions]
        for part in told:
            self._take(part)
            self.acknowledged = self.acknowledged or part.acknowledge_error_code
        return next((int(part.error_code) for part in told if part.error_code), 0)

    def _take(self, part: Any) -> None:
        values = dict(records_in(part.records))
        for each in part.acquired_records:
            for offset in range(each.first_offset, each.last_offset + 1):
                if offset in values:
                    self.lent[offset] = values[offset], each.delivery_count

    async def acknowledge(
        self, first: int, last: int, *types: int, partition: int = 0, close: bool = False, renew: bool = False
    ) -> int:
        batch = acknowledging.AcknowledgementBatch(first_offset=first, last_offset=last, acknowledge_types=types)
        part = acknowledging.AcknowledgePartition(partition_index=partition, acknowledgement_batches=(batch,))
        request = acknowledging.ShareAcknowledgeRequest(
            group_id=GROUP,
            member_id=self.member_id,
            share_session_epoch=-1 if close else self.epoch,
            is_renew_ack=renew,
            topics=(acknowledging.AcknowledgeTopic(topic_id=ORDERS, partitions=(part,)),),
        )
        answer = await self.broker.ask(share_acknowledge, request, self.version)
        if answer.error_code:
            return int(answer.error_code)
        self.epoch = 0 if close else self.epoch + 1
        return int(answer.responses[0].partitions[0].error_code)


def said(first: int, last: int, *types: int) -> fetching.AcknowledgementBatch:
    """With a fetch."""
    return fetching.AcknowledgementBatch(first_offset=first, last_offset=last, acknowledge_types=types)
