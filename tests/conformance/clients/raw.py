"""Frames over a socket, for what no client library does: repeated batches, gaps, old epochs, wrong versions."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from struct import Struct
from typing import TypeVar

from tests.conformance.clients.port import DEADLINE_S
from tests.conformance.clients.reading import until
from tests.e2e.process import Process

from headwater.kernel.units import MiB, Timestamp
from headwater.wire.batch.builder import NOBODY, NewRecord, Producer, build_batch
from headwater.wire.frames import correlation_id_of, decode_response, encode_request
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.describe_groups_response import DescribeGroupsResponse
from headwater.wire.messages.fetch_request import FetchPartition, FetchRequest, FetchTopic
from headwater.wire.messages.fetch_response import FetchResponse, PartitionData
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.find_coordinator_response import FindCoordinatorResponse
from headwater.wire.messages.init_producer_id_request import InitProducerIdRequest
from headwater.wire.messages.init_producer_id_response import InitProducerIdResponse
from headwater.wire.messages.metadata_request import MetadataRequest, MetadataRequestTopic
from headwater.wire.messages.metadata_response import MetadataResponse, MetadataResponseTopic
from headwater.wire.messages.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from headwater.wire.messages.produce_response import PartitionProduceResponse, ProduceResponse
from headwater.wire.schema import Message
from headwater.wire.types import ZERO_UUID, ProducerEpoch, ProducerId, Sequence as SequenceNumber, Uuid

M = TypeVar("M", bound=Message)

_SIZE = Struct(">i")
BY_NAME = 12
"""The last version of Produce and Fetch that names topics."""
BY_ID = 13
NOW = Timestamp(1_700_000_000_000)


class Raw:
    """One connection. What is sent is answered in its order, so answers may be read later."""

    def __init__(self, broker: Process) -> None:
        self._socket = socket.create_connection(("127.0.0.1", broker.port), DEADLINE_S)
        self._correlation_id = 0

    def ask(self, request: Message, version: int, answer: type[M]) -> M:
        self.send(request, version)
        return self.read(answer, version)

    def send(self, request: Message, version: int) -> None:
        self._correlation_id += 1
        self.send_bytes(
            b"".join(encode_request(request, version, correlation_id=self._correlation_id, client_id="raw"))
        )

    def send_bytes(self, frame: bytes) -> None:
        self._socket.sendall(frame)

    def read(self, answer: type[M], version: int) -> M:
        return decode_response(answer, version, self.read_frame())[1]

    def read_frame(self) -> bytes:
        """The next frame without its size. Raises EOFError when the broker has closed the connection."""
        frame = self._exactly(_SIZE.unpack(self._exactly(_SIZE.size))[0])
        assert correlation_id_of(frame) >= 0
        return frame

    def is_closed(self) -> bool:
        """Waits for the broker to close it, or to say something."""
        try:
            return not self._socket.recv(1)
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._socket.close()

    def _exactly(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            some = self._socket.recv(size - len(found))
            if not some:
                raise EOFError
            found += some
        return bytes(found)

    # --- jobs

    def produce(self, topic: str, batch: bytes | bytearray, *, acks: int = -1) -> PartitionProduceResponse:
        self.send(produce_request(topic, batch, acks=acks), BY_NAME)
        return self.produced()

    def produced(self) -> PartitionProduceResponse:
        return self.read(ProduceResponse, BY_NAME).responses[0].partition_responses[0]

    def fetch(self, topic: str, offset: int, *, leader_epoch: int = -1, last_epoch: int = -1) -> PartitionData:
        request = fetch_request(offset, topic=topic, leader_epoch=leader_epoch, last_epoch=last_epoch)
        return self.ask(request, BY_NAME, FetchResponse).responses[0].partitions[0]

    def topic(self, name: str, *, make: bool = False) -> MetadataResponseTopic:
        request = MetadataRequest(topics=(MetadataRequestTopic(name=name),), allow_auto_topic_creation=make)
        return self.ask(request, 12, MetadataResponse).topics[0]

    def producer(self) -> ProducerId:
        answer = self.ask(InitProducerIdRequest(transactional_id=None), 4, InitProducerIdResponse)
        assert answer.error_code == 0
        return ProducerId(answer.producer_id)

    def coordinated(self, group: str) -> str:
        """The group, once its coordinator is loaded: the first that is asked for makes the topic of all their offsets."""
        asked = FindCoordinatorRequest(key_type=0, coordinator_keys=(group,))
        assert self.ask(asked, 4, FindCoordinatorResponse).coordinators[0].error_code == 0
        until(lambda: self._is_loaded(group), lambda: f"the coordinator of {group} is not loaded")
        return group

    def _is_loaded(self, group: str) -> bool:
        answer = self.ask(DescribeGroupsRequest(groups=(group,)), 5, DescribeGroupsResponse)
        return answer.groups[0].error_code == 0


@contextmanager
def connected(broker: Process) -> Iterator[Raw]:
    raw = Raw(broker)
    try:
        yield raw
    finally:
        raw.close()


def batch_of(*values: bytes | None, producer: Producer = NOBODY, key: bytes | None = None) -> bytearray:
    return build_batch([NewRecord(key=key, value=value, timestamp=NOW) for value in values], producer=producer)


def signed(producer: ProducerId, sequence: int, *values: bytes, epoch: int = 0) -> bytearray:
    """A batch of an idempotent producer."""
    who = Producer(id=producer, epoch=ProducerEpoch(epoch), base_sequence=SequenceNumber(sequence))
    return batch_of(*values, producer=who)


def produce_request(
    topic: str = "", *batches: bytes | bytearray, topic_id: Uuid = ZERO_UUID, acks: int = -1
) -> ProduceRequest:
    """The batches go to the partitions from 0 on."""
    data = tuple(PartitionProduceData(index=index, records=memoryview(each)) for index, each in enumerate(batches))
    return ProduceRequest(
        acks=acks,
        timeout_ms=int(DEADLINE_S * 1_000),
        topic_data=(TopicProduceData(name=topic, topic_id=topic_id, partition_data=data),),
    )


def fetch_request(
    offset: int,
    *,
    topic: str = "",
    topic_id: Uuid = ZERO_UUID,
    partitions: Sequence[int] = (0,),
    wait_ms: int = 0,
    leader_epoch: int = -1,
    last_epoch: int = -1,
) -> FetchRequest:
    places = tuple(
        FetchPartition(
            partition=index,
            fetch_offset=offset,
            current_leader_epoch=leader_epoch,
            last_fetched_epoch=last_epoch,
            partition_max_bytes=MiB,
        )
        for index in partitions
    )
    return FetchRequest(
        max_wait_ms=wait_ms,
        min_bytes=1,
        max_bytes=8 * MiB,
        topics=(FetchTopic(topic=topic, topic_id=topic_id, partitions=places),),
    )


def bare_frame(api_key: int, version: int) -> bytes:
    """A request without a client's name, tags and a body, for APIs and versions that nobody has."""
    body = Struct(">hhihx").pack(api_key, version, 1, -1)
    return _SIZE.pack(len(body)) + body
