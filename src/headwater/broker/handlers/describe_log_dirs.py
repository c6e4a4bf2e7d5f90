"""DescribeLogDirs: how much each partition takes, and how much room is left (KIP-113, KIP-827). There is one folder."""

from collections.abc import Iterable, Iterator, Sequence

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.log.port import Log
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_log_dirs_request import DescribeLogDirsRequest
from headwater.wire.messages.describe_log_dirs_response import (
    DescribeLogDirsPartition,
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
    DescribeLogDirsTopic,
)
from headwater.wire.types import TopicName


def refuse(request: DescribeLogDirsRequest, code: ErrorCode) -> DescribeLogDirsResponse:
    """Before version 3 there is no place for the code: clients take an answer without folders as a refusal."""
    del request
    return DescribeLogDirsResponse(error_code=code)


API = Api(DescribeLogDirsRequest, versions=between(1, 5), refuse=refuse, needs=(the_cluster(Operation.DESCRIBE),))


async def handle(context: Context, request: DescribeLogDirsRequest) -> DescribeLogDirsResponse:
    folder = context.services.log_directory()
    result = DescribeLogDirsResult(
        log_dir=folder.path,
        topics=tuple(_topics(_logs(context, request))),
        total_bytes=folder.total_bytes,
        usable_bytes=folder.usable_bytes,
    )
    return DescribeLogDirsResponse(results=(result,))


def _logs(context: Context, request: DescribeLogDirsRequest) -> Sequence[Log]:
    """No topics are all of them; what is not here is passed over, as in Kafka."""
    partitions = context.services.partitions
    if request.topics is None:
        return partitions.open_logs()
    asked = ((TopicName(topic.topic), index) for topic in request.topics for index in topic.partitions)
    found = (partitions.find(name, index) for name, index in dict.fromkeys(asked))
    return [each for each in found if not isinstance(each, ErrorCode)]


def _topics(logs: Iterable[Log]) -> Iterator[DescribeLogDirsTopic]:
    by_topic: dict[TopicName, list[DescribeLogDirsPartition]] = {}
    for log in logs:
        by_topic.setdefault(log.partition.topic, []).append(
            DescribeLogDirsPartition(partition_index=log.partition.index, partition_size=log.size)
        )
    for name, partitions in by_topic.items():
        yield DescribeLogDirsTopic(name=name, partitions=tuple(partitions))
