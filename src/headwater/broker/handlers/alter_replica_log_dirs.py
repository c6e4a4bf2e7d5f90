"""AlterReplicaLogDirs: move partitions to another folder of the broker (KIP-113). There is one, and there they are already."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.alter_replica_log_dirs_request import AlterReplicaLogDirsRequest
from headwater.wire.messages.alter_replica_log_dirs_response import (
    AlterReplicaLogDirPartitionResult,
    AlterReplicaLogDirsResponse,
    AlterReplicaLogDirTopicResult,
)
from headwater.wire.types import TopicName

Wanted = dict[TopicName, dict[int, str]]
"""Of each partition the folder. One that is named twice goes where it is named last."""


def refuse(request: AlterReplicaLogDirsRequest, code: ErrorCode) -> AlterReplicaLogDirsResponse:
    return _response({name: dict.fromkeys(partitions, code) for name, partitions in _wanted(request).items()})


API = Api(AlterReplicaLogDirsRequest, versions=between(1, 2), refuse=refuse, needs=(the_cluster(Operation.ALTER),))


async def handle(context: Context, request: AlterReplicaLogDirsRequest) -> AlterReplicaLogDirsResponse:
    own = context.services.log_directory().path
    return _response(
        {
            name: {index: _outcome(context, name, index, path, own) for index, path in partitions.items()}
            for name, partitions in _wanted(request).items()
        }
    )


def _wanted(request: AlterReplicaLogDirsRequest) -> Wanted:
    wanted: Wanted = {}
    for folder in request.dirs:
        for topic in folder.topics:
            wanted.setdefault(TopicName(topic.name), {}).update(dict.fromkeys(topic.partitions, folder.path))
    return wanted


def _outcome(context: Context, topic: TopicName, index: int, path: str, own: str) -> ErrorCode:
    if path != own:
        return ErrorCode.LOG_DIR_NOT_FOUND
    found = context.services.partitions.find(topic, index)
    return found if isinstance(found, ErrorCode) else ErrorCode.NONE


def _response(outcomes: dict[TopicName, dict[int, ErrorCode]]) -> AlterReplicaLogDirsResponse:
    return AlterReplicaLogDirsResponse(
        results=tuple(
            AlterReplicaLogDirTopicResult(
                topic_name=name,
                partitions=tuple(
                    AlterReplicaLogDirPartitionResult(partition_index=index, error_code=code)
                    for index, code in partitions.items()
                ),
            )
            for name, partitions in outcomes.items()
        )
    )
