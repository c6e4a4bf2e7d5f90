"""A transaction that hangs: a partition has it open, and its coordinator knows nothing of it."""

from headwater.client.address import addresses_of
from headwater.client.cluster import Cluster
from headwater.client.roles import Leader
from headwater.kernel.real.clock import SystemClock
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.units import Timestamp
from headwater.wire.batch.builder import NewRecord, Producer as Batched, build_batch
from headwater.wire.messages.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from headwater.wire.messages.produce_response import ProduceResponse
from headwater.wire.schema import Versions
from headwater.wire.types import ProducerEpoch, ProducerId, Sequence


async def hang(bootstrap: str, topic: str, *, producer: int, age_ms: int = 0) -> None:
    """Write as a producer whose coordinator was never told, which an old broker let pass."""
    made = build_batch(
        [NewRecord(value=b"lost", timestamp=Timestamp(SystemClock().now() - age_ms))],
        producer=Batched(id=ProducerId(producer), epoch=ProducerEpoch(0), base_sequence=Sequence(0)),
        transactional=True,
    )
    part = PartitionProduceData(index=0, records=memoryview(made))
    request = ProduceRequest(
        transactional_id="forgotten",
        acks=-1,
        timeout_ms=1_000,
        topic_data=(TopicProduceData(name=topic, partition_data=(part,)),),
    )
    async with Cluster(addresses_of(bootstrap), randomness=SystemRandomness()) as cluster:
        answer = await cluster.ask(Leader(topic, 0), request, ProduceResponse, versions=Versions(10, 10))
    assert answer.responses[0].partition_responses[0].error_code == 0
