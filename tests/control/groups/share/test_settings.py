"""Which settings a share group follows."""

from headwater.control.groups.share.settings import SETTINGS, LiveShareGroupSettings, ShareGroupSettings
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.layers import LiveSettings
from headwater.kernel.settings import Scope


def live(**static: str) -> LiveSettings:
    texts = {f"group.share.{name.replace('_', '.')}": value for name, value in static.items()}
    return LiveSettings(Catalogue(SETTINGS), node_id=1, static=texts)


def test_the_defaults_are_kafkas():
    assert LiveShareGroupSettings(live())("g") == ShareGroupSettings()


def test_a_groups_own_settings_stand_before_the_brokers_within_the_brokers_bounds():
    settings = live(max_size="3", max_session_timeout_ms="50000")
    of = LiveShareGroupSettings(settings)
    settings.change(Scope.GROUP, "g", "share.session.timeout.ms", "60000")
    settings.change(Scope.GROUP, "g", "share.heartbeat.interval.ms", "7000")
    assert (of("g").session_timeout_ms, of("g").heartbeat_interval_ms, of("g").size_max) == (50_000, 7_000, 3)
    assert (of("h").session_timeout_ms, of("h").heartbeat_interval_ms) == (45_000, 5_000)
