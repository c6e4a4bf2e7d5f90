"""A share partition over a log of a few batches, beside a model that knows each record by itself.

What is lent, acknowledged, forgotten in a crash or trimmed happens to both; the model says at once where they part.
"""

from dataclasses import dataclass, field

from headwater.control.share.acquiring import ReadBatch, Wish
from headwater.control.share.batches import NO_OFFSET, StateBatch, combined
from headwater.control.share.errors import ShareError
from headwater.control.share.partition import Change, SharePartition
from headwater.control.share.records import Acknowledgement, AcknowledgeType, RecordState
from headwater.control.share.settings import ShareSettings

LOCK_MS = 1_000


@dataclass
class Modelled:
    """One record."""

    state: RecordState = RecordState.AVAILABLE
    deliveries: int = 0
    member: str = ""
    deadline: int = 0
    changing: Change | None = None
    held_by: str = ""
    """Who had it before the change."""

    @property
    def is_over(self) -> bool:
        return self.state in (RecordState.ACKNOWLEDGED, RecordState.ARCHIVED)


@dataclass
class Sharing:
    batches: list[ReadBatch]
    settings: ShareSettings
    records: dict[int, Modelled] = field(default_factory=dict)
    remembered: tuple[StateBatch, ...] = ()
    remembered_start: int = 0
    log_start: int = 0
    now: int = 0
    pending: list[Change] = field(default_factory=list)
    aborted: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.records = {offset: Modelled() for each in self.batches for offset in range(each.first, each.last + 1)}
        self.aborted = [each for batch in self.batches if batch.aborted for each in range(batch.first, batch.last + 1)]
        self.partition = SharePartition(settings=lambda: self.settings, start=0)

    @property
    def end(self) -> int:
        return self.batches[-1].last + 1

    def fetch(self, member: str, records_max: int, *, batch_size: int = 100, strict: bool = False) -> int:
        """How many were lent. None of them may be another's, nor over."""
        asked = self.partition.next_fetch_offset()
        if asked is None or asked >= self.end:
            return 0
        read = [each for each in self.batches if each.last >= max(asked, self.log_start)]
        wish = Wish(member=member, records_max=records_max, batch_size=batch_size, strict=strict)
        acquired = self.partition.acquire(read, wish, asked=asked, now=self.now)
        lent = 0
        for each in acquired:
            for offset in range(each.first, each.last + 1):
                record = self.records.setdefault(offset, Modelled())
                assert offset not in self.aborted
                assert record.state is RecordState.AVAILABLE, f"{offset} is {record.state.name}"
                assert record.changing is None, f"{offset} is about to be released, which may fail"
                record.state, record.member = RecordState.ACQUIRED, member
                record.deadline = self.now + LOCK_MS
                record.deliveries += 1
                assert each.delivery_count == record.deliveries
                lent += 1
        if strict:
            assert lent <= records_max
        return lent

    def held(self, member: str) -> list[int]:
        return [
            offset
            for offset, each in self.records.items()
            if each.state is RecordState.ACQUIRED and each.member == member and offset >= self.log_start
        ]

    def acknowledge(self, member: str, offsets: list[int], kind: AcknowledgeType) -> None:
        change = self.partition.acknowledge(
            member, [Acknowledgement(first=each, last=each, types=(kind,)) for each in offsets], now=self.now
        )
        assert not isinstance(change, ShareError), change
        for offset in offsets:
            if kind is AcknowledgeType.RENEW:
                self.records[offset].deadline = self.now + LOCK_MS
            else:
                self._begin(self.records[offset], self._after(self.records[offset], kind), change)
        self.pending.append(change)

    def release(self, member: str) -> None:
        change = self.partition.release(member)
        for offset in self.held(member):
            self._begin(self.records[offset], self._after(self.records[offset], AcknowledgeType.RELEASE), change)
        self.pending.append(change)

    def settle(self, *, durable: bool) -> None:
        if not self.pending:
            return
        change = self.pending.pop(0)
        if durable:
            self._remember(change)
        self.partition.settle(change, durable=durable)
        for record in self.records.values():
            if record.changing is change:
                record.changing = None
                if not durable:
                    record.state, record.member = RecordState.ACQUIRED, record.held_by

    def pass_ms(self, ms: int) -> None:
        self.now += ms
        change = self.partition.expire(self.now)
        self._remember(change)
        for record in self.records.values():
            if record.state is RecordState.ACQUIRED and record.deadline <= self.now:
                record.state, record.member = self._after(record, AcknowledgeType.RELEASE), ""

    def trim(self, before: int) -> None:
        self.log_start = max(self.log_start, min(before, self.end))
        self.batches = [each for each in self.batches if each.last >= self.log_start] or self.batches[-1:]
        self.partition.move_start(self.log_start)
        for offset, record in self.records.items():
            if offset < self.log_start:
                record.state, record.changing = RecordState.ARCHIVED, None

    def crash(self) -> None:
        """What was not remembered is as it was before the record was lent."""
        self.pending.clear()
        self.partition = SharePartition(
            settings=lambda: self.settings, start=self.remembered_start, batches=self.remembered
        )
        self.partition.move_start(self.log_start)
        known = {offset: each for each in self.remembered for offset in range(each.first, each.last + 1)}
        for offset, record in self.records.items():
            if offset < self.partition.start:
                continue
            kept = known.get(offset)
            record.state = RecordState(kept.state) if kept else RecordState.AVAILABLE
            record.deliveries = kept.delivery_count if kept else 0
            record.member, record.changing = "", None

    def check(self) -> None:
        """Nothing is skipped, and the runs lie edge to edge."""
        start, end = self.partition.start, self.partition.end
        over = {offset for offset, each in self.records.items() if each.is_over}
        passed = [offset for offset in self.records if offset < start and offset not in over | {*self.aborted}]
        assert not passed, f"{passed} were never done with"
        least = sum(1 for offset in over if start <= offset < end)
        most = least + sum(1 for offset in self.aborted if start <= offset < end and offset not in over)
        assert least <= self.partition.delivery_complete <= most

    def _remember(self, change: Change) -> None:
        if change.batches:
            self.remembered_start = max(self.remembered_start, self.partition.start)
            self.remembered = combined(self.remembered, change.batches, start=max(self.remembered_start, NO_OFFSET))

    def _begin(self, record: Modelled, state: RecordState, change: Change) -> None:
        record.held_by, record.state, record.member, record.changing = record.member, state, "", change

    def _after(self, record: Modelled, kind: AcknowledgeType) -> RecordState:
        if kind is AcknowledgeType.ACCEPT:
            return RecordState.ACKNOWLEDGED
        if kind is AcknowledgeType.RELEASE and record.deliveries < self.settings.delivery_count_limit:
            return RecordState.AVAILABLE
        return RecordState.ARCHIVED
