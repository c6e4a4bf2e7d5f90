"""The same requests to Apache Kafka and to us, one after the other on new clusters: every code of every answer is the same.

Only what an answer says is compared (codes, names, counts), not how: ids, times and texts are each broker's own.
"""

import socket
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import msgspec
import pytest
from tests.conformance.quota_cases import quota_cases
from tests.e2e.process import Process
from tools.apache_kafka import Release, apache_kafka

from headwater.wire.apis import APIS
from headwater.wire.error_codes import ErrorCode
from headwater.wire.frames import decode_response, encode_request
from headwater.wire.messages import (
    add_raft_voter_request as joining,
    alter_configs_request as replacing,
    alter_partition_reassignments_request as reassigning,
    alter_replica_log_dirs_request as moving,
    create_partitions_request as growing,
    create_topics_request as creating,
    delete_topics_request as deleting,
    describe_cluster_request as clusters,
    describe_configs_request as configs,
    describe_topic_partitions_request as pages,
    elect_leaders_request as electing,
    incremental_alter_configs_request as changing,
    list_partition_reassignments_request as under_way,
    metadata_request as metadata,
    remove_raft_voter_request as leaving,
    unregister_broker_request as forgetting,
    update_features_request as features,
)
from headwater.wire.schema import Message
from headwater.wire.types import ZERO_UUID, Uuid

pytestmark = pytest.mark.java

TIMEOUT_S = 30.0
STATIC_QUORUM: Final = {"controller.quorum.voters": "1@{controller}"}
"""As a new folder of ours has it."""
NO_SUCH_ID = Uuid(bytes([5]) * 16)
SAID: Final = frozenset(
    (
        *(
            "name",
            "topic",
            "topic_name",
            "resource_type",
            "resource_name",
            "partition_index",
            "partition_id",
            "feature",
        ),
        *("num_partitions", "replication_factor", "leader_epoch", "replica_nodes", "isr_nodes", "is_internal"),
        *("next_cursor", "topic_authorized_operations", "cluster_authorized_operations"),
        *("entity_type", "entity_name", "key", "user"),
        *("error_code", "topic_config_error_code"),
    )
)
SINCE_4_4: Final = (
    "errors.deadletterqueue.group.enable",
    "max.decompressed.message.bytes",
    "remote.copy.lag.bytes",
    "remote.copy.lag.ms",
)
"""Settings of topics that the judge, which is 4.3, does not know yet."""
TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND = range(3)


def new(
    name: str, count: int = 1, factor: int = 1, *replicas: tuple[int, tuple[int, ...]], **settings: str | None
) -> Any:
    return creating.CreatableTopic(
        name=name,
        num_partitions=count,
        replication_factor=factor,
        assignments=tuple(creating.CreatableReplicaAssignment(partition_index=i, broker_ids=b) for i, b in replicas),
        configs=tuple(
            creating.CreatableTopicConfig(name=each.replace("_", "."), value=value) for each, value in settings.items()
        ),
    )


assigned = partial(new, count=-1, factor=-1)


def grown(name: str, count: int, *replicas: tuple[int, ...]) -> Any:
    given = tuple(growing.CreatePartitionsAssignment(broker_ids=each) for each in replicas) or None
    return growing.CreatePartitionsTopic(name=name, count=count, assignments=given)


def change(type_: int, name: str, *changes: tuple[str, int, str | None]) -> Message:
    items = tuple(changing.AlterableConfig(name=n, config_operation=how, value=value) for n, how, value in changes)
    item = changing.AlterConfigsResource(resource_type=type_, resource_name=name, configs=items)
    return changing.IncrementalAlterConfigsRequest(resources=(item,))


def replaced(type_: int, name: str, setting: str, value: str | None) -> Any:
    item = replacing.AlterableConfig(name=setting, value=value)
    return replacing.AlterConfigsResource(resource_type=type_, resource_name=name, configs=(item,))


def described(type_: int, name: str) -> Any:
    return configs.DescribeConfigsResource(
        resource_type=type_, resource_name=name, configuration_keys=("retention.ms", "max.connections", "interval.ms")
    )


def topics(*names: str) -> Any:
    return tuple(metadata.MetadataRequestTopic(name=each) for each in names)


def page(*names: str, limit: int = 2, **more: Any) -> Message:
    asked = tuple(pages.TopicRequest(name=each) for each in names)
    return pages.DescribeTopicPartitionsRequest(topics=asked, response_partition_limit=limit, **more)


def election(*items: tuple[str, tuple[int, ...]], kind: int = 0) -> Message:
    named = tuple(electing.TopicPartitions(topic=name, partitions=indexes) for name, indexes in items) or None
    return electing.ElectLeadersRequest(topic_partitions=named, election_type=kind)


def moved(name: str, index: int, replicas: tuple[int, ...] | None) -> Any:
    part = reassigning.ReassignablePartition(partition_index=index, replicas=replicas)
    return reassigning.ReassignableTopic(name=name, partitions=(part,))


