"""Share groups' data path, as clients see it: what is lent to whom, and what becomes of it."""

import asyncio
from asyncio import get_running_loop

from tests.broker.sharing import (
    GROUP,
    ORDERS,
    Member,
    initialize,
    key_of,
    log_of,
    pass_s,
    produce,
    remembered,
    said,
    sharing_rig,
)
from tests.contracts.log_store import producer_of
from tests.machine.toy import run

from headwater.control.share.batches import StateBatch
from headwater.kernel.settings import Scope
from headwater.kernel.units import Timestamp
from headwater.log.journals.batches import marker_batch
from headwater.log.port import Origin
from headwater.machine.transactional import TransactionEnd
from headwater.security.quotas.entities import entity_of
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import Offset, ProducerEpoch, ProducerId

ACCEPT, RELEASE, REJECT, RENEW = 1, 2, 3, 4


def test_a_record_goes_to_one_member_at_a_time_and_is_done_with_when_accepted() -> None:
    async def test() -> None:
        async with sharing_rig() as broker:
            await produce(broker, "a", "b", "c")
            one, other = Member(broker, "one"), Member(broker, "other")
            assert await one.fetch(wait_ms=1_000) == 0
            assert one.lent == {0: ("a", 1), 1: ("b", 1), 2: ("c", 1)}
            assert await other.fetch() == 0
            assert other.lent == {}
            assert await one.acknowledge(0, 2, ACCEPT, RELEASE, REJECT) == 0
            assert await other.fetch() == 0
            assert other.lent == {1: ("b", 2)}
            assert await other.fetch(said(1, 1, ACCEPT)) == 0
            state = await remembered(broker)
            assert StateBatch(first=1, last=1, state=2, delivery_count=2) in state.batches

    run(test)


def test_a_waiting_fetch_wakes_for_new_records_and_for_released_ones() -> None:
    async def test() -> None:
        async with sharing_rig() as broker:
            one, other = Member(broker, "one"), Member(broker, "other")
            waiting = asyncio.create_task(one.fetch(wait_ms=60_000))
            await pass_s(1)
            await produce(broker, "a", "b")
            assert await waiting == 0
            assert list(one.lent) == [0, 1]
            waiting = asyncio.create_task(other.fetch(wait_ms=60_000))
            await pass_s(1)
            assert await one.acknowledge(0, 1, RELEASE) == 0
            assert await waiting == 0
            assert other.lent == {0: ("a", 2), 1: ("b", 2)}

    run(test)


def test_a_lock_that_ends_gives_the_records_to_who_waits() -> None:
    async def test() -> None:
        async with sharing_rig(group={"share.record.lock.duration.ms": "20000"}) as broker:
            await produce(broker, "a")
            one, other = Member(broker, "one"), Member(broker, "other")
            await one.fetch(wait_ms=1_000)
            began = get_running_loop().time()
            assert await other.fetch(wait_ms=60_000) == 0
            assert other.lent == {0: ("a", 2)}
            assert 19 <= get_running_loop().time() - began <= 21
            assert await one.acknowledge(0, 0, ACCEPT) == ErrorCode.INVALID_RECORD_STATE
            assert await other.acknowledge(0, 0, ACCEPT) == 0

    run(test)


def test_a_lock_is_renewed_by_who_says_so() -> None:
    async def test() -> None:
        async with sharing_rig(group={"share.record.lock.duration.ms": "20000"}) as broker:
            await produce(broker, "a")
            one, other = Member(broker, "one"), Member(broker, "other")
            await one.fetch(wait_ms=1_000)
            await pass_s(15)
            assert await one.fetch(said(0, 0, RENEW), renew=True) == 0
            assert one.acknowledged == 0
            await pass_s(15)
            assert await one.acknowledge(0, 0, RENEW, renew=True) == 0
            await pass_s(15)
            await other.fetch()
            assert other.lent == {}
            assert await one.acknowledge(0, 0, RENEW) == ErrorCode.INVALID_REQUEST
            await pass_s(6)
            await other.fetch()
            assert other.lent == {0: ("a", 2)}

    run(test)


def test_a_session_that_ends_frees_what_its_member_holds() -> None:
    async def test() -> None:
        async with sharing_rig() as broker:
            await produce(broker, "a", "b")
            one, other = Member(broker, "one"), Member(broker, "other")
            await one.fetch(wait_ms=1_000)
            await other.fetch()
            assert await one.acknowledge(0, 0, ACCEPT, close=True) == 0
            assert await other.fetch(wait_ms=1_000) == 0
            assert other.lent == {1: ("b", 2)}

    run(test)


