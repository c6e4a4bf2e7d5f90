"""Who gets one of the slots for fetch sessions, and who loses it."""

from random import Random

from tests.simulation.world.randomness import SimulatedRandomness

from headwater.broker.fetch.asked import Answer, Asked, key_of
from headwater.broker.fetch.session import FetchSession
from headwater.broker.fetch.sessions import EVICTION_MS, FetchSessions, epoch_after
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.fetch_request import FetchPartition
from headwater.wire.messages.fetch_response import PartitionData
from headwater.wire.types import ZERO_UUID, TopicName

TOPIC = TopicName("orders")


def answers(count: int) -> list[Answer]:
    return [
        Answer(
            asked=Asked(
                key=key_of(TOPIC, ZERO_UUID, index),
                name=TOPIC,
                topic_id=ZERO_UUID,
                partition=FetchPartition(partition=index),
            ),
            data=PartitionData(partition_index=index),
        )
        for index in range(count)
    ]


def sessions(slots: int, *, partitions_max: int = 1000) -> FetchSessions:
    return FetchSessions(slots_max=slots, randomness=SimulatedRandomness(Random(2)), partitions_max=partitions_max)


def begin(kept: FetchSessions, size: int, now: int) -> int:
    return kept.begin(answers(size), by_id=False, now=now)


def resume(kept: FetchSessions, session: int, epoch: int, now: int, size: int = 0) -> FetchSession | ErrorCode:
    return kept.resume(session, epoch, [each.asked for each in answers(size)], [], by_id=False, now=now)


def test_without_a_free_slot_there_is_no_session():
    kept = sessions(1)
    assert begin(kept, 1, now=0) > 0
    assert begin(kept, 9, now=1) == 0
    assert begin(sessions(0), 1, now=0) == 0


def test_one_that_was_not_used_for_two_minutes_loses_its_slot():
    kept = sessions(2)
    idle, used = begin(kept, 5, now=0), begin(kept, 1, now=1)
    assert isinstance(resume(kept, used, 1, now=EVICTION_MS), FetchSession)
    assert begin(kept, 1, now=EVICTION_MS + 1) > 0
    assert resume(kept, idle, 1, now=EVICTION_MS + 1) is ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert (len(kept), kept.partitions, kept.evictions) == (2, 2, 1)


def test_among_those_in_use_an_old_one_gives_way_to_a_larger_one():
    kept = sessions(2)
    small, large = begin(kept, 2, now=0), begin(kept, 8, now=0)
    later = EVICTION_MS + 1
    for session in (small, large):
        assert isinstance(resume(kept, session, 1, now=later), FetchSession)
    assert begin(kept, 2, now=later) == 0
    assert begin(kept, 3, now=later) > 0
    assert resume(kept, small, 2, now=later) is ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert begin(kept, 100, now=later) > 0
    assert begin(kept, 200, now=later) == 0


def test_the_partitions_of_all_sessions_together_are_bounded():
    kept = sessions(9, partitions_max=10)
    first = begin(kept, 6, now=0)
    assert begin(kept, 5, now=0) == 0
    second = begin(kept, 4, now=0)
    assert resume(kept, second, 1, now=0, size=5) is ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert (len(kept), kept.partitions) == (1, 6)
    assert isinstance(resume(kept, first, 1, now=0, size=7), FetchSession)


def test_epochs_count_requests_and_pass_over_those_that_mean_something_else():
    assert [epoch_after(each) for each in (1, 2**31 - 2, 2**31 - 1)] == [2, 2**31 - 1, 1]
