"""Jobs of administrators that not every library has: each is done with one that has it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from confluent_kafka import ElectionType, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    OffsetSpec,
    ResourceType,
)
from kafka import OffsetAndMetadata, TopicPartition as Place
from kafka.admin import ConfigResource as Resource, MemberToRemove
from kafka.errors import for_code
from tests.conformance.clients.confluent import Confluent, ConfluentAdmin
from tests.conformance.clients.kafka_python import KafkaPython, KafkaPythonAdmin
from tests.conformance.clients.members import team
from tests.conformance.clients.port import DEADLINE_S, Committed, Joining, New, Refused
from tests.conformance.clients.reading import closing, until
from tests.e2e.process import Process

from headwater.wire.error_codes import ErrorCode

NOON = 1_700_000_000_000


@pytest.fixture
def confluent(broker: Process) -> Confluent:
    return Confluent(broker.bootstrap)


@pytest.fixture
def python(broker: Process) -> KafkaPython:
    return KafkaPython(broker.bootstrap)


@pytest.fixture
def admin(confluent: Confluent) -> ConfluentAdmin:
    return confluent.admin()


@pytest.fixture
def other_admin(python: KafkaPython) -> Iterator[KafkaPythonAdmin]:
    asking = python.admin()
    yield asking
    asking.close()


def commit(library: Confluent, group: str, topic: str) -> None:
    with closing(library.reader(group=group)) as reader:
        reader.assign(topic, {0: 0})
        reader.commit(topic, 0, Committed(offset=3, metadata=""))


def change(admin: ConfluentAdmin, kind: Any, resource: str, **operations: Any) -> None:
    """`operations` are setting=(operation, value), with _ for dots."""
    entries = [
        ConfigEntry(key.replace("_", "."), value, incremental_operation=how) for key, (how, value) in operations.items()
    ]
    admin.only(admin.client.incremental_alter_configs([ConfigResource(kind, resource, incremental_configs=entries)]))


def described(admin: ConfluentAdmin, kind: Any, resource: str) -> Any:
    return admin.only(admin.client.describe_configs([ConfigResource(kind, resource)]))


def test_a_group_without_members_is_deleted_with_its_offsets(confluent: Confluent, admin: ConfluentAdmin, topic, name):
    group = name()
    commit(confluent, group, topic)
    admin.only(admin.client.delete_consumer_groups([group]))
    assert group not in admin.groups()
    assert not admin.group_offsets(group)


def test_a_group_with_members_is_not_deleted(confluent: Confluent, admin: ConfluentAdmin, topic: str, name):
    joining = Joining(group=name(), topics=(topic,))
    with team(confluent, joining) as group:
        group.join()
        group.until_shared(topic, 1)
        with pytest.raises(Refused) as refusal:
            admin.only(admin.client.delete_consumer_groups([joining.group]))
        assert refusal.value.code is ErrorCode.NON_EMPTY_GROUP


def test_an_unknown_group_is_not_deleted(admin: ConfluentAdmin, name):
    with pytest.raises(Refused) as refusal:
        admin.only(admin.client.delete_consumer_groups([name()]))
    assert refusal.value.code is ErrorCode.GROUP_ID_NOT_FOUND


def test_offsets_of_a_group_are_deleted_one_by_one(
    confluent: Confluent, admin: ConfluentAdmin, other_admin: KafkaPythonAdmin, topic: str, name
):
    group, kept = name(), name()
    admin.create(kept)
    commit(confluent, group, topic)
    commit(confluent, group, kept)
    answer = other_admin.client.delete_group_offsets(group, [Place(topic, 0)])
    assert answer[Place(topic, 0)] is for_code(0)
    assert set(admin.group_offsets(group)) == {(kept, 0)}


def test_offsets_of_a_topic_that_members_read_are_kept(python: KafkaPython, other_admin: KafkaPythonAdmin, topic, name):
    joining = Joining(group=name(), topics=(topic,))
    with team(python, joining) as group:
        group.join()
        group.until_shared(topic, 1)
        answer = other_admin.client.delete_group_offsets(joining.group, [Place(topic, 0)])
        assert answer[Place(topic, 0)] is for_code(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC)


def test_offsets_of_a_group_are_set_while_nobody_reads(other_admin: KafkaPythonAdmin, topic: str, name):
    group = name()
    other_admin.client.alter_group_offsets(group, {Place(topic, 0): OffsetAndMetadata(9, "", -1)})
    assert other_admin.group_offsets(group)[topic, 0].offset == 9


def test_offsets_of_a_deleted_topic_go_with_it(confluent: Confluent, admin: ConfluentAdmin, topic: str, name):
    group = name()
    commit(confluent, group, topic)
    admin.delete(topic)
    until(lambda: not admin.group_offsets(group), lambda: "the offsets are still there")


def test_a_member_is_removed_by_its_instance(python: KafkaPython, other_admin: KafkaPythonAdmin, topic: str, name):
    joining = Joining(group=name(), topics=(topic,), instance_id="one", session_timeout_ms=60_000)
    with team(python, joining) as group:
        member = group.join()
        group.until_shared(topic, 1)
        group.leave(member)
        assert other_admin.state_of(joining.group) == "Stable"
        other_admin.client.remove_group_members(joining.group, [MemberToRemove(group_instance_id="one")])
    assert other_admin.state_of(joining.group) == "Empty"


@pytest.mark.parametrize(
    ("spec", "offset"),
    [
        (OffsetSpec.earliest(), 0),
        (OffsetSpec.latest(), 5),
        (OffsetSpec.max_timestamp(), 2),
        (OffsetSpec.for_timestamp(NOON + 3), 1),
    ],
)
def test_offsets_are_listed_by_what_they_mean(confluent: Confluent, admin: ConfluentAdmin, topic, spec, offset: int):
    times = (0, 5, 9, 1, 2)
    confluent.produce(topic, [New(value=b"v", timestamp=NOON + each) for each in times])
    assert admin.only(admin.client.list_offsets({TopicPartition(topic, 0): spec})).offset == offset


def test_the_preferred_leader_already_leads(admin: ConfluentAdmin, topic: str):
    answer = admin.client.elect_leaders(ElectionType.PREFERRED, [TopicPartition(topic, 0)]).result(DEADLINE_S)
    (error,) = answer.values()
    assert error.code() == ErrorCode.ELECTION_NOT_NEEDED


def test_a_list_grows_and_shrinks_by_entries(admin: ConfluentAdmin, topic: str):
    change(admin, ResourceType.TOPIC, topic, cleanup_policy=(AlterConfigOpType.APPEND, "compact"))
    assert admin.settings(topic)["cleanup.policy"] == "delete,compact"
    change(admin, ResourceType.TOPIC, topic, cleanup_policy=(AlterConfigOpType.SUBTRACT, "delete"))
    assert admin.settings(topic)["cleanup.policy"] == "compact"
    change(admin, ResourceType.TOPIC, topic, cleanup_policy=(AlterConfigOpType.DELETE, None))
    assert admin.settings(topic)["cleanup.policy"] == "delete"


def test_a_brokers_setting_is_the_default_of_its_topics(admin: ConfluentAdmin, topic: str):
    setting = {"log_retention_ms": (AlterConfigOpType.SET, "7200000")}
    change(admin, ResourceType.BROKER, "1", **setting)
    entry = described(admin, ResourceType.TOPIC, topic)["retention.ms"]
    assert entry.value == "7200000"
    assert entry.source == ConfigSource.DYNAMIC_BROKER_CONFIG.value
    change(admin, ResourceType.BROKER, "1", log_retention_ms=(AlterConfigOpType.DELETE, None))
    assert described(admin, ResourceType.TOPIC, topic)["retention.ms"].value == "604800000"


def test_a_brokers_fixed_settings_are_refused(admin: ConfluentAdmin):
    with pytest.raises(Refused) as refusal:
        change(admin, ResourceType.BROKER, "1", listeners=(AlterConfigOpType.SET, "PLAINTEXT://:1"))
    assert refusal.value.code in {ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_CONFIG}
    assert described(admin, ResourceType.BROKER, "1")["listeners"].is_read_only


def test_the_resources_that_have_settings_are_listed(other_admin: KafkaPythonAdmin, topic: str):
    found = other_admin.client.list_config_resources()
    assert topic in found["topic"]
    assert "1" in found["broker"]


def test_a_loggers_level_is_changed(other_admin: KafkaPythonAdmin):
    """Kafka's tools name a logger by its class; ours are named by their rooms."""
    loggers = other_admin.client.describe_configs([Resource("BROKER_LOGGER", "1")], config_filter="all")[
        "broker_logger"
    ]["1"]
    assert loggers