def test_a_fetch_that_waits_is_lent_nothing_when_its_session_has_ended() -> None:
    async def test() -> None:
        async with sharing_rig() as broker:
            one, same, other = Member(broker, "one"), Member(broker, "one"), Member(broker, "other")
            await one.fetch()
            waiting = asyncio.create_task(one.fetch(wait_ms=1_000))
            await pass_s(0.5)
            same.epoch = -1
            assert await same.fetch() == 0
            await produce(broker, "a")
            assert await waiting == 0
            assert one.lent == {}
            await other.fetch(wait_ms=1_000)
            assert other.lent == {0: ("a", 1)}

    run(test)


def test_a_connection_that_ends_frees_what_its_members_hold() -> None:
    async def test() -> None:
        async with sharing_rig() as broker:
            await produce(broker, "a")
            one = Member(broker, "one")
            await one.fetch(wait_ms=1_000)
            left = broker.session
            broker.come_on("INTERNAL")
            other = Member(broker, "other")
            await other.fetch()
            for hook in left.when_closed.values():
                hook()
            await other.fetch(wait_ms=1_000)
            assert other.lent == {0: ("a", 2)}
            assert await one.fetch() == ErrorCode.SHARE_SESSION_NOT_FOUND
            assert len(broker.services.sharing.sessions) == 1

    run(test)


def test_sessions_are_counted_and_go_by_their_epochs() -> None:
    async def test() -> None:
        async with sharing_rig(settings={"group.share.max.share.sessions": "1"}) as broker:
            one, other = Member(broker, "one"), Member(broker, "other")
            assert await one.acknowledge(0, 0, ACCEPT) == ErrorCode.INVALID_SHARE_SESSION_EPOCH
            one.epoch = 1
            assert await one.acknowledge(0, 0, ACCEPT) == ErrorCode.SHARE_SESSION_NOT_FOUND
            assert await one.fetch() == ErrorCode.SHARE_SESSION_NOT_FOUND
            one.epoch = 0
            assert await one.fetch() == 0
            began = get_running_loop().time()
            assert await other.fetch(wait_ms=500) == ErrorCode.SHARE_SESSION_LIMIT_REACHED
            assert get_running_loop().time() - began >= 0.5
            one.epoch = 7
            assert await one.fetch() == ErrorCode.INVALID_SHARE_SESSION_EPOCH
            one.epoch = 0
            assert await one.fetch(said(0, 0, ACCEPT)) == ErrorCode.INVALID_REQUEST
            one.epoch = -1
            assert await one.fetch() == 0
            assert await other.fetch() == 0

    run(test)


def test_what_was_done_survives_the_leader_and_what_was_lent_is_lent_again() -> None:
    async def test() -> None:
        async with sharing_rig() as broker:
            await produce(broker, "a", "b", "c", "d")
            one = Member(broker, "one")
            await one.fetch(wait_ms=1_000)
            assert await one.acknowledge(1, 2, ACCEPT, REJECT) == 0
            broker.services.sharing.leaders.close_group(GROUP)
            other = Member(broker, "other")
            await other.fetch(wait_ms=1_000)
            assert other.lent == {0: ("a", 1), 3: ("d", 1)}

    run(test)


def test_a_group_begins_once_even_if_nothing_was_acknowledged() -> None:
    async def test() -> None:
        async with sharing_rig(group={"share.auto.offset.reset": "latest"}) as broker:
            await produce(broker, "before")
            one = Member(broker, "one")
            await one.fetch(wait_ms=100)
            await produce(broker, "after")
            broker.services.sharing.leaders.close_group(GROUP)
            other = Member(broker, "other")
            await other.fetch(wait_ms=1_000)
            assert other.lent == {1: ("after", 1)}

    run(test)


def test_a_group_begins_with_what_is_not_too_old() -> None:
    async def test() -> None:
        async with sharing_rig(group={"share.auto.offset.reset": "by_duration:PT1H"}) as broker:
            await produce(broker, "old")
            await pass_s(7_200)
            await produce(broker, "new")
            one = Member(broker, "one")
            await one.fetch(wait_ms=1_000)
            assert one.lent == {1: ("new", 1)}

    run(test)


