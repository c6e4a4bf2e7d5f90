"""Fetch, against logs in memory."""

import asyncio
from random import Random
from typing import Any, cast

import pytest
from tests.broker.log_rig import ADVERTISED, NODE, LogRig, elapse, log_rig, of_one
from tests.broker.serving import framed, run as serve, serving
from tests.contracts.log_store import append, batch, marker, placed, records, sequenced
from tests.machine.toy import run
from tests.simulation.world.randomness import SimulatedRandomness

from headwater.broker.fetch.memory import LEAST_GRANT_BYTES, FetchMemory
from headwater.broker.handlers import fetch
from headwater.log.memory.faults import Odds, SeededFaults
from headwater.log.memory.log import MemoryLog
from headwater.log.port import Origin
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.fetch_request import FetchPartition, FetchRequest, FetchTopic, ForgottenTopic
from headwater.wire.messages.fetch_response import FetchResponse
from headwater.wire.types import Offset, Uuid

BY_NAME = 12
LATEST = 18
BIG = 1 << 20
ENDLESS_MS = 3_600_000


def of(topic: str | Uuid, *partitions: FetchPartition) -> FetchTopic:
    if isinstance(topic, str):
        return FetchTopic(topic=topic, partitions=partitions)
    return FetchTopic(topic_id=topic, partitions=partitions)


def at(offset: int, *, index: int = 0, bytes_max: int = BIG, **more: Any) -> FetchPartition:
    return FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=bytes_max, **more)


def asking(
    *topics: FetchTopic, wait_ms: int = 0, min_bytes: int = 1, max_bytes: int = BIG, **more: Any
) -> FetchRequest:
    return FetchRequest(max_wait_ms=wait_ms, min_bytes=min_bytes, max_bytes=max_bytes, topics=topics, **more)


async def fetched(rig: LogRig, request: FetchRequest, version: int = BY_NAME) -> Any:
    return await rig.ask(fetch, request, version)


def values(part: Any) -> list[bytes | None]:
    return [each.value for each in records(bytes(part.records))]


def now_ms() -> int:
    return round(asyncio.get_running_loop().time() * 1000)


# What is read


@pytest.mark.parametrize("version", range(4, 13))
def test_records_come_back_byte_for_byte_at_every_version_that_names_topics(version):
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            made = batch("a", "b")
            await append(rig.log("orders"), made)
            part = of_one(await fetched(rig, asking(of("orders", at(0))), version))
            assert bytes(part.records) == placed(made, 0)
            assert (part.error_code, part.high_watermark, part.last_stable_offset) == (0, 2, 2)
            assert part.aborted_transactions is None

    run(test)


@pytest.mark.parametrize("version", range(13, 19))
def test_records_come_back_at_every_version_that_gives_ids(version):
    async def test() -> None:
        async with log_rig() as rig:
            topic_id = await rig.create("orders")
            await append(rig.log("orders"), batch("a"))
            response = await fetched(rig, asking(of(topic_id, at(0))), version)
            assert values(of_one(response)) == [b"a"]
            assert response.responses[0].topic_id == topic_id

    run(test)


def test_an_offset_in_the_middle_of_a_batch_gives_the_whole_batch():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            await append(rig.log("orders"), batch("a", "b", "c"))
            assert values(of_one(await fetched(rig, asking(of("orders", at(1)))))) == [b"a", b"b", b"c"]

    run(test)


def test_nothing_new_is_an_empty_answer_and_not_null():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            part = of_one(await fetched(rig, asking(of("orders", at(0)))))
            assert part.records is not None
            assert (len(part.records), part.error_code) == (0, 0)

    run(test)


@pytest.mark.parametrize("offset", [-1, 1, 5])
def test_an_offset_outside_of_the_log_is_refused_with_the_logs_bounds(offset):
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            log = rig.log("orders")
            await append(log, batch("a"), batch("b"), batch("c"), batch("d"))
            await log.trim(Offset(2))
            part = of_one(await fetched(rig, asking(of("orders", at(offset)))))
            assert part.error_code == ErrorCode.OFFSET_OUT_OF_RANGE
            assert (part.log_start_offset, part.high_watermark, len(part.records)) == (2, 4, 0)

    run(test)


