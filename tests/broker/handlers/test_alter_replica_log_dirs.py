"""AlterReplicaLogDirs, where there is one folder."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, rig
from tests.machine.toy import run

from headwater.broker.handlers import alter_replica_log_dirs
from headwater.control.cluster.requests import CreateTopic
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.alter_replica_log_dirs_request import (
    AlterReplicaLogDir,
    AlterReplicaLogDirsRequest,
    AlterReplicaLogDirTopic,
)
from headwater.wire.types import TopicName, Uuid

HERE, ELSEWHERE = "/data", "/elsewhere"


def altered(*wanted: tuple[str, str, tuple[int, ...]], version: int = 2, **of_rig: Any) -> dict[tuple[str, int], int]:
    dirs = tuple(
        AlterReplicaLogDir(path=path, topics=(AlterReplicaLogDirTopic(name=name, partitions=partitions),))
        for path, name, partitions in wanted
    )

    async def test() -> Any:
        async with rig(**of_rig) as broker:
            new = CreateTopic(name=TopicName("t"), topic_id=Uuid(bytes([1]) * 16), partitions=2, replication_factor=1)
            await broker.services.partitions.opened((await broker.decide(new)).topic_id)
            return await broker.ask(alter_replica_log_dirs, AlterReplicaLogDirsRequest(dirs=dirs), version)

    return {
        (topic.topic_name, each.partition_index): each.error_code
        for topic in run(test).results
        for each in topic.partitions
    }


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_there_already_is_done_and_what_is_not_there_is_unknown(version: int):
    codes = altered((HERE, "t", (0, 7)), (HERE, "no", (0,)), version=version)
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert codes == {("t", 0): ErrorCode.NONE, ("t", 7): unknown, ("no", 0): unknown}


def test_there_is_no_other_folder_whatever_should_go_there():
    codes = altered((ELSEWHERE, "t", (0,)), (ELSEWHERE, "no", (0,)), (HERE + "/", "t", (1,)))
    assert set(codes.values()) == {ErrorCode.LOG_DIR_NOT_FOUND}


def test_a_partition_that_is_named_twice_goes_where_it_is_named_last():
    assert altered((HERE, "t", (0,)), (ELSEWHERE, "t", (0,))) == {("t", 0): ErrorCode.LOG_DIR_NOT_FOUND}


def test_who_may_not_alter_the_cluster_is_refused_for_each_partition():
    codes = altered((HERE, "t", (0, 1)), authorizer=Forbid((Operation.ALTER, THE_CLUSTER)))
    assert set(codes.values()) == {ErrorCode.CLUSTER_AUTHORIZATION_FAILED}
    assert len(codes) == 2