def test_a_leader_that_missed_that_the_offsets_were_set_is_replaced() -> None:
    async def test() -> None:
        async with sharing_rig() as broker:
            await produce(broker, "a", "b")
            one = Member(broker, "one")
            await one.fetch(wait_ms=1_000)
            await initialize(broker, key_of(), epoch=1)
            assert await one.acknowledge(0, 1, ACCEPT) == ErrorCode.NOT_LEADER_OR_FOLLOWER
            await one.fetch(wait_ms=1_000)
            assert one.lent == {0: ("a", 1), 1: ("b", 1)}

    run(test)


def test_only_committed_records_are_lent_where_the_group_asks_for_that() -> None:
    async def test() -> None:
        async with sharing_rig(group={"share.isolation.level": "read_committed"}) as broker:
            log = log_of(broker)
            one = Member(broker, "one")
            for producer_id, committed in ((5, False), (6, True)):
                records = [NewRecord(value=f"{producer_id}".encode(), timestamp=Timestamp(1))]
                batch = build_batch(records, producer=producer_of(producer_id, 0, 0), transactional=True)
                await log.append((memoryview(batch),))
                await one.fetch()
                assert one.lent == {}
                end = TransactionEnd(
                    producer_id=ProducerId(producer_id),
                    producer_epoch=ProducerEpoch(0),
                    committed=committed,
                    coordinator_epoch=0,
                )
                await log.append((memoryview(marker_batch(end, now=Timestamp(2))),), origin=Origin.COORDINATOR)
            await one.fetch(wait_ms=1_000)
            assert one.lent == {2: ("6", 1)}

    run(test)


def test_records_that_were_deleted_are_over() -> None:
    async def test() -> None:
        async with sharing_rig() as broker:
            await produce(broker, "a", "b")
            await produce(broker, "c")
            one = Member(broker, "one")
            await one.fetch(wait_ms=1_000, records_max=1)
            assert list(one.lent) == [0, 1]
            await log_of(broker).trim(Offset(2))
            await one.fetch()
            assert one.lent == {2: ("c", 1)}
            assert await one.acknowledge(0, 2, ACCEPT) == 0
            assert (await remembered(broker)).start_offset >= 2

    run(test)


def test_a_strict_limit_is_kept_over_all_partitions() -> None:
    async def test() -> None:
        async with sharing_rig(partitions=2) as broker:
            for index in (0, 1):
                await produce(broker, "a", "b", "c", index=index)
            one = Member(broker, "one")
            await one.fetch(partitions=(0, 1), wait_ms=1_000, records_max=4, mode=1)
            await one.fetch(partitions=(0, 1), wait_ms=1_000, records_max=4, mode=1)
            flight = [broker.services.sharing.leaders.find(key_of(index)) for index in (0, 1)]
            assert sum(each.partition.in_flight for each in flight if each and each.partition) == 6

    run(test)


def test_what_is_lent_counts_as_fetched_and_silence_comes_after_it() -> None:
    async def test() -> None:
        async with sharing_rig() as broker:
            for _ in range(3):
                await produce(broker, "x" * 200)
            broker.services.quotas.change(entity_of({"user": None}), "consumer_byte_rate", 50)
            one = Member(broker, "one")
            await one.fetch(wait_ms=1_000)
            assert (list(one.lent), one.throttle_ms) == ([0], 0)
            await one.fetch(wait_ms=1_000)
            assert list(one.lent) == [1]
            assert one.throttle_ms > 0
            broker.services.quotas.change(entity_of({"user": None}), "consumer_byte_rate", None)
            await one.fetch(wait_ms=1_000)
            assert (list(one.lent), one.throttle_ms) == ([2], 0)

    run(test)


def test_partitions_that_are_not_initialized_or_not_there_are_refused() -> None:
    async def test() -> None:
        async with sharing_rig() as broker:
            one = Member(broker, "one")
            assert await one.fetch(partitions=(3,)) == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            broker.live.change(Scope.GROUP, "others", "share.auto.offset.reset", "earliest")
            key = key_of()
            leaders = broker.services.sharing.leaders
            other = leaders.get(type(key)(group_id="others", topic_id=ORDERS, partition=0))
            await pass_s(1)
            assert other is not None
            assert getattr(other, "failure", None) is not None
            assert len(leaders) == 0

    run(test)
