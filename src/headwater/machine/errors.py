"""What can go wrong between a machine and its log.

MachineError
  Reloading              COORDINATOR_LOAD_IN_PROGRESS   retriable: the machine is being loaded (anew)
  OutcomeUnknown         the append failed or was overtaken; what was asked may or may not have happened; retriable
  AppendTooSlow          it did not end in time; whether it will is not known
  Conflict               another writer was faster
  Fenced                 another writer has taken over, for good; retriable elsewhere
  NotTheWriter           this process only follows: another one decides; retriable there
  UnreadableRecord       the log holds a record that this version doesn't know
  TooManyWaiting         a bounded queue is full; retriable
  Stopped                COORDINATOR_NOT_AVAILABLE      the machine runs here no longer; retriable elsewhere
"""

from headwater.kernel.errors import HeadwaterError
from headwater.wire.types import Offset


class MachineError(HeadwaterError):
    """The root of this room."""


class Reloading(MachineError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is being loaded; try again")


class OutcomeUnknown(MachineError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"whether {name} took the request is not known ({reason}); try again")


class AppendTooSlow(MachineError):
    def __init__(self, name: str, timeout_ms: int) -> None:
        super().__init__(f"an append to {name} did not end within {timeout_ms} ms")


class Conflict(MachineError):
    def __init__(self, expected: Offset, end: Offset) -> None:
        super().__init__(f"the log ends at {end} where {expected} was expected: another writer was faster")
        self.end = end


class Fenced(MachineError):
    def __init__(self, name: str) -> None:
        super().__init__(f"another writer has taken {name} over")


class NotTheWriter(MachineError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is written by another process")


class UnreadableRecord(MachineError):
    def __init__(self, name: str, offset: Offset, reason: str) -> None:
        super().__init__(f"{name} holds a record at offset {offset} that can't be replayed: {reason}")
        self.offset = offset


class TooManyWaiting(MachineError):
    def __init__(self, name: str, bound: int) -> None:
        super().__init__(f"{name} has {bound} requests waiting already; try again later")


class Stopped(MachineError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} does not run here any longer; try again")
