"""What a share group is told: its own wish, within the broker's bounds."""

import pytest

from headwater.control.share.offset_reset import EARLIEST, LATEST, OffsetReset, offset_reset, refused
from headwater.control.share.settings import SETTINGS, share_settings
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.layers import LiveSettings
from headwater.kernel.settings import Scope


def test_a_groups_wish_is_cut_to_the_brokers_bounds() -> None:
    live = LiveSettings(Catalogue(SETTINGS), node_id=1, static={"group.share.max.delivery.count.limit": "6"})
    live.change(Scope.GROUP, "workers", "share.delivery.count.limit", "20")
    live.change(Scope.GROUP, "workers", "share.record.lock.duration.ms", "1000")
    told = share_settings(live.group("workers"), live.broker)
    assert (told.delivery_count_limit, told.record_lock_ms, told.record_locks_max) == (6, 15_000, 2_000)
    assert share_settings(live.group("others"), live.broker).delivery_count_limit == 5


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("latest", LATEST),
        ("earliest", EARLIEST),
        ("by_duration:P1D", OffsetReset(back_ms=86_400_000)),
        ("by_duration:PT1H30M", OffsetReset(back_ms=5_400_000)),
        ("by_duration:P2DT0.5S", OffsetReset(back_ms=172_800_500)),
    ],
)
def test_a_group_begins_where_it_says(text: str, meaning: OffsetReset) -> None:
    assert offset_reset(text) == meaning


@pytest.mark.parametrize(
    "text", ["", "none", "P1D", "by_duration:", "by_duration:P", "by_duration:PT", "by_duration:1h"]
)
def test_what_says_no_place_is_refused(text: str) -> None:
    assert refused(text)
