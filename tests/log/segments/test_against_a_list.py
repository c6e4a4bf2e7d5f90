"""The engine against the simplest log there is: a list of batches.

Whatever is done to both, in any order, with clean ends and losses of power between, both show the same; only batches that
nobody was answered for may be missing from the engine after a crash.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.contracts.log_store import append, batch, headers, open_log, placed, whole
from tests.contracts.simulated_store import SimulatedStore

from headwater.kernel.units import Timestamp
from headwater.log.port import Log, Logs
from headwater.wire.types import Offset

SETTINGS: dict[str, Any] = {"segment_bytes": 700, "index_interval_bytes": 100, "file_delete_delay_ms": 0}


@dataclass
class ListLog:
    """Each batch by its base offset, as it must be read."""

    batches: dict[int, bytes] = field(default_factory=dict)
    start: int = 0
    end: int = 0

    def append(self, made: bytearray, count: int, epoch: int) -> None:
        self.batches[self.end] = placed(made, self.end, epoch)
        self.end += count

    def from_(self, offset: int) -> bytes:
        found = [base for base in self.batches if base <= offset]
        first = max(found, default=0)
        return b"".join(data for base, data in self.batches.items() if base >= first)


class EngineAgainstList(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.model = ListLog()
        self.epoch = 0
        self.written = 0

    @initialize(seed=st.integers(0, 2**16))
    def begin(self, seed: int) -> None:
        self.store = SimulatedStore(seed)
        self.open()

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def open(self) -> None:
        self.logs: Logs = self.run(self.store.open())
        self.epoch += 1
        self.log: Log = self.run(open_log(self.logs, epoch=self.epoch, **SETTINGS))

    def made(self, count: int, size: int) -> bytearray:
        self.written += 1
        return batch(*(f"{self.written}.{place}".ljust(size, "x") for place in range(count)), at=self.written * 1000)

    @rule(count=st.integers(1, 4), size=st.sampled_from((5, 60)))
    def append(self, count: int, size: int) -> None:
        made = self.made(count, size)
        appended = self.run(append(self.log, made))
        assert appended.base_offset == self.model.end
        self.model.append(made, count, self.epoch)

    @precondition(lambda self: self.model.end)
    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        offset = data.draw(st.integers(self.model.start, self.model.end))
        bytes_max = data.draw(st.sampled_from((1, 150, 1000)))
        found = whole(self.run(self.log.read(Offset(offset), bytes_max=bytes_max)))
        expected = self.model.from_(offset) if offset < self.model.end else b""
        assert expected.startswith(found)
        assert found or not expected
        assert len(found) <= max(bytes_max, headers(found)[0].size if found else 0)

    @precondition(lambda self: self.written)
    @rule(data=st.data())
    def find_time(self, data: st.DataObject) -> None:
        wanted = data.draw(st.integers(0, (self.written + 1) * 1000))
        times = (
            (header.base_offset + place, header.base_timestamp + place)
            for kept in self.model.batches.values()
            for header in headers(kept)
            for place in range(header.record_count)
        )
        expected = next(((offset, at) for offset, at in times if at >= wanted and offset >= self.model.start), None)
        found = self.run(self.log.find_time(Timestamp(wanted)))
        assert (found and (found.offset, found.timestamp)) == expected

    @rule(share=st.floats(0, 1))
    def trim(self, share: float) -> None:
        before = self.model.start + int((self.model.end - self.model.start) * share)
        self.run(self.log.trim(Offset(before)))
        self.model.start = before

    @rule()
    def close_and_open(self) -> None:
        self.run(self.logs.close())
        self.open()
        assert self.logs.clean

    @rule(unanswered=st.integers(0, 3), steps=st.integers(0, 3))
    def lose_power_and_open(self, unanswered: int, steps: int) -> None:
        sent = [self.made(2, 20) for _ in range(unanswered)]
        self.run(self.send(sent, steps))
        epoch = self.epoch
        self.run(self.store.crash(self.logs))
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.open()
        for made in sent:
            if self.model.end < self.log.bounds.end:
                self.model.append(made, 2, epoch)

    async def send(self, batches: list[bytearray], steps: int) -> None:
        """Without waiting for the answers."""
        for made in batches:
            self.log.append([memoryview(bytearray(made))])
        for _ in range(steps):
            await asyncio.sleep(0)

    @invariant()
    def both_hold_the_same(self) -> None:
        bounds = self.log.bounds
        assert (bounds.start, bounds.high_watermark, bounds.end) == (self.model.start, self.model.end, self.model.end)
        offset, expected = self.model.start, self.model.from_(self.model.start)
        while offset < self.model.end:
            found = whole(self.run(self.log.read(Offset(offset), bytes_max=100_000)))
            assert expected.startswith(found)
            expected = expected[len(found) :]
            offset = headers(found)[-1].last_offset + 1

    def teardown(self) -> None:
        self.run(self.logs.close())
        self.loop.close()


TestEngineAgainstList = EngineAgainstList.TestCase
TestEngineAgainstList.settings = settings(max_examples=20, stateful_step_count=20)
