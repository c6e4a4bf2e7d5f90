"""Up to where a log goes, by age and by size."""

from headwater.kernel.units import Timestamp
from headwater.log.port import Bounds, Span
from headwater.log.retention import first_kept
from headwater.log.settings import LogSettings
from headwater.wire.types import LeaderEpoch, Offset

NOW = Timestamp(1_000_000)


def spans(*ages_ms: int, size: int = 100) -> list[Span]:
    return [
        Span(
            base=Offset(10 * place),
            end=Offset(10 * place + 10),
            size=size,
            largest_timestamp=Timestamp(NOW - age),
            created=NOW,
            active=place == len(ages_ms) - 1,
        )
        for place, age in enumerate(ages_ms)
    ]


def bounds(start: int, end: int) -> Bounds:
    return Bounds(
        start=Offset(start),
        local_start=Offset(start),
        high_watermark=Offset(end),
        last_stable=Offset(end),
        end=Offset(end),
        epoch=LeaderEpoch(0),
        epochs=(),
    )


def test_spans_go_by_age_oldest_first_and_a_younger_one_keeps_those_behind_it():
    settings = LogSettings(retention_ms=500)
    assert first_kept(spans(900, 501, 100, 900, 0), bounds(0, 50), settings, now=NOW) == 20


def test_an_idle_log_empties_itself():
    assert first_kept(spans(900, 501), bounds(0, 20), LogSettings(retention_ms=500), now=NOW) == 20


def test_minus_one_keeps_for_ever():
    assert first_kept(spans(10**9, 0), bounds(0, 20), LogSettings(retention_ms=-1), now=NOW) == 0


def test_spans_go_by_size_as_long_as_the_rest_is_enough():
    settings = LogSettings(retention_ms=-1, retention_bytes=250)
    assert first_kept(spans(0, 0, 0, 0, 0), bounds(0, 50), settings, now=NOW) == 20


def test_what_lies_below_the_start_goes_even_where_nothing_else_may():
    assert first_kept(spans(0, 0, 0), bounds(15, 30), LogSettings(delete_policy=False), now=NOW) == 15
    assert first_kept(spans(900, 900, 0), bounds(0, 30), LogSettings(delete_policy=False, retention_ms=1), now=NOW) == 0


def test_nothing_goes_that_is_not_durable():
    assert first_kept(spans(900, 900), bounds(0, 15), LogSettings(retention_ms=500), now=NOW) == 10
