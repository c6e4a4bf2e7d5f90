"""What of a log is dirty, and what is cleaned together."""

from headwater.kernel.units import Timestamp
from headwater.log.compaction.dirty import Dirty, groups, measure
from headwater.log.port import Bounds, Span
from headwater.log.settings import LogSettings
from headwater.wire.types import LeaderEpoch, Offset

NOW = Timestamp(1_000_000)


def spans(*sizes: int, young: int = 0) -> list[Span]:
    """Ten offsets each, the last one active; the last `young` were written just now."""
    return [
        Span(
            base=Offset(10 * place),
            end=Offset(10 * place + 10),
            size=size,
            largest_timestamp=NOW if place >= len(sizes) - young else Timestamp(0),
            created=NOW,
            active=place == len(sizes) - 1,
        )
        for place, size in enumerate(sizes)
    ]


def bounds(*, start: int = 0, last_stable: int = 1000) -> Bounds:
    return Bounds(
        start=Offset(start),
        local_start=Offset(start),
        high_watermark=Offset(1000),
        last_stable=Offset(last_stable),
        end=Offset(1000),
        epoch=LeaderEpoch(0),
        epochs=(),
    )


def measured(found: list[Span], within: Bounds, *, first_dirty: int | None = None, lag_ms: int = 0) -> Dirty:
    known = None if first_dirty is None else Offset(first_dirty)
    return measure(found, within, LogSettings(min_compaction_lag_ms=lag_ms), first_dirty=known, now=NOW)


def edges(dirty: Dirty) -> tuple[int, int, int, int]:
    return dirty.first, dirty.end, dirty.clean_bytes, dirty.dirty_bytes


def test_a_log_that_was_never_cleaned_is_dirty_up_to_the_active_span():
    assert edges(measured(spans(5, 6, 7), bounds())) == (0, 20, 0, 11)


def test_what_was_cleaned_counts_as_clean_up_to_a_span_that_was_cleaned_in_part():
    assert edges(measured(spans(5, 6, 7, 8), bounds(), first_dirty=15)) == (15, 30, 5, 13)
    assert measured(spans(5, 5, 8), bounds(), first_dirty=10).ratio == 0.5


def test_a_mark_outside_the_log_is_not_believed():
    assert measured(spans(5, 6, 7), bounds(start=3), first_dirty=2).first == 3
    assert measured(spans(5, 6, 7), bounds(), first_dirty=2000).first == 0


def test_nothing_behind_an_open_transaction_is_cleaned():
    assert edges(measured(spans(5, 6, 7), bounds(last_stable=19))) == (0, 10, 0, 5)


def test_nothing_is_cleaned_before_its_time():
    assert edges(measured(spans(5, 6, 7, 8, young=2), bounds(), lag_ms=1)) == (0, 20, 0, 11)
    assert measured(spans(5, 6, young=2), bounds(), lag_ms=1).dirty_bytes == 0
    assert edges(measured(spans(5, 6, 7, 8, young=2), bounds())) == (0, 30, 0, 18)


def test_a_log_without_anything_dirty_has_no_ratio():
    assert measured([], bounds()).ratio == 0.0


def test_spans_are_cleaned_together_as_long_as_they_may_be_one():
    found = spans(5, 5, 5, 20, 1, 1, 1)
    assert list(groups(found, end=Offset(60), bytes_max=10)) == [(0, 20), (20, 30), (30, 40), (40, 60)]
    assert list(groups(found, end=Offset(11), bytes_max=10)) == [(0, 20)]
    assert list(groups(found, end=Offset(0), bytes_max=10)) == []


def test_offsets_that_lie_too_far_apart_are_not_cleaned_together():
    first, _ = spans(1, 1)
    far = Span(base=Offset(2**31), end=Offset(2**31 + 10), size=1, largest_timestamp=NOW, created=NOW, active=False)
    assert list(groups([first, far], end=far.end, bytes_max=10)) == [(0, 10), (2**31, 2**31 + 10)]
