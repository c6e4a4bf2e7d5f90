"""Which of the layers wins, and how DescribeConfigs tells it."""

import pytest

from headwater.kernel.catalogue import Catalogue
from headwater.kernel.errors import UnknownSetting
from headwater.kernel.kinds import Int, Millis
from headwater.kernel.layers import BrokerLayers, LiveSettings, Settings
from headwater.kernel.settings import Scope, Setting, Source
from headwater.kernel.units import DAY_MS, HOUR_MS, MINUTE_MS

RETENTION_MS = Setting(
    "retention.ms", Millis, default=7 * DAY_MS, scope=Scope.TOPIC, broker_default="log.retention.ms", doc=""
)
CATALOGUE = Catalogue([RETENTION_MS])


def topic(own: dict[str, str] | None = None, **layers: dict[str, str]) -> Settings:
    return Settings(catalogue=CATALOGUE, scope=Scope.TOPIC, own=own or {}, layers=BrokerLayers(**layers))


def broker(**layers: dict[str, str]) -> Settings:
    return Settings(catalogue=CATALOGUE, scope=Scope.BROKER, layers=BrokerLayers(**layers))


ALL_LAYERS = {
    "broker": {"log.retention.ms": "2"},
    "cluster": {"log.retention.ms": "3"},
    "static": {"log.retention.ms": "4", "log.retention.minutes": "5"},
}


def test_the_first_layer_that_has_a_value_wins():
    assert topic({"retention.ms": "1"}, **ALL_LAYERS)[RETENTION_MS] == 1
    assert topic(**ALL_LAYERS)[RETENTION_MS] == 2
    assert topic(cluster=ALL_LAYERS["cluster"], static=ALL_LAYERS["static"])[RETENTION_MS] == 3
    assert topic(static=ALL_LAYERS["static"])[RETENTION_MS] == 4
    assert topic()[RETENTION_MS] == 7 * DAY_MS


def test_all_places_are_told_in_order_with_the_one_in_force_first():
    told = topic({"retention.ms": "1"}, **ALL_LAYERS).explain("retention.ms")
    assert (told.text, told.source) == ("1", Source.TOPIC)
    assert [(each.name, each.text, each.source) for each in told.synonyms] == [
        ("retention.ms", "1", Source.TOPIC),
        ("log.retention.ms", "2", Source.DYNAMIC_BROKER),
        ("log.retention.ms", "3", Source.DYNAMIC_DEFAULT_BROKER),
        ("log.retention.ms", "4", Source.STATIC_BROKER),
        ("log.retention.minutes", "5", Source.STATIC_BROKER),
        ("log.retention.hours", "168", Source.DEFAULT),
    ]


@pytest.mark.parametrize(
    ("static", "expected"),
    [
        ({"log.retention.hours": "2"}, 2 * HOUR_MS),
        ({"log.retention.hours": "2", "log.retention.minutes": "3"}, 3 * MINUTE_MS),
        ({"log.retention.hours": "-1"}, -1),
    ],
)
def test_a_coarser_unit_counts_where_no_finer_one_is_given(static: dict[str, str], expected: int):
    settings = topic(static=static)
    assert settings[RETENTION_MS] == expected
    told = settings.explain("retention.ms")
    assert (told.text, told.source) == (str(expected), Source.STATIC_BROKER)


def test_a_brokers_own_setting_in_another_unit_stays_unset_as_in_kafka():
    told = broker(static={"log.retention.hours": "2"}).explain("log.retention.ms")
    assert (told.text, told.source, told.synonyms) == (None, Source.DEFAULT, ())
    hours = broker(static={"log.retention.hours": "2"}).explain("log.retention.hours")
    assert (hours.text, hours.source) == ("2", Source.STATIC_BROKER)


def test_a_listeners_override_stands_before_what_it_overrides():
    name = "listener.name.outside.ssl.keystore.location"
    settings = broker(broker={name: "/b"}, static={"ssl.keystore.location": "/a"})
    assert [each.text for each in settings.explain(name).synonyms] == ["/b", "/a"]
    assert [each.text for each in settings.explain("ssl.keystore.location").synonyms] == ["/a"]


def test_a_group_setting_falls_back_to_the_brokers_and_another_to_its_default():
    group = Settings(
        catalogue=CATALOGUE,
        scope=Scope.GROUP,
        own={"share.isolation.level": "read_committed"},
        layers=BrokerLayers(static={"group.consumer.session.timeout.ms": "50000"}),
    )
    session = group.explain("consumer.session.timeout.ms")
    assert (session.text, session.source) == ("50000", Source.STATIC_BROKER)
    assert group.explain("share.isolation.level").source is Source.GROUP
    assert group.explain("share.auto.offset.reset").text == "latest"


