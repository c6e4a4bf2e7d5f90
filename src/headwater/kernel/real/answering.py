"""The other end of `companions.py`: what a companion's program runs."""

import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Final

from headwater.kernel.real.companions import LENGTH_BYTES

MEMORY_BYTES_MAX: Final = 2 * 1024**3
"""Address space, of which most is never touched. Past it the companion ends, and not the machine."""


def answer_requests(answer: Callable[[bytes], bytes]) -> None:
    """Until the pipe is closed. An interrupt from the keyboard is for who started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while head := requests.read(LENGTH_BYTES):
        answered = answer(requests.read(int.from_bytes(head, "big")))
        answers.write(len(answered).to_bytes(LENGTH_BYTES, "big") + answered)
        answers.flush()