def test_committed_reads_end_at_the_last_stable_offset_and_name_aborted_transactions():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            log = rig.log("orders")
            await append(log, sequenced("void", sequence=0, transactional=True))
            await append(log, marker(7, committed=False), origin=Origin.COORDINATOR)
            await append(log, sequenced("open", sequence=0, producer=8, transactional=True))
            part = of_one(await fetched(rig, asking(of("orders", at(0)), isolation_level=1)))
            assert (part.last_stable_offset, part.high_watermark) == (2, 3)
            assert [(each.producer_id, each.first_offset) for each in part.aborted_transactions] == [(7, 0)]
            assert b"open" not in bytes(part.records)
            open_too = of_one(await fetched(rig, asking(of("orders", at(0)))))
            assert b"open" in bytes(open_too.records)

    run(test)


# Limits


async def three_partitions(rig: LogRig) -> int:
    """One batch in each; gives its size."""
    await rig.create("orders", partitions=3)
    for index in range(3):
        await append(rig.log("orders", index), batch("x" * 100))
    return len(batch("x" * 100))


def sizes(response: Any) -> dict[int, int]:
    return {part.partition_index: len(part.records) for topic in response.responses for part in topic.partitions}


def test_the_first_batch_comes_whole_even_where_it_is_above_all_limits_and_no_other_does():
    async def test() -> None:
        async with log_rig() as rig:
            size = await three_partitions(rig)
            topic = of("orders", *(at(0, index=index, bytes_max=1) for index in range(3)))
            assert sizes(await fetched(rig, asking(topic, max_bytes=1))) == {0: size, 1: 0, 2: 0}

    run(test)


def test_a_response_ends_at_max_bytes():
    async def test() -> None:
        async with log_rig() as rig:
            size = await three_partitions(rig)
            topic = of("orders", *(at(0, index=index) for index in range(3)))
            assert sizes(await fetched(rig, asking(topic, max_bytes=2 * size + 1))) == {0: size, 1: size, 2: 0}

    run(test)


def test_the_broker_has_a_limit_of_its_own():
    async def test() -> None:
        async with log_rig(fetch_max_bytes="1024") as rig:
            await rig.create("orders")
            for _ in range(30):
                await append(rig.log("orders"), batch("x" * 100))
            assert 0 < sizes(await fetched(rig, asking(of("orders", at(0)))))[0] <= 1024

    run(test)


def test_a_partition_that_gave_records_is_read_last_the_next_time():
    async def test() -> None:
        async with log_rig() as rig:
            size = await three_partitions(rig)
            topic = of("orders", *(at(0, index=index, bytes_max=1) for index in range(3)))
            first = await fetched(rig, asking(topic, max_bytes=1, session_epoch=0))
            given = []
            for epoch in (1, 2, 3):
                again = asking(session_id=first.session_id, session_epoch=epoch, max_bytes=1)
                given += [index for index, bytes_ in sizes(await fetched(rig, again)).items() if bytes_ == size]
            assert given == [0, 1, 2]

    run(test)


def test_records_that_a_slow_reader_has_not_taken_leave_less_for_the_others():
    async def test() -> None:
        async with log_rig(memory=BIG) as rig:
            await rig.create("orders")
            for _ in range(20):
                await append(rig.log("orders"), batch("x" * 10_000))
            rig.session.unsent_bytes = lambda: BIG
            rig.services.fetch_memory.lend(rig.session, BIG)
            assert 0 < sizes(await fetched(rig, asking(of("orders", at(0)))))[0] <= LEAST_GRANT_BYTES
            rig.session.unsent_bytes = lambda: 0
            assert sizes(await fetched(rig, asking(of("orders", at(0)))))[0] > 200_000

    run(test)


