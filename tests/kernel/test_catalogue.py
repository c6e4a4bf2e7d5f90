"""All the settings of a process, ours and Kafka's."""

import pytest

from headwater.kernel.catalogue import AnySetting, Catalogue, kafka_settings
from headwater.kernel.errors import InvalidSetting, UnknownSetting
from headwater.kernel.kinds import Boolean, Long
from headwater.kernel.settings import Scope, Setting, Update

OURS = Setting("log.flush.mode", Boolean, default=True, scope=Scope.BROKER, doc="Ours alone.")
RETENTION_MS = Setting("retention.ms", Long, default=7, scope=Scope.TOPIC, doc="Declared here.")


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue([OURS], [RETENTION_MS])


def test_a_declared_setting_takes_the_place_of_kafkas_row(catalogue: Catalogue):
    assert catalogue.find(Scope.TOPIC, "retention.ms") is RETENTION_MS
    assert [each for each in catalogue.of(Scope.TOPIC) if each.name == "retention.ms"] == [RETENTION_MS]
    row = Catalogue().find(Scope.TOPIC, "retention.ms")
    assert not row.meaningful
    assert row.default == 604_800_000


def test_one_name_is_declared_once_in_a_scope():
    with pytest.raises(ValueError, match=r"retention\.ms is declared twice for TOPIC"):
        Catalogue([RETENTION_MS], [RETENTION_MS, Setting("retention.ms", Long, default=1, scope=Scope.TOPIC, doc="")])


def test_a_topic_and_a_broker_may_have_settings_of_one_name(catalogue: Catalogue):
    topic, broker = (catalogue.find(scope, "compression.type") for scope in (Scope.TOPIC, Scope.BROKER))
    assert (topic.scope, broker.scope) == (Scope.TOPIC, Scope.BROKER)
    assert topic.broker_default == broker.name


def test_a_name_that_nobody_knows_is_unknown(catalogue: Catalogue):
    for scope, name in (
        (Scope.TOPIC, "retention"),
        (Scope.BROKER, "retention.ms"),
        (Scope.BROKER, "listener.name.x.y"),
    ):
        with pytest.raises(UnknownSetting, match=f"there is no setting '{name}'"):
            catalogue.find(scope, name)


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("listener.name.outside.ssl.keystore.location", "ssl.keystore.location"),
        ("listener.name.outside.scram-sha-256.sasl.jaas.config", "sasl.jaas.config"),
        ("listener.name.outside.log.flush.mode", "log.flush.mode"),
    ],
)
def test_one_listeners_override_is_known_by_what_it_overrides(catalogue: Catalogue, name: str, base: str):
    assert catalogue.find(Scope.BROKER, name).name == base


@pytest.mark.parametrize(
    ("scope", "name", "wrong"),
    [
        (Scope.TOPIC, "segment.bytes", "1048575"),
        (Scope.TOPIC, "cleanup.policy", "shred"),
        (Scope.TOPIC, "compression.gzip.level", "0"),
        (Scope.TOPIC, "min.cleanable.dirty.ratio", "1.1"),
        (Scope.TOPIC, "leader.replication.throttled.replicas", "1-2"),
        (Scope.GROUP, "share.auto.offset.reset", "by_duration:-PT1H"),
        (Scope.BROKER, "ssl.client.auth", "maybe"),
    ],
)
def test_a_row_refuses_what_kafka_refuses(catalogue: Catalogue, scope: Scope, name: str, wrong: str):
    with pytest.raises(InvalidSetting):
        catalogue.validate(scope, name, wrong)


@pytest.mark.parametrize(
    ("scope", "name", "right"),
    [
        (Scope.TOPIC, "cleanup.policy", ""),
        (Scope.TOPIC, "leader.replication.throttled.replicas", "0:1,2:1"),
        (Scope.GROUP, "share.auto.offset.reset", "by_duration:PT1H"),
        (Scope.BROKER, "group.consumer.migration.policy", "Upgrade"),
        (Scope.CLIENT_METRICS, "metrics", "*"),
    ],
)
def test_a_row_takes_what_kafka_takes(catalogue: Catalogue, scope: Scope, name: str, right: str):
    assert catalogue.validate(scope, name, right).name == name


def test_the_rows_are_whole():
    assert len(kafka_settings()) == 450
    for row in kafka_settings():
        assert row.doc.endswith("."), row.name
        assert len(row.doc) <= 110, row.name
        if row.default_text is not None:
            assert row.parse(row.default_text) == row.default, row.name
        if row.broker_default is not None:
            assert same_value(row, Catalogue().find(Scope.BROKER, row.broker_default)), row.name


def same_value(row: AnySetting, broker: AnySetting) -> bool:
    """A coarser unit, or the whole family, gives the default of those whose finest name has none."""
    return broker.default is None or row.default == broker.default


def test_what_can_change_and_what_is_secret_is_known(catalogue: Catalogue):
    assert not catalogue.find(Scope.BROKER, "node.id").changeable
    assert catalogue.find(Scope.BROKER, "log.retention.ms").update is Update.CLUSTER_WIDE
    assert catalogue.find(Scope.BROKER, "listeners").update is Update.PER_BROKER
    assert catalogue.find(Scope.TOPIC, "retention.ms").changeable
    assert catalogue.find(Scope.BROKER, "ssl.keystore.password").sensitive


def test_internal_settings_are_known_and_not_listed(catalogue: Catalogue):
    assert catalogue.find(Scope.BROKER, "unstable.api.versions.enable").internal
    assert not [each.name for scope in Scope for each in catalogue.of(scope) if each.internal]
