"""DescribeLogDirs: what partitions take, and the room that is left."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, rig
from tests.contracts.log_store import batch
from tests.machine.toy import run

from headwater.broker.handlers import describe_log_dirs
from headwater.control.cluster.requests import CreateTopic
from headwater.log.port import Log, Origin
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_log_dirs_request import DescribableLogDirTopic, DescribeLogDirsRequest
from headwater.wire.types import TopicName, Uuid

DATA = batch("a", "b")


def described(*topics: tuple[str, tuple[int, ...]], version: int = 5, **of_rig: Any) -> Any:
    items = tuple(DescribableLogDirTopic(topic=name, partitions=indexes) for name, indexes in topics)

    async def test() -> Any:
        async with rig(**of_rig) as broker:
            new = CreateTopic(name=TopicName("t"), topic_id=Uuid(bytes([1]) * 16), partitions=2, replication_factor=1)
            await broker.services.partitions.opened((await broker.decide(new)).topic_id)
            log = broker.services.partitions.find(TopicName("t"), 0)
            assert not isinstance(log, ErrorCode)
            await written(log)
            return await broker.ask(describe_log_dirs, DescribeLogDirsRequest(topics=items or None), version)

    return run(test)


async def written(log: Log) -> None:
    await log.append([memoryview(bytearray(DATA))], origin=Origin.COORDINATOR)  # whose times are not looked at


def sizes(result: Any) -> dict[tuple[str, int], int]:
    return {(topic.name, p.partition_index): p.partition_size for topic in result.topics for p in topic.partitions}


@pytest.mark.parametrize("version", range(1, 6))
def test_every_version_tells_what_each_partition_takes(version):
    (result,) = described(version=version).results
    assert (result.error_code, result.log_dir) == (ErrorCode.NONE, "/data")
    assert sizes(result) == {("t", 0): len(DATA), ("t", 1): 0}


def test_the_room_of_the_folder_is_told_since_version_4():
    old, new = (described(version=version).results[0] for version in (3, 4))
    assert (old.total_bytes, old.usable_bytes) == (-1, -1)
    assert (new.total_bytes, new.usable_bytes) == (1_000, 400)


def test_only_what_is_asked_for_and_here_is_told():
    (result,) = described(("t", (1, 7)), ("x", (0,))).results
    assert sizes(result) == {("t", 1): 0}


def test_telling_needs_the_right_to_it():
    response = described(authorizer=Forbid((Operation.DESCRIBE, THE_CLUSTER)))
    assert (response.error_code, response.results) == (ErrorCode.CLUSTER_AUTHORIZATION_FAILED, ())