def test_a_client_that_does_not_read_holds_memory_until_it_does():
    async def test() -> None:
        memory = FetchMemory(bytes_max=64 * BIG)

        def asked_for() -> int:
            """What is taken after every connection has been asked."""
            memory.give_back(memory.grant(64 * BIG))
            return memory.bytes_taken

        async with log_rig() as rig:
            await rig.create("orders", max_message_bytes=str(9 * BIG))
            for _ in range(4):
                await append(rig.log("orders"), batch("x" * 4 * BIG))
            fetch_sessions, partitions = rig.services.fetch_sessions, rig.partitions
            async with serving(
                fetch, fetch_memory=memory, fetch_sessions=fetch_sessions, partitions=partitions
            ) as broker:
                client = await broker.connect()
                client.send(framed(asking(of("orders", at(0, bytes_max=64 * BIG)), max_bytes=64 * BIG), BY_NAME))
                while not memory.bytes_taken:  # noqa: ASYNC110 - a few turns of the loop
                    await asyncio.sleep(0)
                assert asked_for() > 8 * BIG
                await client.answer(FetchResponse, BY_NAME)
                while asked_for():  # noqa: ASYNC110 - until the transport has seen that all is written
                    await asyncio.sleep(0)

    serve(test)


# Waiting


def test_a_parked_fetch_wakes_when_data_is_there_and_not_before():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders", partitions=2)
            topic = of("orders", at(0), at(0, index=1))
            waiting = asyncio.ensure_future(fetched(rig, asking(topic, wait_ms=ENDLESS_MS)))
            await elapse(10000)
            assert not waiting.done()
            await append(rig.log("orders", 1), batch("a"))
            began = now_ms()
            assert sizes(await waiting)[1] > 0
            assert now_ms() == began

    run(test)


def test_a_parked_fetch_is_answered_empty_when_its_time_is_up():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            part = of_one(await fetched(rig, asking(of("orders", at(0)), wait_ms=500)))
            assert (len(part.records), now_ms()) == (0, 500)

    run(test)


def test_min_bytes_are_waited_for_over_several_appends():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            size = len(batch("a"))
            request = asking(of("orders", at(0)), wait_ms=ENDLESS_MS, min_bytes=3 * size)
            waiting = asyncio.ensure_future(fetched(rig, request))
            for value in "abc":
                await elapse(1000)
                assert not waiting.done()
                await append(rig.log("orders"), batch(value))
            assert values(of_one(await waiting)) == [b"a", b"b", b"c"]

    run(test)


def test_a_fetch_that_waits_for_many_bytes_does_not_read_them_anew_for_every_record():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            log: Any = rig.log("orders")
            read, reads = log.read, []

            def counted(offset: int, **limits: Any) -> Any:
                reads.append(offset)
                return read(offset, **limits)

            log.read = counted
            request = asking(of("orders", at(0)), wait_ms=ENDLESS_MS, min_bytes=100 * len(batch("x")))
            waiting = asyncio.ensure_future(fetched(rig, request))
            for _ in range(100):
                await append(log, batch("x"))
                await elapse(0.1)
            assert len(values(of_one(await waiting))) == 100
            assert len(reads) < 10

    run(test)


def test_a_fetch_on_a_deleted_topic_wakes_at_once():
    async def test() -> None:
        async with log_rig() as rig:
            topic_id = await rig.create("orders")
            waiting = asyncio.ensure_future(fetched(rig, asking(of("orders", at(0)), wait_ms=ENDLESS_MS)))
            await elapse(1000)
            await rig.delete(topic_id)
            assert of_one(await waiting).error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER

    run(test)


def test_a_client_that_leaves_leaves_nothing_behind():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            waiting = asyncio.ensure_future(fetched(rig, asking(of("orders", at(0)), wait_ms=ENDLESS_MS)))
            await elapse(1000)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            watched = cast("MemoryLog", rig.log("orders"))
            assert watched._wakes == []
            assert rig.services.fetch_memory.bytes_taken == 0

    run(test)


def test_what_moves_while_another_partition_is_read_is_not_missed():
    async def test() -> None:
        faults = SeededFaults(SimulatedRandomness(Random(5)), Odds(delay_max_ms=40))
        async with log_rig(faults=faults) as rig:
            await rig.create("orders", partitions=3)
            for round_ in range(20):
                topic = of("orders", *(at(round_ if index == 1 else 0, index=index) for index in range(3)))
                waiting = asyncio.ensure_future(fetched(rig, asking(topic, wait_ms=ENDLESS_MS)))
                await elapse(round_)
                await append(rig.log("orders", 1), batch("a"))
                assert sizes(await waiting)[1] > 0

    run(test)


def test_an_unknown_topic_alone_is_answered_at_once_and_beside_others_it_waits():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            alone = await fetched(rig, asking(of("nothing", at(0)), wait_ms=500))
            assert (of_one(alone).error_code, now_ms()) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0)
            await fetched(rig, asking(of("nothing", at(0)), of("orders", at(0)), wait_ms=500))
            assert now_ms() == 500

    run(test)