def level(name: str, to: int, kind: int = 1) -> Message:
    update = features.FeatureUpdateKey(feature=name, max_version_level=to, upgrade_type=kind)
    return features.UpdateFeaturesRequest(feature_updates=(update,))


def folder(path: str, *items: tuple[str, tuple[int, ...]]) -> Any:
    topics = tuple(moving.AlterReplicaLogDirTopic(name=name, partitions=indexes) for name, indexes in items)
    return moving.AlterReplicaLogDir(path=path, topics=topics)


def quorum_cases() -> Iterator[tuple[Message, int]]:
    """Of a quorum whose voters stand in settings."""
    listener = joining.Listener(name="CONTROLLER", host="h", port=1)
    for cluster, voter, directory in (("x", 2, NO_SUCH_ID), (None, -1, NO_SUCH_ID), (None, 2, ZERO_UUID)):
        named: Any = {"cluster_id": cluster, "voter_id": voter, "voter_directory_id": directory}
        yield joining.AddRaftVoterRequest(**named, listeners=(listener,)), 1
        yield leaving.RemoveRaftVoterRequest(**named), 0
    for voter in (1, 2):
        named = {"cluster_id": None, "voter_id": voter, "voter_directory_id": NO_SUCH_ID}
        yield joining.AddRaftVoterRequest(**named, listeners=(listener,)), 0
        yield joining.AddRaftVoterRequest(**named), 1
        yield leaving.RemoveRaftVoterRequest(**named), 0
    yield forgetting.UnregisterBrokerRequest(broker_id=9), 0


def gone(name: str | None = None, topic_id: Uuid = ZERO_UUID) -> Any:
    return deleting.DeleteTopicState(name=name, topic_id=topic_id)


def cases() -> Iterator[tuple[Message, int]]:
    """In this order, for each finds what those before it made."""
    yield creating.CreateTopicsRequest(topics=(new("a", 3, retention_ms="5"), new("b"), new("p.q"))), 7
    yield creating.CreateTopicsRequest(topics=(new("a"), new("a b"), new(""), new("p_q"), new("d"), new("d"))), 7
    yield creating.CreateTopicsRequest(topics=(new("x", 0), new("y", 1, 2), new("z", 1, 0), new("o", -1, -1))), 6
    yield creating.CreateTopicsRequest(topics=(new("s", no_such="1"), new("n", retention_ms=None))), 5
    yield (
        creating.CreateTopicsRequest(
            topics=(
                assigned(
                    "e",
                ),
                assigned("__cluster_metadata"),
            )
        ),
        5,
    )
    for index, replicas in ((0, (1,)), (1, (1,)), (0, (9,)), (0, (1, 1)), (0, ())):
        item = new("r", -1, -1, (index, replicas))
        yield creating.CreateTopicsRequest(topics=(item, new("r1", 1, -1, (0, (1,)))), validate_only=True), 7
    yield growing.CreatePartitionsRequest(topics=(grown("a", 4), grown("b", 1), grown("no", 3)), timeout_ms=30_000), 3
    yield growing.CreatePartitionsRequest(topics=(grown("b", 3, (1,)), grown("p.q", 0)), timeout_ms=30_000), 3
    yield from ((change(*each), 1) for each in changes())
    wrong = replaced(TOPIC, "no", "segment.ms", "7"), replaced(LOGGER, "1", "root", "INFO")
    empty = replaced(TOPIC, "a", "segment.ms", None), replaced(77, "q", "a", "b")
    yield replacing.AlterConfigsRequest(resources=(replaced(TOPIC, "b", "segment.ms", "100000"), *wrong, *empty)), 2
    asked = (TOPIC, "a"), (TOPIC, "no"), (TOPIC, "a b"), (BROKER, "2"), (BROKER, "one"), (LOGGER, ""), (LOGGER, "2")
    more = (GROUP, ""), (METRICS, ""), (METRICS, "m"), (BROKER, "")
    yield configs.DescribeConfigsRequest(resources=tuple(described(*each) for each in (*asked, *more))), 4
    yield configs.DescribeConfigsRequest(resources=(described(77, "x"), described(TOPIC, "a"))), 4
    for version in (4, 8, 10, 13):
        yield metadata.MetadataRequest(topics=topics("a", "no", "a b"), allow_auto_topic_creation=False), version
    for version in (10, 11, 12):
        by_id = metadata.MetadataRequestTopic(name="a" if version < 12 else None, topic_id=NO_SUCH_ID)
        yield metadata.MetadataRequest(topics=(by_id,)), version
    cursors = ("a", 3), ("a", -1), ("zz", 0)
    yield page("a", "no", "a b"), 0
    yield from ((page("a", cursor=pages.Cursor(topic_name=n, partition_index=i)), 0) for n, i in cursors)
    yield from ((clusters.DescribeClusterRequest(endpoint_type=each), 2) for each in (1, 2, 7))
    yield from ((election(("a", (0, 9)), ("no", (0,)), kind=kind), 2) for kind in (0, 1, 5))
    yield election(), 2
    items = moved("a", 0, (1,)), moved("no", 0, (1,)), moved("b", 0, (9,)), moved("a", 1, None), moved("a", 2, (1, 1))
    yield reassigning.AlterPartitionReassignmentsRequest(topics=items), 0
    yield under_way.ListPartitionReassignmentsRequest(topics=None), 0
    yield from ((level(*each), 1) for each in (("no.such", 1), ("metadata.version", 1), ("metadata.version", 22, 9)))
    for version in (1, 2):
        nowhere = folder("/nowhere", ("a", (0, 1)), ("no", (0,))), folder("relative", ("b", (0,)))
        yield moving.AlterReplicaLogDirsRequest(dirs=nowhere), version
    yield from quorum_cases()
    yield from quota_cases()
    both = gone("a", NO_SUCH_ID)
    mixed = gone("b"), gone("no"), gone(topic_id=NO_SUCH_ID), gone(), both, gone("a"), gone("a")
    yield deleting.DeleteTopicsRequest(topics=mixed, timeout_ms=30_000), 6
    yield deleting.DeleteTopicsRequest(topic_names=("no", "a"), timeout_ms=30_000), 3


