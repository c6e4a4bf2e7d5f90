"""What Apache Kafka's folder is filled with before we take it over, and the questions that must be answered alike ever after.

Everything that a folder can hold has its place here: records in every codec, compacted keys, transactions that ended and one
that is open, offsets of groups, settings, quotas, users and access control lists.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from headwater.wire.apis import APIS
from headwater.wire.frames import decode_response, encode_request
from headwater.wire.messages import (
    alter_client_quotas_request as quotas,
    describe_acls_request as acls,
    describe_client_quotas_request as quota_questions,
    describe_user_scram_credentials_request as users,
)
from headwater.wire.schema import Message

WAIT_S: Final = 60.0
A_MOMENT_S: Final = 0.05
CODECS: Final = ("none", "gzip", "snappy", "lz4", "zstd")
RECORDS: Final = 500
KEYS: Final = 20
SOME: Final = 100
SMALL_SEGMENTS: Final = {"segment.bytes": "1048576", "retention.ms": "-1"}
AUTHORIZED: Final = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
    "log.cleaner.backoff.ms": "200",
    "offsets.topic.num.partitions": "5",
    "transaction.state.log.num.partitions": "5",
}
"""Kafka keeps access control lists only where an authorizer asks for them."""
_ANY: Final = 1


def fill(bootstrap: str, *, newest: bool = True) -> None:
    """Everything but the transaction that stays open: see `left_open`. Old metadata versions have no users and one kind of group."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    _make_topics(admin)
    for codec in CODECS:
        produce(bootstrap, codec, range(RECORDS), codec=codec)
    produce(bootstrap, "compacted", range(RECORDS), keys=KEYS)
    _run_transactions(bootstrap)
    commit(bootstrap, "readers", "none", RECORDS // 2)
    _limit_and_allow(admin, bootstrap)
    if newest:
        read_some(bootstrap, "newer", "none")
        scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
        wanted = UserScramCredentialUpsertion("alice", scram, b"secret", b"salt")
        admin.alter_user_scram_credentials([wanted])["alice"].result(WAIT_S)


def _make_topics(admin: AdminClient) -> None:
    topics = [NewTopic(each, 2, 1, config=SMALL_SEGMENTS) for each in (*CODECS, "gone", "in_transactions")]
    compacted = {"cleanup.policy": "compact", "segment.bytes": "1048576", "min.cleanable.dirty.ratio": "0.01"}
    topics.append(NewTopic("compacted", 1, 1, config=compacted | {"segment.ms": "1000"}))
    for each in admin.create_topics(topics).values():
        each.result(WAIT_S)
    admin.delete_topics(["gone"])["gone"].result(WAIT_S)


def produce(bootstrap: str, topic: str, numbers: range, *, codec: str = "none", keys: int | None = None) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "compression.type": codec})
    for number in numbers:
        key = str(number if keys is None else number % keys)
        producer.produce(topic, key=key, value=f"record {number}", partition=0)
    assert producer.flush(WAIT_S) == 0


def _run_transactions(bootstrap: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "ended"})
    producer.init_transactions(WAIT_S)
    for number, ends in enumerate((producer.commit_transaction, producer.abort_transaction) * 3):
        producer.begin_transaction()
        producer.produce("in_transactions", value=f"transaction {number}", partition=0)
        producer.flush(WAIT_S)
        ends(WAIT_S)


@contextmanager
def left_open(bootstrap: str) -> Iterator[None]:
    """A transaction that has written and will never end, as far as its producer is concerned."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "open", "transaction.timeout.ms": 900_000})
    producer.init_transactions(WAIT_S)
    producer.begin_transaction()
    producer.produce("in_transactions", value="never committed", partition=1)
    producer.flush(WAIT_S)
    yield


def _limit_and_allow(admin: AdminClient, bootstrap: str) -> None:
    entity = quotas.EntityData(entity_type="user", entity_name="alice")
    op = quotas.OpData(key="producer_byte_rate", value=1048576.0)
    request = quotas.AlterClientQuotasRequest(entries=(quotas.EntryData(entity=(entity,), ops=(op,)),))
    assert asked(bootstrap, request, 1).entries[0].error_code == 0
    binding = AclBinding(
        ResourceType.TOPIC,
        "none",
        ResourcePatternType.LITERAL,
        "User:alice",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )
    for each in admin.create_acls([binding]).values():
        each.result(WAIT_S)
    entry = ConfigEntry("log.cleaner.threads", "2", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[entry])
    for changed in admin.incremental_alter_configs([resource]).values():
        changed.result(WAIT_S)


def commit(bootstrap: str, group: str, topic: str, offset: int) -> None:
    """A coordinator whose topic was only just made may still be loading it."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    wanted = [TopicPartition(topic, 0, offset, metadata="here")]
    deadline = time.monotonic() + WAIT_S
    while (refused := _refusal(consumer, wanted)) is not None:
        assert refused.code() == KafkaError.COORDINATOR_LOAD_IN_PROGRESS, refused
        assert time.monotonic() < deadline, refused
        consumer.poll(A_MOMENT_S)
    consumer.close()