# Epochs and ids


def test_an_old_leader_epoch_is_fenced_and_told_the_new_one_and_a_later_one_is_unknown():
    async def test() -> None:
        async with log_rig() as rig:
            topic_id = await rig.create("orders")
            rig.lead(topic_id)
            response = await fetched(rig, asking(of(topic_id, at(0, current_leader_epoch=0))), LATEST)
            old = of_one(response)
            assert old.error_code == ErrorCode.FENCED_LEADER_EPOCH
            assert (old.current_leader.leader_id, old.current_leader.leader_epoch) == (NODE, 1)
            (node,) = response.node_endpoints
            assert (node.node_id, node.host, node.port) == (NODE, ADVERTISED.host, ADVERTISED.port)
            new = of_one(await fetched(rig, asking(of(topic_id, at(0, current_leader_epoch=2))), LATEST))
            assert new.error_code == ErrorCode.UNKNOWN_LEADER_EPOCH
            same = await fetched(rig, asking(of(topic_id, at(0, current_leader_epoch=1))), LATEST)
            assert (of_one(same).error_code, same.node_endpoints) == (0, ())
            before = await fetched(rig, asking(of("orders", at(0, current_leader_epoch=0))), BY_NAME)
            assert of_one(before).current_leader.leader_id == -1

    run(test)


def test_a_client_with_records_of_a_lost_tail_is_told_where_its_log_and_ours_part():
    async def test() -> None:
        async with log_rig() as rig:
            topic_id = await rig.create("orders")
            await append(rig.log("orders"), batch("a", "b"))
            rig.lead(topic_id)
            await append(rig.log("orders"), batch("c"))
            lost = of_one(await fetched(rig, asking(of("orders", at(3, last_fetched_epoch=0)), wait_ms=ENDLESS_MS)))
            assert (lost.diverging_epoch.epoch, lost.diverging_epoch.end_offset) == (0, 2)
            assert (lost.error_code, len(lost.records)) == (0, 0)
            fine = of_one(await fetched(rig, asking(of("orders", at(2, last_fetched_epoch=0)))))
            assert values(fine) == [b"c"]
            never = of_one(await fetched(rig, asking(of("orders", at(0, last_fetched_epoch=9)))))
            assert never.error_code == ErrorCode.OFFSET_OUT_OF_RANGE

    run(test)


def test_an_id_that_belongs_to_no_topic_is_unknown_and_one_of_a_former_life_is_inconsistent_in_its_session():
    async def test() -> None:
        async with log_rig() as rig:
            old = await rig.create("orders")
            begun = await fetched(rig, asking(of(old, at(0)), session_epoch=0), LATEST)
            await rig.delete(old)
            gone = await fetched(rig, asking(session_id=begun.session_id, session_epoch=1), LATEST)
            assert of_one(gone).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            await rig.create("orders")
            again = await fetched(rig, asking(session_id=begun.session_id, session_epoch=2), LATEST)
            assert of_one(again).error_code == ErrorCode.INCONSISTENT_TOPIC_ID
            full = await fetched(rig, asking(of(old, at(0))), LATEST)
            assert of_one(full).error_code == ErrorCode.UNKNOWN_TOPIC_ID

    run(test)


def test_a_session_learns_of_a_topic_that_is_made_later():
    async def test() -> None:
        async with log_rig() as rig:
            soon = Uuid(bytes([1]) * 16)
            begun = await fetched(rig, asking(of(soon, at(0)), session_epoch=0), LATEST)
            assert of_one(begun).error_code == ErrorCode.UNKNOWN_TOPIC_ID
            await rig.create("orders")
            await append(rig.log("orders"), batch("a"))
            again = await fetched(rig, asking(session_id=begun.session_id, session_epoch=1), LATEST)
            assert values(of_one(again)) == [b"a"]

    run(test)


def test_a_topic_that_may_not_be_read_is_refused():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("secret")
            rig.authorizer.refused.append((Operation.READ, "secret"))
            part = of_one(await fetched(rig, asking(of("secret", at(0)))))
            assert (part.error_code, part.high_watermark) == (ErrorCode.TOPIC_AUTHORIZATION_FAILED, -1)

    run(test)


