"""`make fuzz`: feeds a decoder mutated bytes until stopped, or for ARGS="--seconds 60".

With atheris, which has wheels for Linux alone (`pip install atheris`), the mutations follow the code that they reach.
Without it they are drawn from a seed. An input that ends in anything but the room's own error is printed, and the run ends.
"""

import argparse
import importlib
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from tools.fuzz.mutation import mutated

TARGETS: Final = ("message", "request", "record", "batch")
FOR_EVER_S: Final = 10**9
A_ROUND: Final = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", nargs="?", choices=TARGETS, default="message")
    parser.add_argument("--seconds", type=int, default=FOR_EVER_S)
    parser.add_argument("--seed", type=int, default=0, help="of the mutations, where atheris is not there")
    options = parser.parse_args()
    if importlib.util.find_spec("atheris"):
        fuzz_by_coverage(options.target, options.seconds)
    else:
        print("atheris is not installed: mutating blindly")
        print(f"{fuzz_blindly(options.target, options.seconds, options.seed):,} inputs ended well")


def fuzz_by_coverage(name: str, seconds: int) -> None:
    """Ends the process when it is through."""
    atheris = importlib.import_module("atheris")
    # What is imported inside is instrumented, so this is the first import of the decoders.
    with atheris.instrument_imports(include=["headwater"]):
        from tools.fuzz import targets
    target = targets.TARGETS[name]
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(targets.seeds(target)):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", corpus], target)
        atheris.Fuzz()


def fuzz_blindly(name: str, seconds: float, seed: int, *, clock: Callable[[], float] = time.monotonic) -> int:
    """How many inputs were tried. What the target raises goes through, after the input was printed."""
    from tools.fuzz import targets

    target = targets.TARGETS[name]
    honest = targets.seeds(target)
    random = Random(seed)
    end = clock() + seconds
    tried = 0
    while clock() < end:
        for _ in range(A_ROUND):
            data = mutated(random.choice(honest), random)
            try:
                target(data)
            except Exception:
                print(f"{name} broke on {data.hex()}")
                raise
        tried += A_ROUND
    return tried


if __name__ == "__main__":
    main()