def _refusal(consumer: Consumer, wanted: list[TopicPartition]) -> KafkaError | None:
    try:
        consumer.commit(offsets=wanted, asynchronous=False)
    except KafkaException as refused:
        error: KafkaError = refused.args[0]
        return error
    return None


def read_some(bootstrap: str, group: str, topic: str) -> None:
    """A hundred records, by a member of a group of the newer protocol (KIP-848)."""
    settings = {"bootstrap.servers": bootstrap, "group.id": group, "group.protocol": "consumer", "log_level": 0}
    consumer = Consumer(settings | {"auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([topic])
    messages = consumer.consume(SOME, WAIT_S)
    assert len(messages) == SOME
    consumer.commit(asynchronous=False)
    consumer.close()


def asked(bootstrap: str, request: Message, version: int) -> Any:
    """One request on a connection of its own."""
    host, _, port = bootstrap.partition(":")
    with socket.create_connection((host, int(port)), timeout=WAIT_S) as connection:
        connection.sendall(b"".join(encode_request(request, version, correlation_id=1, client_id="judge")))
        answer = _received(connection, int.from_bytes(_received(connection, 4), "big"))
    assert request.API_KEY is not None
    return decode_response(APIS[request.API_KEY].response, version, answer)[1]


def _received(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        assert part, "the connection was closed"
        data += part
    return data


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a client sees of the folder."""

    topics: dict[str, int]
    values: dict[str, list[str]]
    last_of_key: dict[str, str]
    committed: list[str]
    read_by_group: int
    read_by_newer_group: int
    retention_ms: str | None


def held(bootstrap: str) -> Held:
    """Asked of whoever serves it now."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topics = {name: len(each.partitions) for name, each in admin.list_topics(timeout=WAIT_S).topics.items()}
    resource = ConfigResource(ResourceType.TOPIC, "none")
    settings = admin.describe_configs([resource])[resource].result(WAIT_S)
    compacted = read(bootstrap, "compacted")
    return Held(
        topics={name: count for name, count in topics.items() if not name.startswith("__")},
        values={each: [value for _, value in read(bootstrap, each)] for each in CODECS},
        last_of_key=dict(compacted),
        committed=[value for _, value in read(bootstrap, "in_transactions")],
        read_by_group=committed(bootstrap, "readers", "none"),
        read_by_newer_group=committed(bootstrap, "newer", "none"),
        retention_ms=settings["retention.ms"].value,
    )


def read(bootstrap: str, topic: str) -> list[tuple[str, str]]:
    """Keys and values of partition 0, all that is committed."""
    settings = {"bootstrap.servers": bootstrap, "group.id": "unused", "enable.partition.eof": True, "log_level": 0}
    consumer = Consumer(settings | {"isolation.level": "read_committed", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found: list[tuple[str, str]] = []
    while (message := consumer.poll(WAIT_S)) is not None:
        error = message.error()
        if error is not None and error.code() == KafkaError._PARTITION_EOF:
            break
        assert error is None, error
        found.append(((message.key() or b"").decode(), (message.value() or b"").decode()))
    consumer.close()
    return found


def committed(bootstrap: str, group: str, topic: str) -> int:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "log_level": 0})
    (found,) = consumer.committed([TopicPartition(topic, 0)], WAIT_S)
    consumer.close()
    assert found.error is None
    offset: int = found.offset
    return offset


def rules(bootstrap: str) -> list[Any]:
    """Quotas, users and access control lists, as Apache Kafka tells them."""
    every = acls.DescribeAclsRequest(
        resource_type_filter=_ANY,
        resource_name_filter=None,
        pattern_type_filter=_ANY,
        principal_filter=None,
        host_filter=None,
        operation=_ANY,
        permission_type=_ANY,
    )
    return [
        asked(bootstrap, quota_questions.DescribeClientQuotasRequest(), 1).entries,
        asked(bootstrap, users.DescribeUserScramCredentialsRequest(), 0).results,
        asked(bootstrap, every, 3).resources,
    ]
