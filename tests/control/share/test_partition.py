"""A share partition: what is lent in which portions, and what is answered to whom."""

from typing import Any

from msgspec.structs import replace

from headwater.control.share.acquiring import ReadBatch, Wish
from headwater.control.share.batches import StateBatch
from headwater.control.share.errors import InvalidRecordState, InvalidShareRequest
from headwater.control.share.partition import Change, SharePartition
from headwater.control.share.records import DELIVERED_TOO_OFTEN, REJECTED, Acknowledgement, Acquired
from headwater.control.share.settings import ShareSettings

READ = [ReadBatch(first=first, last=first + 9) for first in range(0, 40, 10)]
ACCEPT, RELEASE, REJECT, RENEW = 1, 2, 3, 4


def partition(*batches: StateBatch, start: int = 0, **changed: Any) -> SharePartition:
    told = replace(ShareSettings(record_lock_ms=1_000), **changed)
    return SharePartition(settings=lambda: told, start=start, batches=batches)


def fetch(
    of: SharePartition,
    most: int = 100,
    *,
    member: str = "a",
    batch_size: int = 100,
    strict: bool = False,
    read: list[ReadBatch] = READ,
    now: int = 0,
) -> list[tuple[int, int, int]]:
    asked = of.next_fetch_offset()
    if asked is None:
        return []
    wish = Wish(member=member, records_max=most, batch_size=batch_size, strict=strict)
    given = of.acquire([each for each in read if each.last >= asked], wish, asked=asked, now=now)
    return [(each.first, each.last, each.delivery_count) for each in given]


def acknowledge(of: SharePartition, first: int, last: int, *types: int, member: str = "a", now: int = 0) -> Change:
    change = of.acknowledge(member, [Acknowledgement(first=first, last=last, types=types)], now=now)
    assert isinstance(change, Change), change
    return change


def accept(of: SharePartition, first: int, last: int) -> None:
    of.settle(acknowledge(of, first, last, ACCEPT), durable=True)


def test_whole_batches_are_lent_unless_a_strict_limit_is_asked_for() -> None:
    assert fetch(partition(), 15) == [(0, 19, 1)]
    assert fetch(partition(), 15, strict=True) == [(0, 14, 1)]
    strict = partition()
    assert fetch(strict, 15, strict=True) == [(0, 14, 1)]
    assert fetch(strict, 15, strict=True) == [(15, 29, 1)]


def test_portions_end_where_batches_of_the_log_do() -> None:
    assert fetch(partition(), batch_size=15) == [(0, 19, 1), (20, 39, 1)]
    assert fetch(partition(), batch_size=10) == [(0, 9, 1), (10, 19, 1), (20, 29, 1), (30, 39, 1)]


def test_what_was_released_comes_before_what_is_new() -> None:
    of = partition()
    assert fetch(of, 10) == [(0, 9, 1)]
    of.settle(acknowledge(of, 3, 4, RELEASE), durable=True)
    assert fetch(of, 5, member="b") == [(3, 4, 2), (10, 19, 1)]


def test_records_are_not_lent_anew_before_their_release_is_durable() -> None:
    of = partition()
    fetch(of, 10)
    change = acknowledge(of, 0, 9, RELEASE)
    assert of.next_fetch_offset() == 10
    of.settle(change, durable=False)
    assert isinstance(of.acknowledge("b", [Acknowledgement(first=0, last=9, types=(1,))], now=0), InvalidRecordState)
    accept(of, 0, 9)
    assert of.start == 10


def test_each_record_of_a_batch_may_have_its_own_end() -> None:
    of = partition()
    fetch(of, 10)
    change = acknowledge(of, 0, 9, *(ACCEPT, ACCEPT, RELEASE, REJECT, 0, 0, ACCEPT, ACCEPT, ACCEPT, RELEASE))
    assert [(each.first, each.last, each.state) for each in change.batches] == [
        (0, 1, 2),
        (2, 2, 0),
        (3, 3, 4),
        (4, 5, 4),
        (6, 8, 2),
        (9, 9, 0),
    ]
    of.settle(change, durable=True)
    assert (of.start, of.delivery_complete) == (2, 6)


def test_a_lock_that_is_over_frees_its_records_and_counts_the_delivery() -> None:
    of = partition()
    fetch(of, 10)
    assert of.next_deadline() == 1_000
    assert of.expire(999).batches == []
    assert of.expire(1_000).batches == [StateBatch(first=0, last=9, state=0, delivery_count=1)]
    assert fetch(of, 10, member="b") == [(0, 9, 2)]
    late = of.acknowledge("a", [Acknowledgement(first=0, last=9, types=(1,))], now=0)
    assert isinstance(late, InvalidRecordState)


