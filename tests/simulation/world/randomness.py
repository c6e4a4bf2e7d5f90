"""Chance from a seed. Every concern draws from its own stream, so that one more packet does not move every later fault."""

from random import Random


def stream(seed: int, *concern: object) -> Random:
    """A generator for one concern; seeding by text does not depend on the process's hash seed."""
    return Random("/".join(map(str, (seed, *concern))))


class SimulatedRandomness:
    """The `Randomness` port: what a process draws depends on its host, its incarnation and the seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def uuid(self) -> bytes:
        drawn = bytearray(self._random.randbytes(16))
        drawn[6] = drawn[6] & 0x0F | 0x40
        drawn[8] = drawn[8] & 0x3F | 0x80
        text_begins_with_a_dash = drawn[0] >> 2 == 62
        return self.uuid() if text_begins_with_a_dash else bytes(drawn)

    def below(self, bound: int) -> int:
        return self._random.randrange(bound)

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)
