"""What is copied and what goes, by the settings alone."""

from typing import Any

from headwater.kernel.units import Timestamp
from headwater.log.port import Bounds, PartitionId, Span
from headwater.log.settings import LogSettings
from headwater.log.tiering.policy import first_here, to_copy
from headwater.log.tiering.segment import RemoteSegment, RemoteSegments
from headwater.wire.types import LeaderEpoch, Offset, TopicName, Uuid

NOW = Timestamp(1_000_000)
ORDERS = PartitionId(topic=TopicName("orders"), topic_id=Uuid(b"o" * 16), index=0)


def spans(*ages_ms: int, size: int = 100) -> list[Span]:
    """Ten offsets each; the last one is active."""
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


def bounds(*, start: int = 0, local: int = 0, last_stable: int = 1_000) -> Bounds:
    return Bounds(
        start=Offset(start),
        local_start=Offset(local),
        high_watermark=Offset(1_000),
        last_stable=Offset(last_stable),
        end=Offset(1_000),
        epoch=LeaderEpoch(0),
        epochs=(),
    )


def remote(*edges: tuple[int, int]) -> RemoteSegments:
    return RemoteSegments(segment(number, base, end) for number, (base, end) in enumerate(edges))


def segment(number: int, base: int, end: int) -> RemoteSegment:
    return RemoteSegment(
        id=Uuid(bytes([number]) * 16),
        partition=ORDERS,
        base=Offset(base),
        end=Offset(end),
        size=100,
        largest_timestamp=NOW,
        copied=NOW,
        epochs=(),
        has_aborted=False,
    )


def copied(found: list[Span], within: Bounds, there: RemoteSegments, **settings: Any) -> list[int]:
    return [each.base for each in to_copy(found, within, there, LogSettings(**settings), now=NOW)]


def here(found: list[Span], there: RemoteSegments, **settings: Any) -> int:
    return first_here(found, bounds(), there, LogSettings(**settings), now=NOW)


def test_closed_spans_are_copied_in_order_from_where_remote_storage_ends():
    assert copied(spans(9, 9, 9, 9), bounds(), remote()) == [0, 10, 20]
    assert copied(spans(9, 9, 9, 9), bounds(), remote((0, 10))) == [10, 20]


def test_what_was_cut_off_is_not_copied():
    assert copied(spans(9, 9, 9), bounds(start=10), remote()) == [10]


def test_what_an_open_transaction_may_still_change_is_not_copied():
    assert copied(spans(9, 9, 9, 9), bounds(last_stable=19), remote()) == [0]


def test_a_span_waits_for_its_age_or_for_what_comes_after_it():
    assert copied(spans(50, 20, 5, 0), bounds(), remote(), remote_copy_lag_ms=20) == [0, 10]
    assert copied(spans(0, 0, 0, 0), bounds(), remote(), remote_copy_lag_ms=20, remote_copy_lag_bytes=200) == [0, 10]
    assert copied(spans(0, 0, 0), bounds(), remote(), remote_copy_lag_ms=20, remote_copy_lag_bytes=0) == [0, 10]


def test_a_lag_of_minus_one_is_what_local_retention_says():
    waiting = {"remote_copy_lag_ms": -1, "remote_copy_lag_bytes": -1}
    assert copied(spans(50, 20, 0), bounds(), remote(), local_retention_ms=30, **waiting) == [0]
    assert copied(
        spans(50, 20, 0), bounds(), remote(), local_retention_bytes=200, local_retention_ms=-1, **waiting
    ) == [0]
    assert copied(spans(50, 20, 0), bounds(), remote(), retention_ms=-1, **waiting) == []


def test_only_what_is_in_remote_storage_goes():
    gone = {"local_retention_ms": 0}
    assert here(spans(9, 9, 9, 9), remote(), **gone) == 0
    assert here(spans(9, 9, 9, 9), remote((0, 10), (10, 20)), **gone) == 20
    assert here(spans(9, 9, 9, 9), remote((10, 20)), **gone) == 0
    assert here(spans(9, 9, 9, 9), remote((0, 15), (20, 30)), **gone) == 10


def test_the_active_span_stays():
    assert here(spans(9, 9), remote((0, 10), (10, 20)), local_retention_ms=0) == 10


def test_local_retention_is_by_age_and_by_size():
    there = remote((0, 10), (10, 20), (20, 30))
    assert here(spans(50, 20, 5, 0), there, local_retention_ms=10) == 20
    assert here(spans(0, 0, 0, 0), there, local_retention_bytes=200, local_retention_ms=-1) == 20
    assert here(spans(50, 20, 5, 0), there, local_retention_ms=-1, local_retention_bytes=-1) == 0
    assert here(spans(50, 20, 5, 0), there, retention_ms=30) == 10


def test_segments_that_overlap_are_found_by_the_later_one():
    there = remote((0, 10), (5, 20))
    found = there.holding(Offset(7))
    assert found is not None
    assert found.base == 5
    assert there.cover(Offset(0), Offset(20))
    assert not there.cover(Offset(0), Offset(21))
    assert there.holding(Offset(20)) is None
