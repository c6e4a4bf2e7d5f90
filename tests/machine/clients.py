"""Clients that try again until they are answered, against machines that share a log which is slow and fails.

What they were told is held against what the log says in the end: nothing that was acknowledged is lost, nothing is there
twice, and nobody was shown what was not durable.
"""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.machine.toy import Add, Refused, Register, clock, elapse, outcome, ward

from headwater.machine.decision import Record
from headwater.machine.errors import MachineError, OutcomeUnknown, Reloading
from headwater.machine.journal import Journal
from headwater.machine.runtime import Limits, Runtime
from headwater.machine.snapshots import SnapshotPolicy

CLIENTS = 8
REQUESTS = 25
POLICY = SnapshotPolicy(records_min=20, ratio=1)


class Follower:
    """A subscriber that keeps its own copy, and notes everything it hears."""

    def __init__(self) -> None:
        self.items: dict[str, int] = {}
        self.loads = 0
        self.heard: list[Record] = []

    def reloaded(self, machine: Register) -> None:
        self.loads += 1
        self.items = dict(machine.items)
        self._next = machine.arrived

    def records(self, records: Sequence[Record]) -> None:
        self.heard.extend(records)
        for kind, item in records:
            if kind == "+":
                self.items[item] = self._next
                self._next += 1
            else:
                del self.items[item]


class History:
    """What clients were told."""

    def __init__(self) -> None:
        self.added: dict[str, int] = {}
        self.unsure: dict[str, None] = {}
        self.acknowledged = 0
        self.seen = 0

    def note(self, item: str, answer: Any) -> None:
        self.acknowledged += 1
        if isinstance(answer, Refused):
            assert item in self.unsure, "refused as a duplicate of what was never sent"
        else:
            self.added[item] = answer


async def client(name: str, runtimes: list[Runtime[Register]], random: Random, history: History) -> None:
    for number in range(REQUESTS):
        item = f"{name}/{number}"
        answer: Any = Reloading("not asked yet")
        while isinstance(answer, MachineError):
            await asyncio.sleep(random.uniform(0, 0.02))
            answer = await outcome(random.choice(runtimes).ask(Add(item=item)))
            if isinstance(answer, OutcomeUnknown):
                history.unsure[item] = None
        history.note(item, answer)
        await look(random.choice(runtimes), history)


async def look(runtime: Runtime[Register], history: History) -> None:
    try:
        seen = await runtime.read(lambda machine: machine.arrived)
    except MachineError:
        return
    history.seen = max(history.seen, seen)


async def persist(runtime: Runtime[Register], request: Any) -> Any:
    """Ask again until there is an answer."""
    for _ in range(100_000):
        if not isinstance(answer := await outcome(runtime.ask(request)), MachineError):
            return answer
        await elapse(1)
    raise AssertionError("never answered")


async def verify(journals: Sequence[Journal], random: Random) -> None:
    """Run clients against one machine for each journal, all over one log."""
    history, followers = History(), [Follower() for _ in journals]
    runtimes: list[Runtime[Register]] = []
    for journal, follower in zip(journals, followers, strict=True):
        limits = Limits(snapshots=POLICY)
        runtime = Runtime("toy", Register, journal, clock=clock(), ward=ward(), limits=limits)
        runtime.subscribe(follower.records, reloaded=follower.reloaded)
        await runtime.start()
        runtimes.append(runtime)
    await asyncio.gather(*(client(f"{n}", runtimes, random, history) for n in range(CLIENTS)))
    for runtime in runtimes:
        await persist(runtime, Add(item="last"))
    machine = Register()
    await journals[0].load(machine.replay)
    asked = ["last", *(f"{n}/{number}" for n in range(CLIENTS) for number in range(REQUESTS))]
    assert sorted(machine.items) == sorted(asked)
    assert len(set(machine.items.values())) == len(asked)
    assert {item: machine.items[item] for item in history.added} == history.added
    assert history.seen <= machine.arrived
    for runtime, follower in zip(runtimes, followers, strict=True):
        assert await runtime.read(lambda machine: machine.items) == machine.items
        assert follower.items == machine.items
        await runtime.close(1)
