"""What the list of remote segments refuses. Like every `ControlError`, a refusal is a value; no client is ever told.

TieringError
  UnknownSegment        it is not in the list, or no longer
  InvalidTransition     what is asked can't follow what the segment, or the partition, is
"""

from headwater.control.errors import ControlError


class TieringError(ControlError):
    """The root of what the list refuses."""


class UnknownSegment(TieringError):
    def __init__(self, segment: str) -> None:
        super().__init__(f"There is no remote segment {segment}.")


class InvalidTransition(TieringError):
    def __init__(self, what: str, state: str, asked: str) -> None:
        super().__init__(f"{what} is in {state}, which {asked} can't follow.")