def test_log_folders_are_described_with_the_size_of_what_they_hold(
    broker: Process, python: KafkaPython, other_admin: KafkaPythonAdmin, topic: str
):
    python.produce(topic, [New(value=b"x" * 1_000)])
    (answer,) = other_admin.client.describe_log_dirs([topic])
    (folder,) = answer["log_dirs"] if "log_dirs" in answer else answer["results"]
    assert folder["log_dir"] == str(broker.folder)
    (found,) = [each for each in folder["topics"] if each["name"] == topic]
    assert found["partitions"][0]["partition_size"] > 1_000


def test_producers_that_write_are_described(python: KafkaPython, other_admin: KafkaPythonAdmin, topic: str):
    python.produce(topic, [New(value=b"x")] * 3, idempotent=True)
    state = other_admin.client.describe_producers([Place(topic, 0)])[Place(topic, 0)]
    (producer,) = state.active_producers
    assert producer.last_sequence == 2


def test_partitions_are_described_page_by_page(other_admin: KafkaPythonAdmin, name):
    topic = name()
    other_admin.create(topic, partitions=5)
    seen: list[int] = []
    cursor = None
    for _ in range(3):
        page = other_admin.client.describe_topic_partitions([topic], response_partition_limit=2, cursor=cursor)
        seen += [each["partition_index"] for found in page["topics"] for each in found["partitions"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == ([0, 1, 2, 3, 4], None)


def test_the_metadata_has_a_quorum_of_one(other_admin: KafkaPythonAdmin):
    (topic,) = other_admin.client.describe_metadata_quorum()["topics"]
    (partition,) = topic["partitions"]
    assert partition["leader_id"] == 1
    assert [each["replica_id"] for each in partition["current_voters"]] == [1]
    assert partition["high_watermark"] > 0


def test_features_are_told_with_their_levels(other_admin: KafkaPythonAdmin):
    features = other_admin.client.describe_features()
    assert "finalized" in features["metadata.version"]


def test_no_partition_is_being_moved(other_admin: KafkaPythonAdmin):
    assert not other_admin.client.list_partition_reassignments()


def test_a_topic_is_found_by_its_id(other_admin: KafkaPythonAdmin, topic: str):
    (found,) = other_admin.client.describe_topics([topic])
    (by_id,) = other_admin.client.describe_topics([UUID(str(found["topic_id"]))])
    assert by_id["name"] == topic


def test_an_unknown_topic_is_not_made_where_that_is_not_wanted(confluent: Confluent, admin: ConfluentAdmin, name):
    """A consumer of librdkafka looks, and doesn't want topics to be made by that."""
    topic = name()
    with closing(confluent.reader()) as reader, pytest.raises(KafkaException):
        reader.ends(topic, 0)
    assert topic not in admin.topics()
