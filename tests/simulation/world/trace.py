"""What happened, in order: the last events for the reader of a failure, and one digest over all for comparing two runs."""

from collections import deque
from collections.abc import Callable
from hashlib import blake2b

SHOWN = 20


class Trace:
    """Every simulated thing notes here what it did. Equal digests mean equal runs."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._last: deque[str] = deque(maxlen=SHOWN)
        self._digest = blake2b(digest_size=16)
        self.time: Callable[[], float] = float
        self.events = 0

    def note(self, event: str) -> None:
        line = f"{self.time():12.6f}  {event}"
        self._last.append(line)
        self._digest.update(line.encode())
        self.events += 1

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def story(self) -> str:
        """For the end of a failure's traceback."""
        return "\n".join(
            (
                f"seed {self._seed}: `make sim SEED={self._seed}` runs it again; the last of {self.events} events:",
                *self._last,
            )
        )