def test_a_group_setting_that_the_brokers_bounds_have_left_behind_counts_as_the_nearer_bound():
    session = Setting(
        "consumer.session.timeout.ms",
        Int,
        default=45_000,
        scope=Scope.GROUP,
        broker_default="group.consumer.session.timeout.ms",
        broker_bounds=("group.consumer.min.session.timeout.ms", "group.consumer.max.session.timeout.ms"),
        doc="",
    )

    def of_group(value: str) -> int:
        own = {session.name: value}
        layers = BrokerLayers(static={"group.consumer.max.session.timeout.ms": "50000"})
        return Settings(catalogue=Catalogue([session]), scope=Scope.GROUP, own=own, layers=layers)[session]

    assert (of_group("1"), of_group("46000"), of_group("60000")) == (45_000, 46_000, 50_000)


def test_the_default_is_a_synonym_where_kafka_makes_it_one():
    assert topic().explain("remote.storage.enable").synonyms == ()
    assert topic().explain("remote.storage.enable").text == "false"
    metrics = Settings(catalogue=CATALOGUE, scope=Scope.CLIENT_METRICS)
    assert metrics.explain("interval.ms").synonyms == ()
    group = Settings(catalogue=CATALOGUE, scope=Scope.GROUP)
    assert [each.text for each in group.explain("share.isolation.level").synonyms] == ["read_uncommitted"]


def test_a_setting_of_another_scope_is_not_found_here():
    with pytest.raises(UnknownSetting):
        broker()[RETENTION_MS]
    with pytest.raises(UnknownSetting):
        topic().explain("node.id")


@pytest.fixture
def live() -> LiveSettings:
    return LiveSettings(CATALOGUE, node_id=1, static={"log.retention.ms": "4"})


def test_a_change_is_seen_by_the_next_look(live: LiveSettings):
    before = live.topic("orders")
    live.change(Scope.TOPIC, "orders", "retention.ms", "1")
    assert live.topic("orders")[RETENTION_MS] == 1
    assert live.topic("others")[RETENTION_MS] == before[RETENTION_MS] == 4
    live.change(Scope.TOPIC, "orders", "retention.ms", None)
    assert live.topic("orders")[RETENTION_MS] == 4


def test_what_a_room_makes_of_a_view_is_made_once_until_something_changes(live: LiveSettings):
    made: list[int] = []

    def resolve(settings: Settings) -> int:
        made.append(settings[RETENTION_MS])
        return made[-1]

    assert live.topic("a").resolved(resolve) == live.topic("b").resolved(resolve) == 4
    assert made == [4]
    live.change(Scope.BROKER, "", "log.retention.ms", "3")
    assert live.topic("a").resolved(resolve) == 3


def test_topics_without_settings_of_their_own_share_one_view(live: LiveSettings):
    assert live.topic("a") is live.topic("b")
    live.change(Scope.TOPIC, "a", "retention.ms", "1")
    live.forget(Scope.TOPIC, "a")
    live.forget(Scope.TOPIC, "a")
    assert live.topic("a") is live.topic("b")


def test_a_brokers_change_reaches_topics_that_have_other_settings_of_their_own(live: LiveSettings):
    live.change(Scope.TOPIC, "orders", "segment.ms", "9")
    live.change(Scope.BROKER, "", "log.retention.ms", "3")
    assert live.topic("orders")[RETENTION_MS] == live.topic("others")[RETENTION_MS] == 3
    live.change(Scope.BROKER, "1", "log.retention.ms", "2")
    live.change(Scope.BROKER, "2", "log.retention.ms", "99")
    assert live.topic("orders")[RETENTION_MS] == live.topic("others")[RETENTION_MS] == 2
    assert live.broker.explain("log.retention.ms").source is Source.DYNAMIC_BROKER
    assert live.topic("orders").explain("segment.ms").source is Source.TOPIC


def test_what_topics_have_not_set_themselves_is_parsed_once_for_all_of_them():
    parsed: list[object] = []
    counted = Setting(
        "counted", Millis, default=1, scope=Scope.TOPIC, broker_default="log.retention.ms", check=parsed.append, doc=""
    )
    live = LiveSettings(Catalogue([RETENTION_MS, counted]), node_id=1, static={"log.retention.ms": "4"})
    for name in "abc":
        live.change(Scope.TOPIC, name, "retention.ms", "5")
    assert [live.topic(name)[counted] for name in "abc"] == [4, 4, 4]
    live.change(Scope.BROKER, "", "log.retention.ms", "6")
    assert [live.topic(name)[counted] for name in "abc"] == [6, 6, 6]
    assert [live.topic(name)[RETENTION_MS] for name in "abc"] == [5, 5, 5]
    assert parsed == [4, 6]


def test_groups_and_metric_subscriptions_have_views_too(live: LiveSettings):
    live.change(Scope.GROUP, "g", "share.delivery.count.limit", "3")
    live.change(Scope.CLIENT_METRICS, "s", "interval.ms", "1000")
    assert live.group("g").explain("share.delivery.count.limit").text == "3"
    assert live.group("h").explain("share.delivery.count.limit").text == "5"
    assert live.subscription("s").explain("interval.ms").source is Source.CLIENT_METRICS
    assert live.subscription("t").explain("interval.ms").source is Source.DEFAULT
