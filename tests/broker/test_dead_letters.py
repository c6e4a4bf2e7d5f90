"""Dead letters of share groups: what a group gives up is copied to its topic, and archived whatever becomes of the copy."""

from typing import Final

from tests.broker.rig import Rig
from tests.broker.sharing import GROUP, Member, key_of, log_of, make_topic, pass_s, produce, remembered, sharing_rig
from tests.machine.toy import run

from headwater.control.share.batches import StateBatch
from headwater.control.share.requests import WriteState
from headwater.kernel.settings import Scope
from headwater.wire.batch.header import iter_headers
from headwater.wire.batch.records import Record, iter_records
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import Offset, TopicName, Uuid

RELEASE, REJECT = 2, 3
DLQ: Final = "dlq.orders"
TO_DLQ: Final = {"errors.deadletterqueue.topic.name": DLQ}
TAKES: Final = {"errors.deadletterqueue.group.enable": "true"}
DLQ_ID: Final = Uuid(bytes([8]) * 16)


async def letters(broker: Rig, index: int = 0) -> list[Record]:
    found = await log_of(broker, DLQ, index).read(Offset(0), bytes_max=10**6)
    view = memoryview(b"".join(map(bytes, found.data)))
    return [
        each
        for at, header in iter_headers(view)
        for each in iter_records(view[at : at + header.size], header, decompressed_max=10**6)
    ]


def headers(letter: Record) -> dict[str, str]:
    return {name.removeprefix("__dlq.errors."): (value or b"").decode() for name, value in letter.headers}


async def is_archived(broker: Rig, last: int) -> None:
    """Wait for it, and for that to be remembered: the group begins behind these records."""
    while (await remembered(broker)).start_offset <= last:
        await pass_s(0.01)


def test_a_rejected_record_is_copied_with_where_it_came_from() -> None:
    async def test() -> None:
        group = {**TO_DLQ, "errors.deadletterqueue.copy.record.enable": "true"}
        async with sharing_rig(group=group) as broker:
            await make_topic(broker, DLQ, DLQ_ID, settings=TAKES)
            await produce(broker, "a", "b")
            one = Member(broker, "one")
            await one.fetch(wait_ms=1_000)
            assert await one.acknowledge(0, 1, REJECT) == 0
            await is_archived(broker, 1)
            first, second = await letters(broker)
            assert (first.key, first.value, second.value) == (b"k", b"a", b"b")
            assert headers(second) == {
                "topic": "orders",
                "partition": "0",
                "offset": "1",
                "group": GROUP,
                "delivery.count": "1",
                "message": "Offset rejected by client.",
            }
            assert broker.services.sharing.dead_letters.copied == 2

    run(test)


def test_a_record_that_was_delivered_too_often_is_copied_without_its_value_unless_asked_for() -> None:
    async def test() -> None:
        async with sharing_rig(group={**TO_DLQ, "share.delivery.count.limit": "2"}) as broker:
            await make_topic(broker, DLQ, DLQ_ID, settings=TAKES)
            await produce(broker, "a")
            one = Member(broker, "one")
            for _ in range(2):
                await one.fetch(wait_ms=1_000)
                assert await one.acknowledge(0, 0, RELEASE) == 0
            await is_archived(broker, 0)
            (letter,) = await letters(broker)
            assert (letter.key, letter.value) == (None, None)
            assert headers(letter)["message"] == "Offset delivery count exceeded the threshold."
            assert headers(letter)["delivery.count"] == "2"

    run(test)


def test_letters_that_are_not_known_to_be_copied_are_copied_by_the_next_leader() -> None:
    async def test() -> None:
        async with sharing_rig(group=TO_DLQ) as broker:
            await make_topic(broker, DLQ, DLQ_ID, settings=TAKES)
            await produce(broker, "a", "b")
            given_up = WriteState(
                key=key_of(),
                state_epoch=0,
                leader_epoch=0,
                start_offset=0,
                delivery_complete=0,
                batches=(StateBatch(first=0, last=0, state=3, delivery_count=5),),
            )
            assert await broker.services.share_states.ask(str(key_of()), given_up) is None
            one = Member(broker, "one")
            await one.fetch(wait_ms=1_000)
            assert list(one.lent) == [1]
            await is_archived(broker, 0)
            (letter,) = await letters(broker)
            assert headers(letter)["message"] == "Offset delivery count exceeded the threshold."

    run(test)


def test_a_topic_that_may_not_take_letters_takes_none_and_stops_nobody() -> None:
    async def test() -> None:
        async with sharing_rig(group=TO_DLQ) as broker:
            await make_topic(broker, DLQ, DLQ_ID)
            await produce(broker, "a")
            one = Member(broker, "one")
            await one.fetch(wait_ms=1_000)
            assert await one.acknowledge(0, 0, REJECT) == 0
            await is_archived(broker, 0)
            assert await letters(broker) == []
            for name in ("__letters", "letters", "dlq.absent"):
                broker.live.change(Scope.GROUP, GROUP, "errors.deadletterqueue.topic.name", name)
                await produce(broker, "b")
                await one.fetch(wait_ms=1_000)
                (offset,) = one.lent
                assert await one.acknowledge(offset, offset, REJECT) == 0
                await is_archived(broker, offset)
            assert broker.services.sharing.dead_letters.lost == 4

    run(test)


def test_the_topic_is_made_where_that_is_allowed() -> None:
    async def test() -> None:
        made = {"errors.deadletterqueue.auto.create.topics.enable": "true"}
        async with sharing_rig(group=TO_DLQ, settings=made) as broker:
            await produce(broker, "a")
            one = Member(broker, "one")
            await one.fetch(wait_ms=1_000)
            assert await one.acknowledge(0, 0, REJECT) == 0
            await is_archived(broker, 0)
            assert len(await letters(broker)) == 1
            assert broker.services.partitions.find(TopicName("dlq.absent"), 0) == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    run(test)
