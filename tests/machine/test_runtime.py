"""The runner of machines, against a journal that is slow, fails and has other writers."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from tests.machine.clients import Follower, persist, verify
from tests.machine.toy import (
    Add,
    AddLater,
    Register,
    Remove,
    Store,
    ToyJournal,
    chances,
    clock,
    elapse,
    outcome,
    run,
    ward,
)

from headwater.machine.decision import Record
from headwater.machine.errors import OutcomeUnknown, Reloading, Stopped, TooManyWaiting
from headwater.machine.runtime import Limits, Runtime
from headwater.machine.snapshots import SnapshotPolicy


async def started(journal: ToyJournal, **limits: Any) -> Runtime[Register]:
    runtime = Runtime("toy", Register, journal, clock=clock(), ward=ward(), limits=Limits(**limits))
    await runtime.start()
    return runtime


def now_ms() -> int:
    return round(asyncio.get_running_loop().time() * 1000)


def test_requests_are_refused_until_the_machine_is_loaded():
    async def main() -> None:
        runtime = Runtime("toy", Register, ToyJournal(Store()), clock=clock(), ward=ward())
        starting = asyncio.ensure_future(runtime.start())
        await asyncio.sleep(0)
        with pytest.raises(Reloading):
            runtime.submit([Add(item="a")])
        with pytest.raises(Reloading):
            runtime.read(len)  # type: ignore[arg-type]
        await starting
        assert await runtime.ask(Add(item="a")) == 0
        await runtime.close(1)

    run(main)


def test_decisions_pipeline_and_share_appends():
    async def main() -> None:
        store = Store()
        runtime = await started(ToyJournal(store))
        began = now_ms()
        answers = await asyncio.gather(*(runtime.ask(Add(item=f"{n}")) for n in range(1000)))
        assert answers == list(range(1000))
        assert now_ms() - began == 10
        assert store.batches == [[("+", f"{n}")] for n in range(1000)]
        await runtime.close(1)

    run(main)


def test_a_read_sees_the_head_and_is_given_out_when_that_is_durable():
    async def main() -> None:
        store = Store()
        runtime = await started(ToyJournal(store))
        asking = asyncio.ensure_future(runtime.ask(Add(item="a")))
        await asyncio.sleep(0)
        assert runtime.head.items == {"a": 0}
        assert store.records == []
        assert await runtime.read(lambda machine: list(machine.items)) == ["a"]
        assert store.records == [("+", "a")]
        assert asking.done()
        began = now_ms()
        assert await runtime.read(lambda machine: len(machine.items)) == 1
        assert now_ms() == began
        await runtime.close(1)

    run(main)


def test_parked_tickets_are_answered_when_their_time_has_come():
    async def main() -> None:
        runtime = await started(ToyJournal(Store()))
        began = now_ms()
        later, sooner = await asyncio.gather(
            runtime.submit([AddLater(item="a", after_ms=100), Add(item="b")]),
            runtime.ask(AddLater(item="c", after_ms=50)),
        )
        assert (later, sooner) == ([2, 0], 1)
        assert now_ms() - began == 110
        await runtime.close(1)

    run(main)


def test_a_reload_fails_everyone_who_waits_and_brings_back_what_was_written_after_all():
    async def main() -> None:
        store, fates = Store(), ["ok", "unknown", "lost"]
        runtime = await started(ToyJournal(store, fate=lambda: fates.pop(0) if fates else "ok"))
        await runtime.ask(Add(item="a"))
        parked = asyncio.ensure_future(runtime.ask(AddLater(item="p", after_ms=10_000)))
        for item in ("unknown", "lost"):
            asked = asyncio.ensure_future(runtime.ask(Add(item=item)))
            await elapse(1)
            refused = asyncio.ensure_future(runtime.ask(Add(item="a")))
            behind = asyncio.ensure_future(runtime.ask(Add(item="behind")))
            outcomes = await asyncio.gather(asked, refused, behind, return_exceptions=True)
            assert [type(each) for each in outcomes] == [OutcomeUnknown] * 3
            with pytest.raises(Reloading):
                await runtime.ask(Add(item="x"))
            await elapse(1000)
        assert isinstance(await outcome(parked), OutcomeUnknown)
        assert await runtime.read(lambda machine: list(machine.items)) == ["a", "unknown"]
        await runtime.close(1)

    run(main)


def test_an_append_that_is_never_answered_has_a_deadline():
    async def main() -> None:
        delays = [0.0]
        journal = ToyJournal(Store(), delay=lambda: delays.pop(0) if delays else 10_000.0)
        runtime = await started(journal, append_timeout_ms=500)
        began = now_ms()
        with pytest.raises(OutcomeUnknown):
            await runtime.ask(Add(item="a"))
        assert now_ms() - began == 500
        await runtime.close(1)

    run(main)


def test_a_load_that_fails_is_tried_again_with_longer_waits():
    async def main() -> None:
        runtime = await started(ToyJournal(Store(), fate=lambda: fates.pop(0) if fates else "ok"))
        fates.append("lost")
        failures = 5

        async def fail(*_: Any, **__: Any) -> Any:
            nonlocal failures
            failures -= 1
            if not failures:
                del journal.load
            raise OSError("no answer")

        journal = runtime._journal
        journal.load = fail  # type: ignore[method-assign]
        await outcome(runtime.ask(Add(item="a")))
        began = now_ms()
        await persist(runtime, Add(item="b"))
        assert 20 + 40 + 80 + 160 + 320 + 640 <= now_ms() - began < 1300
        await runtime.close(1)

    fates: list[str] = []
    run(main)


def test_more_than_may_wait_are_refused():
    async def main() -> None:
        runtime = await started(ToyJournal(Store()), waiting_max=3)
        waiting = [asyncio.ensure_future(runtime.ask(Add(item=f"{n}"))) for n in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyWaiting):
            await runtime.ask(Add(item="d"))
        assert await asyncio.gather(*waiting) == [0, 1, 2]
        assert await runtime.ask(Add(item="d")) == 3
        await runtime.close(1)

    run(main)


def test_closing_appends_what_is_queued_and_fails_what_is_parked():
    async def main() -> None:
        store = Store()
        runtime = await started(ToyJournal(store))
        asked = [asyncio.ensure_future(runtime.ask(Add(item=f"{n}"))) for n in range(3)]
        parked = asyncio.ensure_future(runtime.ask(AddLater(item="p", after_ms=10_000)))
        await asyncio.sleep(0)
        await runtime.close(1)
        assert await asyncio.gather(*asked) == [0, 1, 2]
        assert isinstance(await outcome(parked), Stopped)
        with pytest.raises(Stopped):
            await runtime.ask(Add(item="x"))
        assert len(store.records) == 3

    run(main)


def test_a_close_does_not_wait_past_its_deadline():
    async def main() -> None:
        delays = [0.0]
        runtime = await started(ToyJournal(Store(), delay=lambda: delays.pop(0) if delays else 10.0))
        asked = asyncio.ensure_future(runtime.ask(Add(item="a")))
        await asyncio.sleep(0)
        began = now_ms()
        await runtime.close(0.5)
        assert now_ms() - began == 500
        assert isinstance(await outcome(asked), Stopped)

    run(main)


def test_a_log_that_outgrows_its_state_is_snapshotted_and_loads_the_same():
    async def main() -> None:
        store = Store()
        policy = SnapshotPolicy(records_min=100, ratio=10)
        runtime = await started(ToyJournal(store), snapshots=policy)
        for n in range(300):
            await runtime.submit([Add(item=f"{n}"), Remove(item=f"{n}")] if n % 50 else [Add(item=f"{n}")])
        await elapse(1000)
        assert 0 < len(store.records) < 200
        again = await started(ToyJournal(store), snapshots=policy)
        assert again.head.items == runtime.head.items
        assert again.head.arrived == 300
        await runtime.close(1)
        await again.close(1)

    run(main)


def test_a_log_is_not_rewritten_under_a_load():
    async def main() -> None:
        store = Store()
        fates = iter(["ok"] * 100 + ["unknown"] + ["ok"] * 100)
        journal = ToyJournal(store, fate=lambda: next(fates))
        writing, loads_meanwhile = False, 0
        load, write = journal.load, journal.write_snapshot

        async def watched_load(*arguments: Any, **options: Any) -> Any:
            nonlocal loads_meanwhile
            loads_meanwhile += writing
            return await load(*arguments, **options)

        async def slow_write(*arguments: Any, **options: Any) -> None:
            nonlocal writing
            writing = True
            await elapse(500)
            await write(*arguments, **options)
            writing = False

        journal.load = watched_load  # type: ignore[method-assign]
        journal.write_snapshot = slow_write  # type: ignore[method-assign]
        runtime = await started(journal, snapshots=SnapshotPolicy(records_min=100, ratio=10))
        for n in range(100):
            await runtime.submit([Add(item=f"{n}"), Remove(item=f"{n}")])
        assert isinstance(await outcome(runtime.ask(Add(item="x"))), OutcomeUnknown)
        assert writing
        await elapse(2000)
        assert runtime.head.items == {"x": 100}
        assert loads_meanwhile == 0
        await runtime.close(1)

    run(main)


def test_a_log_that_is_mostly_state_is_not_snapshotted_again_and_again():
    async def main() -> None:
        store, taken = Store(), []
        journal = ToyJournal(store)
        write = journal.write_snapshot

        async def count(*arguments: Any, **options: Any) -> None:
            taken.append(now_ms())
            await write(*arguments, **options)

        journal.write_snapshot = count  # type: ignore[method-assign]
        runtime = await started(journal, snapshots=SnapshotPolicy(records_min=100, ratio=10))
        for n in range(500):
            await runtime.ask(Add(item=f"{n}"))
        assert taken == []
        await runtime.snapshot()
        assert len(taken) == 1
        await runtime.close(1)

    run(main)


def test_a_subscriber_hears_what_is_durable_before_those_who_asked_for_it():
    async def main() -> None:
        runtime = Runtime("toy", Register, ToyJournal(Store()), clock=clock(), ward=ward())
        follower = Follower()
        runtime.subscribe(follower.records, reloaded=follower.reloaded)
        await runtime.start()
        asked = asyncio.ensure_future(runtime.ask(Add(item="a")))
        asked.add_done_callback(lambda _: follower.heard.append("answered"))
        await elapse(1)
        assert follower.heard == []
        await asked
        assert follower.heard == [("+", "a"), "answered"]
        await runtime.close(1)

    run(main)


def test_a_subscriber_that_breaks_gets_the_whole_state_again():
    async def main() -> None:
        runtime = Runtime("toy", Register, ToyJournal(Store()), clock=clock(), ward=ward())
        follower = Follower()

        def breaking(records: Sequence[Record]) -> None:
            if ("+", "break") in records:
                raise ZeroDivisionError
            follower.records(records)

        runtime.subscribe(breaking, reloaded=follower.reloaded)
        await runtime.start()
        assert isinstance(await outcome(runtime.ask(Add(item="break"))), OutcomeUnknown)
        await elapse(1000)
        assert (follower.loads, follower.items) == (2, {"break": 0})
        assert await runtime.ask(Add(item="a")) == 1
        await runtime.close(1)

    run(main)


@pytest.mark.parametrize("seed", range(30))
def test_nothing_acknowledged_is_lost_or_doubled_whatever_fails(seed):
    async def main() -> None:
        random, store = Random(seed), Store()

        def journal() -> ToyJournal:
            lost, unknown = random.choice((0, 5, 20)), random.choice((0, 5, 20))
            return ToyJournal(
                store, delay=lambda: random.uniform(0, 0.01), fate=chances(random, ok=80, lost=lost, unknown=unknown)
            )

        await verify([journal() for _ in range(random.choice((1, 2)))], random)

    run(main, seed=seed)
