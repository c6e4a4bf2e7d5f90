"""Whatever producers do, in whatever order: nobody's transaction is decided twice, and nothing depends on memory."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.control.transactions.rig import ID, ORDERS, SALES, Rig, who

from headwater.control.transactions.errors import TransactionError
from headwater.control.transactions.requests import ProducerIdentity
from headwater.control.transactions.transaction import State

_FOLLOWS = {
    None: {State.EMPTY},
    State.EMPTY: {State.EMPTY, State.ONGOING, State.PREPARE_ABORT},
    State.ONGOING: {State.ONGOING, State.PREPARE_COMMIT, State.PREPARE_ABORT},
    State.PREPARE_COMMIT: {State.COMPLETE_COMMIT},
    State.PREPARE_ABORT: {State.COMPLETE_ABORT},
    State.COMPLETE_COMMIT: {State.EMPTY, State.ONGOING, State.PREPARE_ABORT},
    State.COMPLETE_ABORT: {State.EMPTY, State.ONGOING, State.PREPARE_ABORT},
}


class AnyProducers(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig()
        self.known: list[ProducerIdentity] = [who(7, 0)]

    def _note(self, answer: object) -> None:
        if isinstance(answer, ProducerIdentity):
            self.known.append(answer)
        else:
            assert answer is None or isinstance(answer, TransactionError)

    def _one(self, data: st.DataObject) -> ProducerIdentity:
        return data.draw(st.sampled_from(self.known[-3:]))

    @rule(data=st.data(), goes_on=st.booleans())
    def init(self, data: st.DataObject, goes_on: bool) -> None:
        self._note(self.rig.init(expected=self._one(data) if goes_on else None))

    @rule(data=st.data(), partition=st.sampled_from([ORDERS, SALES]))
    def add(self, data: st.DataObject, partition: tuple) -> None:
        found = self.rig.machine.get(ID)
        if found is None or not found.state.is_ending:
            self._note(self.rig.add(self._one(data), partition))

    @rule(data=st.data(), commits=st.booleans(), bumps=st.booleans())
    def end(self, data: st.DataObject, commits: bool, bumps: bool) -> None:
        self._note(self.rig.end(self._one(data), commits=commits, bumps=bumps))

    @rule()
    def complete(self) -> None:
        if self.rig.machine.get(ID) is not None:
            self.rig.complete()

    @rule(ms=st.sampled_from([1, 10_000, 70_000]))
    def time_passes(self, ms: int) -> None:
        self.rig.pass_ms(ms)

    @rule()
    def restart(self) -> None:
        self.rig = self.rig.restarted()

    @invariant()
    def each_state_follows_from_the_one_before(self) -> None:
        state: State | None = None
        epoch = (-1, -1)
        for record in self.rig.log:
            assert record.value is not None
            after = State(record.value.transaction_status)
            assert after in _FOLLOWS[state]
            assert (record.value.producer_id, record.value.producer_epoch) >= epoch
            state, epoch = after, (record.value.producer_id, record.value.producer_epoch)

    @invariant()
    def a_snapshot_replays_to_what_the_log_replays_to(self) -> None:
        records = list(self.rig.machine.snapshot())
        assert list(Rig(records).machine.snapshot()) == records


TestAnyProducers = AnyProducers.TestCase