def test_a_topic_compressed_by_zstd_needs_version_10():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders", compression_type="zstd")
            old = of_one(await fetched(rig, asking(of("orders", at(0))), 9))
            new = of_one(await fetched(rig, asking(of("orders", at(0))), 10))
            assert (old.error_code, new.error_code) == (ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, 0)

    run(test)


# Sessions


def test_a_session_answers_what_is_news_and_nothing_else():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders", partitions=2)
            first = await fetched(rig, asking(of("orders", at(0), at(0, index=1)), session_epoch=0))
            assert first.session_id > 0
            assert sizes(first) == {0: 0, 1: 0}
            quiet = await fetched(rig, asking(session_id=first.session_id, session_epoch=1))
            assert (quiet.session_id, quiet.responses) == (first.session_id, ())
            await append(rig.log("orders", 1), batch("a"))
            news = await fetched(rig, asking(session_id=first.session_id, session_epoch=2))
            assert list(sizes(news)) == [1]

    run(test)


def test_a_session_takes_new_positions_and_forgets_partitions():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders", partitions=2)
            await append(rig.log("orders"), batch("a"), batch("b"))
            first = await fetched(rig, asking(of("orders", at(0), at(0, index=1)), session_epoch=0))
            moved = asking(of("orders", at(1)), session_id=first.session_id, session_epoch=1)
            assert values(of_one(await fetched(rig, moved))) == [b"b"]
            left = ForgottenTopic(topic="orders", partitions=(0,))
            without = asking(session_id=first.session_id, session_epoch=2, forgotten_topics_data=(left,))
            assert (await fetched(rig, without)).responses == ()
            nothing = ForgottenTopic(topic="orders", partitions=(1,))
            last = asking(session_id=first.session_id, session_epoch=3, forgotten_topics_data=(nothing,))
            assert (await fetched(rig, last)).session_id == 0
            assert len(rig.services.fetch_sessions) == 0

    run(test)


def test_sessions_are_refused_by_kafkas_codes():
    async def test() -> None:
        async with log_rig() as rig:
            topic_id = await rig.create("orders")
            first = await fetched(rig, asking(of("orders", at(0)), session_epoch=0))
            unknown = await fetched(rig, asking(session_id=first.session_id + 1, session_epoch=1))
            assert unknown.error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND
            skipped = await fetched(rig, asking(session_id=first.session_id, session_epoch=2))
            assert skipped.error_code == ErrorCode.INVALID_FETCH_SESSION_EPOCH
            by_id = await fetched(
                rig, asking(of(topic_id, at(0)), session_id=first.session_id, session_epoch=1), LATEST
            )
            assert by_id.error_code == ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
            assert (skipped.session_id, skipped.responses) == (0, ())

    run(test)


def test_a_session_ends_when_its_client_says_so():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            first = await fetched(rig, asking(of("orders", at(0)), session_epoch=0))
            last = await fetched(rig, asking(of("orders", at(0)), session_id=first.session_id, session_epoch=-1))
            assert (last.session_id, len(rig.services.fetch_sessions)) == (0, 0)
            assert len(last.responses) == 1

    run(test)


def test_a_request_that_was_sent_again_while_the_first_was_parked_makes_the_first_invalid():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            begun = await fetched(rig, asking(of("orders", at(0)), session_epoch=0))
            first = asking(session_id=begun.session_id, session_epoch=1, wait_ms=500)
            parked = asyncio.ensure_future(fetched(rig, first))
            await elapse(100)
            assert (await fetched(rig, asking(session_id=begun.session_id, session_epoch=2))).error_code == 0
            assert (await parked).error_code == ErrorCode.INVALID_FETCH_SESSION_EPOCH

    run(test)


def test_a_refusal_of_the_whole_request_is_in_the_partitions_for_clients_that_look_there():
    refused = fetch.refuse(asking(of("orders", at(0))), ErrorCode.UNKNOWN_SERVER_ERROR)
    assert of_one(refused).error_code == refused.error_code == ErrorCode.UNKNOWN_SERVER_ERROR
    assert fetch.refuse(asking(of(Uuid(b"1" * 16), at(0))), ErrorCode.UNKNOWN_SERVER_ERROR).responses == ()