def changes() -> Iterator[tuple[Any, ...]]:
    yield TOPIC, "a", ("cleanup.policy", APPEND, "compact")
    yield TOPIC, "a", ("retention.ms", DELETE, None)
    yield TOPIC, "no", ("retention.ms", SET, "5")
    yield TOPIC, "", ("retention.ms", SET, "5")
    yield TOPIC, "a", ("no.such", SET, "5")
    yield TOPIC, "a", ("retention.ms", SET, None)
    yield TOPIC, "a", ("retention.ms", APPEND, "5")
    yield TOPIC, "a", ("retention.ms", SET, "5"), ("retention.ms", SET, "6")
    yield BROKER, "1", ("num.partitions", SET, "5")
    yield BROKER, "2", ("max.connections", SET, "5")
    yield BROKER, "one", ("max.connections", SET, "5")
    yield BROKER, "", ("max.connections", SET, "500")
    yield BROKER, "", ("listeners", SET, "PLAINTEXT://:1")
    yield GROUP, "", ("consumer.session.timeout.ms", SET, "50000")
    yield METRICS, "m", ("interval.ms", SET, "1000")
    yield METRICS, "m", ("match", SET, "foo=bar")
    yield METRICS, "", ("interval.ms", SET, "1000")
    yield LOGGER, "2", ("a", SET, "INFO")
    yield LOGGER, "1", ("no.such", SET, "INFO")
    yield 77, "x", ("a", SET, "1")


def answers(port: int) -> list[tuple[str, Any]]:
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        return [
            (f"{type(request).__name__} {version}", ask(connection, request, version)) for request, version in cases()
        ]


def ask(connection: socket.socket, request: Message, version: int) -> Any:
    connection.sendall(b"".join(encode_request(request, version, correlation_id=1, client_id="judge")))
    size = int.from_bytes(received(connection, 4), "big")
    key = request.API_KEY
    assert key is not None
    return said(decode_response(APIS[key].response, version, received(connection, size))[1])


def received(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        assert part, "the connection was closed"
        data += part
    return data


def said(part: Any) -> Any:
    """An answer without what is each broker's own; lists without their order, which means nothing in these."""
    if isinstance(part, msgspec.Struct):
        fields = {name: getattr(part, name) for name in part.__struct_fields__}
        kept = {name: value for name, value in fields.items() if name in SAID or _is_list(value)}
        return {
            name: ErrorCode(each).name if name.endswith("error_code") else said(each) for name, each in kept.items()
        }
    if _is_list(part):
        return sorted((said(each) for each in part if not _is_newer(getattr(each, "name", "") or "")), key=repr)
    return part


def _is_newer(name: str) -> bool:
    """Not of Kafka 4.3: a setting of 4.4, or one of Confluent's server."""
    return name in SINCE_4_4 or name.startswith("confluent.")


def _is_list(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], msgspec.Struct)


@pytest.fixture(scope="module")
def kafkas(kafka_4_3: Release, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    folder = tmp_path_factory.mktemp("kafka")
    with apache_kafka(kafka_4_3, folder, settings=STATIC_QUORUM, made=()) as server:
        return answers(server.port)


def test_every_answer_has_kafkas_codes(broker: Process, kafkas: list[tuple[str, Any]]) -> None:
    pairs = zip(answers(broker.port), kafkas, strict=True)
    different = [f"{ours[0]}\n  ours  {ours[1]}\n  kafka {kafka[1]}" for ours, kafka in pairs if ours != kafka]
    assert not different, "\n".join(different)
