"""The port `Store` over a replica of a topic: what can go wrong between this node and the cluster, in the registry's words."""

from collections.abc import Callable
from typing import Generic, TypeVar

from headwater.client.errors import ClientError
from headwater.client.replica import Replica
from headwater.http.errors import TooManyRequests
from headwater.machine import errors as machine
from headwater.machine.decision import Answer
from headwater.machine.machine import Machine
from headwater.registry.errors import NotTheWriter, TimedOut

M = TypeVar("M", bound=Machine)
T = TypeVar("T")


class Replicated(Generic[M]):
    def __init__(self, replica: Replica[M]) -> None:
        self._replica = replica

    async def read(self, query: Callable[[M], T]) -> T:
        try:
            return await self._replica.read(query)
        except machine.MachineError as error:
            raise _in_our_words(error) from error

    async def submit(self, request: object) -> Answer:
        try:
            return await self._replica.submit(request)
        except machine.MachineError as error:
            raise _in_our_words(error) from error
        except ClientError as error:
            raise TimedOut(str(error)) from error


def _in_our_words(error: machine.MachineError) -> Exception:
    match error:
        case machine.NotTheWriter() | machine.Stopped():
            return NotTheWriter()
        case machine.TooManyWaiting():
            return TooManyRequests(str(error))
        case _:
            return TimedOut(str(error))
