"""A share coordinator in the hand: requests in, records and answers out, time moved by hand."""

from collections.abc import Sequence
from typing import Any

from headwater.control.share.batches import StateBatch
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.machine import Request, ShareStates
from headwater.control.share.requests import InitializeState, ReadState, WriteState
from headwater.control.share.settings import CoordinatorSettings
from headwater.control.share.state import ShareRecord
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Decision, Ticket
from headwater.machine.machine import Moment
from headwater.wire.types import Uuid

WALL = 1_700_000_000_000
TOPIC = Uuid(bytes([1]) * 16)
KEY = SharePartitionKey(group_id="workers", topic_id=TOPIC, partition=0)


def initialize(key: SharePartitionKey = KEY, *, epoch: int = 0, start: int = -1) -> InitializeState:
    return InitializeState(key=key, state_epoch=epoch, start_offset=start)


def read(leader_epoch: int = 0) -> ReadState:
    return ReadState(key=KEY, leader_epoch=leader_epoch)


def write(*batches: StateBatch, start: int = 0, epoch: int = 0, leader_epoch: int = 0, complete: int = 0) -> WriteState:
    return WriteState(
        key=KEY,
        state_epoch=epoch,
        leader_epoch=leader_epoch,
        start_offset=start,
        delivery_complete=complete,
        batches=batches,
    )


class Rig:
    """Every record that was decided is kept, as the log would."""

    def __init__(self, log: Sequence[ShareRecord] = (), **settings: int) -> None:
        self.topics: dict[Uuid, int] = {TOPIC: 3}
        self.machine = ShareStates(
            settings=lambda: CoordinatorSettings(**settings),
            has_partition=lambda topic_id, index: index < self.topics.get(topic_id, 0),
        )
        self.elapsed = 0
        self.log = list(log)
        for record in log:
            self.machine.replay(record)

    def ask(self, request: Request) -> Any:
        decision = self.machine.decide(request, ticket=Ticket(1), moment=self._moment())
        self._took(decision)
        return decision.answers[0][1]

    def pass_ms(self, ms: int) -> None:
        until = self.elapsed + ms
        while (deadline := self.machine.next_deadline()) is not None and deadline <= until:
            self.elapsed = max(self.elapsed, deadline)
            self._took(self.machine.decide_due(self._moment()))
        self.elapsed = until

    def _took(self, decision: Decision) -> None:
        for record in decision.records:
            self.machine.replay(record)
            self.log.append(record)

    def _moment(self) -> Moment:
        return Moment(wall=Timestamp(WALL + self.elapsed), elapsed=self.elapsed)
