"""Who waits for the share coordinator. All of it is volatile: after a load clients ask again.

A heartbeat that brought new topics is decided a second time when their state is there. A request of an administrator
is answered when every partition or topic that it is about has been told of.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from headwater.control.groups.share.requests import ShareHeartbeat
from headwater.machine.decision import Answer, Ticket
from headwater.wire.error_codes import ErrorCode

Outcomes = Mapping[Any, ErrorCode]
"""By what was asked for: share partitions or topic ids."""


class WaitingHeartbeat(Struct, frozen=True, kw_only=True):
    request: ShareHeartbeat
    ticket: Ticket
    until: int


class WaitingRequest:
    def __init__(self, ticket: Ticket, asked: Iterable[Hashable], answer: Callable[[Outcomes], Answer]) -> None:
        self.ticket = ticket
        self._left = dict.fromkeys(asked)
        self._outcomes: dict[Hashable, ErrorCode] = {}
        self._answer = answer

    def settle(self, outcomes: Outcomes) -> bool:
        """Whether all is known now."""
        for each, code in outcomes.items():
            if each in self._left:
                del self._left[each]
                self._outcomes[each] = code
        return not self._left

    def answer(self) -> Answer:
        """What is not known by now took too long."""
        return self._answer({**dict.fromkeys(self._left, ErrorCode.REQUEST_TIMED_OUT), **self._outcomes})


class Waiting:
    def __init__(self) -> None:
        self._heartbeats: dict[str, deque[WaitingHeartbeat]] = {}
        self._requests: dict[str, dict[Ticket, WaitingRequest]] = {}

    def add_heartbeat(self, waiting: WaitingHeartbeat) -> None:
        self._heartbeats.setdefault(waiting.request.group_id, deque()).append(waiting)

    def first_heartbeat(self, group_id: str) -> WaitingHeartbeat | None:
        return next(iter(self._heartbeats.get(group_id, ())), None)

    def take_heartbeat(self, group_id: str) -> WaitingHeartbeat:
        heartbeats = self._heartbeats[group_id]
        first = heartbeats.popleft()
        if not heartbeats:
            del self._heartbeats[group_id]
        return first

    def add_request(self, group_id: str, request: WaitingRequest) -> None:
        self._requests.setdefault(group_id, {})[request.ticket] = request

    def settle(self, group_id: str, outcomes: Outcomes) -> Iterator[WaitingRequest]:
        """Requests that can be answered now."""
        for request in list(self._requests.get(group_id, {}).values()):
            if request.settle(outcomes):
                yield request
                self.drop_request(group_id, request.ticket)

    def drop_request(self, group_id: str, ticket: Ticket) -> WaitingRequest | None:
        requests = self._requests.get(group_id, {})
        dropped = requests.pop(ticket, None)
        if not requests:
            self._requests.pop(group_id, None)
        return dropped
