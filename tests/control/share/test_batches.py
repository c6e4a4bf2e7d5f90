"""State batches against a table of every single record."""

from itertools import pairwise

from hypothesis import given, strategies as st

from headwater.control.share.batches import StateBatch, combined

BATCHES = st.lists(
    st.builds(
        lambda first, length, state, count: StateBatch(
            first=first, last=first + length, state=state, delivery_count=count
        ),
        st.integers(0, 30),
        st.integers(0, 10),
        st.sampled_from([0, 2, 4]),
        st.integers(1, 4),
    ),
    max_size=8,
)


def batch(first: int, last: int, state: int = 0, delivery_count: int = 1) -> StateBatch:
    return StateBatch(first=first, last=last, state=state, delivery_count=delivery_count)


def record_by_record(batches: list[StateBatch], start: int) -> dict[int, tuple[int, int]]:
    strongest: dict[int, tuple[int, int]] = {}
    for each in batches:
        for offset in range(max(each.first, start), each.last + 1):
            strongest[offset] = max(strongest.get(offset, (0, 0)), (each.delivery_count, each.state))
    return strongest


@given(st.lists(BATCHES, max_size=4), st.integers(-1, 35))
def test_each_record_has_the_strongest_of_what_was_said_about_it(writes: list[list[StateBatch]], start: int) -> None:
    known: tuple[StateBatch, ...] = ()
    for news in writes:
        known = combined(known, news, start=-1)
    known = combined(known, (), start=start)
    assert record_by_record(list(known), start) == record_by_record([each for news in writes for each in news], start)
    for before, after in pairwise(known):
        assert before.last < after.first


def test_what_is_alike_and_adjacent_is_one_batch() -> None:
    assert combined((batch(0, 4, 2),), (batch(5, 9, 2),), start=0) == (batch(0, 9, 2),)


def test_a_release_after_another_delivery_takes_back_nothing_that_is_newer() -> None:
    known = (batch(0, 9, 0, 2),)
    assert combined(known, (batch(3, 4, 2, 1),), start=0) == known
    assert combined(known, (batch(3, 4, 2, 2),), start=0) == (batch(0, 2, 0, 2), batch(3, 4, 2, 2), batch(5, 9, 0, 2))
