"""A share partition against its model, whatever its members do, and through crashes."""

from typing import Final

from hypothesis import given, settings, strategies as st
from tests.control.share.sharing import LOCK_MS, Sharing

from headwater.control.share.acquiring import ReadBatch
from headwater.control.share.records import AcknowledgeType
from headwater.control.share.settings import ShareSettings

_KINDS: Final = (
    AcknowledgeType.ACCEPT,
    AcknowledgeType.RELEASE,
    AcknowledgeType.REJECT,
    AcknowledgeType.RENEW,
    AcknowledgeType.GAP,
)
MEMBERS = st.sampled_from(["a", "b"])
FETCH = st.tuples(st.just("fetch"), MEMBERS, st.integers(1, 12), st.booleans())
ACKNOWLEDGE = st.tuples(
    st.just("acknowledge"), MEMBERS, st.sampled_from(_KINDS), st.sampled_from([0, 0, 1, 3]), st.integers(1, 8)
)
SETTLE = st.tuples(st.just("settle"), st.booleans())
RARE = st.one_of(
    st.tuples(st.just("release"), MEMBERS),
    st.tuples(st.just("pass"), st.sampled_from([LOCK_MS // 3, LOCK_MS])),
    st.tuples(st.just("trim"), st.integers(0, 20)),
    st.tuples(st.just("crash")),
)
STEPS = st.lists(st.one_of(FETCH, ACKNOWLEDGE, FETCH, ACKNOWLEDGE, SETTLE, RARE), min_size=15, max_size=50)


def batches(sizes: list[tuple[int, bool]]) -> list[ReadBatch]:
    made, first = [], 0
    for size, aborted in sizes:
        made.append(ReadBatch(first=first, last=first + size - 1, aborted=aborted))
        first += size
    return made


def take(sharing: Sharing, step: tuple[object, ...]) -> None:
    match step:
        case ("fetch", str(member), int(most), bool(strict)):
            sharing.fetch(member, most, strict=strict)
        case ("acknowledge", str(member), AcknowledgeType() as kind, int(skip), int(most)):
            held = sharing.held(member)[skip : skip + most]
            if held:
                sharing.acknowledge(member, held, kind)
        case ("settle", bool(durable)):
            sharing.settle(durable=durable)
        case ("release", str(member)):
            sharing.release(member)
        case ("pass", int(ms)):
            sharing.pass_ms(ms)
        case ("trim", int(before)):
            sharing.trim(before)
        case ("crash",):
            sharing.crash()
        case _:
            raise AssertionError(step)


def drain(sharing: Sharing) -> None:
    """What is left is lent and accepted, however long that takes."""
    while sharing.pending:
        sharing.settle(durable=True)
    for _ in range(500):
        sharing.pass_ms(LOCK_MS)
        if sharing.partition.start >= sharing.end:
            return
        sharing.fetch("last", 5)
        if held := sharing.held("last"):
            sharing.acknowledge("last", held, AcknowledgeType.ACCEPT)
        while sharing.pending:
            sharing.settle(durable=True)
        sharing.check()
    raise AssertionError("records are never lent")


@settings(max_examples=250, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 9).map(lambda drawn: drawn == 0)), min_size=1, max_size=8),
    STEPS,
    st.integers(2, 6),
    st.sampled_from([4, 10, 100]),
)
def test_no_record_is_lent_twice_at_once_or_skipped(
    sizes: list[tuple[int, bool]], steps: list[tuple[object, ...]], limit: int, locks: int
) -> None:
    told = ShareSettings(record_lock_ms=LOCK_MS, delivery_count_limit=limit, record_locks_max=locks)
    sharing = Sharing(batches(sizes), told)
    for step in steps:
        take(sharing, step)
        sharing.check()
    drain(sharing)