def test_a_lock_is_renewed_where_the_group_allows_it() -> None:
    of = partition()
    fetch(of, 10)
    assert acknowledge(of, 0, 9, RENEW, now=900).batches == []
    assert of.next_deadline() == 1_900
    strict = partition(renews=False)
    fetch(strict, 10)
    refused = strict.acknowledge("a", [Acknowledgement(first=0, last=9, types=(RENEW,))], now=0)
    assert isinstance(refused, InvalidRecordState)


def test_acknowledgements_of_one_request_stand_or_fall_together() -> None:
    of = partition()
    fetch(of, 10)
    fetch(of, 10, member="b")
    parts = [Acknowledgement(first=0, last=4, types=(1,)), Acknowledgement(first=10, last=11, types=(1,))]
    assert isinstance(of.acknowledge("a", parts, now=0), InvalidRecordState)
    accept(of, 0, 9)
    assert of.start == 10


def test_what_was_never_lent_is_refused_and_what_is_past_is_not() -> None:
    of = partition()
    nothing = of.acknowledge("a", [Acknowledgement(first=0, last=4, types=(1,))], now=0)
    assert isinstance(nothing, InvalidRecordState)
    fetch(of, 10)
    for first, last, kind in ((5, 10, 1), (0, 9, 5), (0, 9, -1)):
        beyond = of.acknowledge("a", [Acknowledgement(first=first, last=last, types=(kind,))], now=0)
        assert isinstance(beyond, InvalidShareRequest)
    of.move_start(5)
    assert acknowledge(of, 0, 4, ACCEPT).batches == []
    assert acknowledge(of, 0, 9, ACCEPT).batches == [StateBatch(first=5, last=9, state=2, delivery_count=1)]


def test_no_more_are_in_flight_than_may_be() -> None:
    of = partition(record_locks_max=20)
    assert fetch(of) == [(0, 19, 1)]
    assert of.next_fetch_offset() is None
    of.settle(acknowledge(of, 5, 6, RELEASE), durable=True)
    assert fetch(of) == [(5, 6, 2)]
    accept(of, 0, 9)
    assert fetch(of) == [(20, 29, 1)]


def test_suspects_come_with_fewer_others_and_alone_the_last_time() -> None:
    of = partition(delivery_count_limit=5)
    for delivery in (1, 2, 3):
        assert fetch(of, 8, read=[ReadBatch(first=0, last=7)]) == [(0, 7, delivery)]
        of.settle(of.release("a"), durable=True)
    assert fetch(of, 8) == [(0, 3, 4)]
    of.settle(of.release("a"), durable=True)
    assert fetch(of, 8) == [(0, 0, 5)]
    assert fetch(of, 8) == [(1, 1, 5)]


def test_what_is_delivered_too_often_or_rejected_is_given_up() -> None:
    of = partition(delivery_count_limit=2)
    fetch(of, 10)
    of.settle(of.release("a"), durable=True)
    fetch(of, 10, now=500)
    change = of.release("a")
    assert {each.state for each in change.batches} == {4}
    of.settle(change, durable=True)
    assert of.start == 10


def test_dead_letters_wait_for_their_copy() -> None:
    of = partition(dead_letter_topic="dlq.orders")
    fetch(of, 10)
    change = acknowledge(of, 2, 3, REJECT)
    assert [(each.first, each.last, each.reason) for each in change.dead] == [(2, 3, REJECTED)]
    of.settle(change, durable=True)
    accept(of, 0, 1)
    assert of.start == 2
    done = of.archive(change.dead[0])
    assert done.batches == [StateBatch(first=2, last=3, state=4, delivery_count=1)]
    assert of.start == 4


def test_a_load_brings_back_dead_letters_and_lends_what_nobody_was_heard_of() -> None:
    remembered = (
        StateBatch(first=10, last=14, state=2, delivery_count=1),
        StateBatch(first=15, last=16, state=3, delivery_count=5),
        StateBatch(first=20, last=24, state=0, delivery_count=2),
    )
    of = partition(*remembered, start=8, dead_letter_topic="dlq.orders")
    assert [(each.first, each.last, each.reason) for each in of.dead_letters()] == [(15, 16, DELIVERED_TOO_OFTEN)]
    assert fetch(of) == [(8, 9, 1), (17, 19, 1), (20, 24, 3), (25, 39, 1)]


def test_records_that_are_gone_from_the_log_are_not_waited_for() -> None:
    of = partition()
    fetch(of, 10)
    of.settle(of.release("a"), durable=True)
    assert fetch(of, 100, read=[ReadBatch(first=25, last=39)]) == [(25, 39, 1)]
    accept(of, 25, 39)
    assert of.start == 40


def test_nobody_is_told_of_aborted_records() -> None:
    of = partition()
    read = [READ[0], ReadBatch(first=10, last=19, aborted=True), READ[2]]
    given = of.acquire(read, Wish(member="a", records_max=100, batch_size=100), asked=0, now=0)
    assert given == [Acquired(first=0, last=9, delivery_count=1), Acquired(first=20, last=29, delivery_count=1)]
    accept(of, 0, 9)
    assert of.start == 20
