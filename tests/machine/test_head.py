"""One step of a machine, and who is answered when: no journal, and nothing that waits."""

from typing import Any

import pytest
from tests.machine.toy import Add, AddLater, Refused, Register, Remove, run

from headwater.kernel.units import Timestamp
from headwater.machine.errors import OutcomeUnknown, TooManyWaiting
from headwater.machine.head import Head
from headwater.machine.machine import Moment

NOON = Moment(wall=Timestamp(1), elapsed=0)


def head(waiting_max: int = 100) -> Head[Register]:
    return Head("toy", Register(), waiting_max=waiting_max)


def test_each_item_sees_the_one_before_and_their_records_are_one_decision():
    async def main() -> None:
        it = head()
        waiting = it.submit([Add(item="a"), Add(item="a"), Remove(item="a"), Add(item="b")], NOON)
        decisions, position = it.take(100)
        assert decisions == [(("+", "a"), ("-", "a"), ("+", "b"))]
        it.settle(position)
        assert await waiting == [0, Refused(item="a"), None, 1]

    run(main)


def test_a_refusal_waits_for_the_records_that_it_rests_on():
    async def main() -> None:
        it = head()
        first = it.submit([Add(item="a")], NOON)
        _, position = it.take(100)
        refused = it.submit([Add(item="a")], NOON)
        later = it.submit([Add(item="b")], NOON)
        assert not first.done()
        assert not refused.done()
        it.settle(position)
        assert first.result() == [0]
        assert refused.result() == [Refused(item="a")]
        assert not later.done()
        it.settle(it.take(100)[1])
        assert later.result() == [1]

    run(main)


def test_more_than_one_append_should_hold_is_left_for_the_next_but_a_decision_comes_whole():
    async def main() -> None:
        it = head()
        waiting = [it.submit([Add(item=f"{n}"), Add(item=f"{n}+")], NOON) for n in range(3)]
        decisions, position = it.take(3)
        assert [len(records) for records in decisions] == [2, 2]
        it.settle(position)
        assert [each.done() for each in waiting] == [True, True, False]
        it.settle(it.take(3)[1])
        assert waiting[2].result() == [4, 5]
        assert it.take(3) == ([], 6)

    run(main)


def test_a_read_of_a_settled_head_does_not_wait():
    async def main() -> None:
        it = head()
        assert it.read(lambda machine: len(machine.items)).result() == [0]
        it.submit([Add(item="a")], NOON)
        waiting = it.read(lambda machine: len(machine.items))
        assert not waiting.done()
        it.settle(it.take(100)[1])
        assert waiting.result() == [1]

    run(main)


def test_a_parked_ticket_is_answered_by_a_later_decision():
    async def main() -> None:
        it = head()
        parked = it.submit([AddLater(item="a", after_ms=10), Add(item="b")], NOON)
        it.settle(it.take(100)[1])
        assert not parked.done()
        it.pass_time(Moment(wall=Timestamp(2), elapsed=10))
        assert not parked.done()
        it.settle(it.take(100)[1])
        assert parked.result() == [1, 0]

    run(main)


def test_a_failed_head_tells_everyone_who_waits_the_parked_too():
    async def main() -> None:
        it = head()
        waiting = [it.submit([Add(item="a")], NOON), it.submit([AddLater(item="b", after_ms=1)], NOON)]
        it.fail(OutcomeUnknown("toy", "the disk"))
        for each in waiting:
            with pytest.raises(OutcomeUnknown):
                await each
        assert not it.queued

    run(main)


def test_only_so_many_may_wait():
    async def main() -> None:
        it = head(waiting_max=2)
        it.submit([AddLater(item="a", after_ms=1), Add(item="b")], NOON)
        with pytest.raises(TooManyWaiting):
            it.submit([Add(item="c")], NOON)
        with pytest.raises(TooManyWaiting):
            it.read(lambda machine: None)

    run(main)


class Faulty(Register):
    def decide(self, request: Any, **context: Any) -> Any:
        if request == "decide":
            raise ZeroDivisionError
        return super().decide(request, **context)

    def replay(self, record: Any) -> None:
        super().replay(record)
        if record == ("+", "break"):
            raise ZeroDivisionError


def test_a_decision_that_breaks_harms_only_its_own_request():
    async def main() -> None:
        it = Head("toy", Faulty(), waiting_max=9)
        with pytest.raises(ZeroDivisionError):
            it.submit([Add(item="a"), "decide", Add(item="b")], NOON)
        assert it.broken is None
        assert it.take(100) == ([(("+", "a"),)], 1)

    run(main)


def test_a_replay_that_breaks_leaves_a_head_that_must_be_thrown_away():
    async def main() -> None:
        it = Head("toy", Faulty(), waiting_max=9)
        with pytest.raises(ZeroDivisionError):
            it.submit([Add(item="a"), Add(item="break")], NOON)
        assert isinstance(it.broken, ZeroDivisionError)
        assert not it.queued

    run(main)
