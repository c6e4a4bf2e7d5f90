"""Members of groups, each in a thread of its own, as programs have them: what they are given and what they read is noted.

A test waits for a state of all of them together, and is woken whenever something changes.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.conformance.clients.port import DEADLINE_S, Joining, Library, Reader, Record, Refused

from headwater.wire.error_codes import ErrorCode

Partition = tuple[str, int]


class Member:
    """Polls until it is ended, or told to be silent."""

    def __init__(
        self, library: Library, joining: Joining, changed: threading.Condition, *, commits: bool = False
    ) -> None:
        self.assigned: frozenset[Partition] = frozenset()
        self.lost: list[Partition] = []
        """What it had to give up, as often as it had to."""
        self.records: list[Record] = []
        self.refusals: list[ErrorCode] = []
        """What its polls were told, which is no reason to end."""
        self.failure: BaseException | None = None
        self._library = library
        self._joining = joining
        self._changed = changed
        self._commits = commits
        self._ended = threading.Event()
        self._may_poll = threading.Event()
        self._may_poll.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Leave, as a program does that ends well."""
        self._ended.set()
        self._may_poll.set()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive(), "a member did not end"

    def be_silent(self) -> None:
        """Poll no more, as a program that is stuck."""
        self._may_poll.clear()

    def speak_again(self) -> None:
        self._may_poll.set()

    def _run(self) -> None:
        try:
            reader = self._library.member(self._joining)
            try:
                while not self._ended.is_set():
                    self._may_poll.wait(DEADLINE_S)
                    self._step(reader)
            finally:
                reader.close()
        except BaseException as failure:
            self.failure = failure
        self._note(frozenset(), [])

    def _step(self, reader: Reader) -> None:
        try:
            records = reader.poll()
        except Refused as refusal:
            self.refusals.append(refusal.code)
            return
        if records and self._commits:
            reader.commit_position()
        self._note(reader.assignment(), records)

    def _note(self, assigned: frozenset[Partition], records: Iterable[Record]) -> None:
        with self._changed:
            self.lost += sorted(self.assigned - assigned)
            self.assigned = assigned
            self.records += records
            self._changed.notify_all()


class Team:
    """The members of one group."""

    def __init__(self, library: Library, joining: Joining) -> None:
        self.members: list[Member] = []
        self._library = library
        self._joining = joining
        self._changed = threading.Condition()

    def join(self, *, commits: bool = False, **how: object) -> Member:
        member = Member(self._library, replace(self._joining, **how), self._changed, commits=commits)  # type: ignore[arg-type]
        self.members.append(member)
        return member

    def leave(self, member: Member) -> None:
        member.end()
        self.members.remove(member)

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        with self._changed:
            while not condition():
                self._raise_failures()
                left = deadline - time.monotonic()
                assert left > 0, f"not within {DEADLINE_S} s: {[sorted(each.assigned) for each in self.members]}"
                self._changed.wait(left)

    def until_shared(self, topic: str, partitions: int, *, members: int | None = None) -> None:
        """Each partition has one owner, and each member has a share."""
        everything = sorted((topic, index) for index in range(partitions))
        busy = members or len(self.members)

        def shared() -> bool:
            given = sorted(place for each in self.members for place in each.assigned)
            return given == everything and sum(bool(each.assigned) for each in self.members) == busy

        self.until(shared)

    def values(self) -> list[bytes]:
        return [record.value or b"" for each in self.members for record in each.records]

    def _raise_failures(self) -> None:
        for each in self.members:
            if each.failure is not None:
                raise AssertionError("a member failed") from each.failure


@contextmanager
def team(library: Library, joining: Joining) -> Iterator[Team]:
    made = Team(library, joining)
    try:
        yield made
    finally:
        for each in made.members:
            each.end()
