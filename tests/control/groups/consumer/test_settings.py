"""Which settings a consumer group follows."""

from headwater.control.groups.consumer.settings import (
    SETTINGS,
    ConsumerGroupSettings,
    LiveConsumerGroupSettings,
    Migration,
)
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.layers import LiveSettings
from headwater.kernel.settings import Scope


def live(**static: str) -> LiveSettings:
    texts = {f"group.consumer.{name.replace('_', '.')}": value for name, value in static.items()}
    return LiveSettings(Catalogue(SETTINGS), node_id=1, static=texts)


def test_the_defaults_are_kafkas():
    assert LiveConsumerGroupSettings(live())("g") == ConsumerGroupSettings()


def test_a_groups_own_settings_stand_before_the_brokers():
    settings = live(session_timeout_ms="50000", assignors="range", migration_policy="UPGRADE")
    of = LiveConsumerGroupSettings(settings)
    settings.change(Scope.GROUP, "g", "consumer.heartbeat.interval.ms", "7000")
    assert (of("g").heartbeat_interval_ms, of("h").heartbeat_interval_ms) == (7_000, 5_000)
    assert (of("g").session_timeout_ms, of("g").assignors, of("g").migration) == (
        50_000,
        ("range",),
        Migration.UPGRADE,
    )
    assert (of("g").migration.upgrades, of("g").migration.downgrades) == (True, False)
