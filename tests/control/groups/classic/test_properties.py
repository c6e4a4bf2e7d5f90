"""Whatever members do, in whatever order, and whenever the broker restarts."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.control.groups.rig import Rig, beat, commit, join, leave, sync

from headwater.control.groups.classic.requests import Joined

MEMBERS = st.sampled_from(["a", "b", "c"])


class AnyGroup(RuleBasedStateMachine):
    """Three clients that do anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig(initial_rebalance_delay_ms=100)
        self.generation = 0
        self.joins: dict[int, str] = {}

    @rule(member=MEMBERS, known=st.booleans())
    def join(self, member: str, known: bool) -> None:
        self.joins[self.rig.send(join(member) if known else join(new=member, instance=f"i-{member}"))] = member

    @rule(member=MEMBERS, behind=st.integers(-1, 1))
    def sync(self, member: str, behind: int) -> None:
        self.rig.send(sync(member, self.generation + behind, a=b"1", b=b"2", c=b"3"))

    @rule(member=MEMBERS)
    def beat(self, member: str) -> None:
        self.rig.send(beat(member, self.generation))

    @rule(member=MEMBERS)
    def leave(self, member: str) -> None:
        self.rig.send(leave(member))

    @rule(offset=st.integers(0, 9))
    def commit(self, offset: int) -> None:
        self.rig.send(commit(offset, member="a", generation=self.generation))

    @rule(ms=st.sampled_from([50, 1_000, 9_000, 70_000]))
    def time_passes(self, ms: int) -> None:
        self.rig.pass_ms(ms)

    @rule()
    def restart(self) -> None:
        """Only what was written is left; a generation that was never assigned may be given out again."""
        self.rig = self.rig.restarted()
        self.joins = {}
        self.generation = max((getattr(each.value, "generation", 0) for each in self.rig.log), default=0)

    @invariant()
    def generations_only_grow(self) -> None:
        for ticket in [each for each in self.joins if each in self.rig.answers]:
            answer = self.rig.answers[ticket]
            del self.joins[ticket]
            if isinstance(answer, Joined):
                assert answer.generation >= self.generation
                self.generation = answer.generation

    @invariant()
    def a_snapshot_replays_to_what_the_log_replays_to(self) -> None:
        records = list(self.rig.machine.snapshot())
        assert list(Rig(records).machine.snapshot()) == records


TestAnyGroup = AnyGroup.TestCase
