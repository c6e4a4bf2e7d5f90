"""Topics as administrators of all three libraries make, change and delete them."""

import pytest
from tests.conformance.clients.port import Admin, Library, New, Refused
from tests.conformance.clients.reading import read_all, until
from tests.e2e.process import Process

from headwater.wire.error_codes import ErrorCode


def refused(admin: Admin, topic: str, **how) -> ErrorCode:
    with pytest.raises(Refused) as refusal:
        admin.create(topic, **how)
    return refusal.value.code


def test_a_topic_is_there_with_the_partitions_that_were_asked_for(admin: Admin, name):
    topic = name()
    admin.create(topic, partitions=7)
    assert admin.topics()[topic] == 7


def test_a_topic_without_numbers_has_the_brokers(library: Library, admin: Admin, name):
    if library.name == "aiokafka":
        pytest.skip("it insists on numbers")
    topic = name()
    admin.create(topic, partitions=-1, replicas=-1)
    assert admin.topics()[topic] == 1


def test_one_name_is_given_once(admin: Admin, topic: str):
    assert refused(admin, topic) is ErrorCode.TOPIC_ALREADY_EXISTS


@pytest.mark.parametrize("wrong", ["with space", "sla/sh", "ü", "x" * 250, "..", "."])
def test_names_that_no_topic_may_have_are_refused(library: Library, admin: Admin, wrong: str):
    assert refused(admin, wrong) is ErrorCode.INVALID_TOPIC_EXCEPTION


def test_names_that_collide_in_metrics_are_refused(admin: Admin, name):
    stem = name()
    admin.create(f"{stem}.one")
    assert refused(admin, f"{stem}_one") is ErrorCode.INVALID_TOPIC_EXCEPTION


def test_more_replicas_than_brokers_are_refused(admin: Admin, name):
    assert refused(admin, name(), replicas=3) is ErrorCode.INVALID_REPLICATION_FACTOR


def test_no_partitions_are_refused(admin: Admin, name):
    assert refused(admin, name(), partitions=0) is ErrorCode.INVALID_PARTITIONS


@pytest.mark.parametrize(
    "settings",
    [{"no.such.setting": "1"}, {"retention.ms": "soon"}, {"cleanup.policy": "burn"}, {"max.message.bytes": "-1"}],
)
def test_settings_that_make_no_sense_are_refused(admin: Admin, name, settings):
    topic = name()
    assert refused(admin, topic, settings=settings) is ErrorCode.INVALID_CONFIG
    assert topic not in admin.topics()


def test_what_is_only_validated_is_not_made(admin: Admin, name):
    topic = name()
    admin.create(topic, validate_only=True)
    assert topic not in admin.topics()
    assert refused(admin, "a/b", validate_only=True) is ErrorCode.INVALID_TOPIC_EXCEPTION


def test_a_topic_grows_and_what_it_held_stays(library: Library, admin: Admin, topic: str):
    library.produce(topic, [New(value=b"before")])
    admin.grow(topic, 4)
    assert admin.topics()[topic] == 4
    assert list(library.produce(topic, [New(value=b"new")], partition=3)) == [0]
    assert [each.value for each in read_all(library, topic, 1)] == [b"before"]


def test_a_topic_does_not_shrink(admin: Admin, name):
    topic = name()
    admin.create(topic, partitions=3)
    for partitions in (3, 2):
        with pytest.raises(Refused) as refusal:
            admin.grow(topic, partitions)
        assert refusal.value.code is ErrorCode.INVALID_PARTITIONS


def test_growth_may_be_validated_only(admin: Admin, topic: str):
    admin.grow(topic, 5, validate_only=True)
    assert admin.topics()[topic] == 1


def test_what_isnt_there_can_neither_grow_nor_be_deleted(admin: Admin, name):
    with pytest.raises(Refused) as refusal:
        admin.grow(name(), 5)
    assert refusal.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    with pytest.raises(Refused) as refusal:
        admin.delete(name())
    assert refusal.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_a_deleted_topic_is_gone_with_its_folder(broker: Process, library: Library, admin: Admin, topic: str):
    library.produce(topic, [New(value=b"soon gone")])
    admin.delete(topic)
    assert topic not in admin.topics()
    until(lambda: not (broker.folder / f"{topic}-0").exists(), lambda: "the folder is still there")


def test_a_topic_made_again_begins_anew(library: Library, admin: Admin, topic: str):
    library.produce(topic, [New(value=b"first life")] * 3)
    admin.delete(topic)
    admin.create(topic, partitions=2)
    assert list(library.produce(topic, [New(value=b"second life")])) == [0]
    assert [each.value for each in read_all(library, topic, 1)] == [b"second life"]


def test_settings_are_described_with_their_defaults(admin: Admin, name):
    topic = name()
    admin.create(topic, settings={"retention.ms": "-1", "cleanup.policy": "compact,delete"})
    found = admin.settings(topic)
    assert found["retention.ms"] == "-1"
    assert found["cleanup.policy"] == "compact,delete"
    assert found["max.message.bytes"] == "1048588"
    assert found["compression.type"] == "producer"
    assert len(found) > 25


def test_settings_are_changed_while_the_broker_runs(admin: Admin, topic: str):
    admin.change(topic, {"retention.ms": "86400000"})
    assert admin.settings(topic)["retention.ms"] == "86400000"


def test_a_change_that_makes_no_sense_is_refused_and_changes_nothing(admin: Admin, topic: str):
    before = admin.settings(topic)
    for settings in ({"retention.ms": "soon"}, {"no.such.setting": "1"}):
        with pytest.raises(Refused) as refusal:
            admin.change(topic, settings)
        assert refusal.value.code is ErrorCode.INVALID_CONFIG
    assert admin.settings(topic) == before


def test_the_settings_of_an_unknown_topic_are_not_described(library: Library, admin: Admin, name):
    if library.name == "kafka-python":
        pytest.skip("it does not look at the errors of DescribeConfigs")
    with pytest.raises(Refused) as refusal:
        admin.settings(name())
    assert refusal.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_records_are_deleted_up_to_the_end_and_not_further(library: Library, admin: Admin, topic: str):
    library.produce(topic, [New(value=b"x")] * 10)
    assert admin.trim(topic, 0, 4) == 4
    assert admin.trim(topic, 0, 2) == 4
    with pytest.raises(Refused) as refusal:
        admin.trim(topic, 0, 11)
    assert refusal.value.code is ErrorCode.OFFSET_OUT_OF_RANGE
    assert admin.trim(topic, 0, -1) == 10


def test_the_cluster_is_the_broker_that_was_asked(broker: Process, admin: Admin):
    assert list(admin.nodes()) == [("127.0.0.1", broker.port)]
