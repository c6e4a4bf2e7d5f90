"""Small harm to honest bytes: what a broken client, a broken disk or a patient enemy might send."""

from random import Random
from typing import Final

_LENGTHS: Final = (b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00")
_INSERTED: Final = (b"\xff\xff\xff\xff\x0f", b"\x80", b"\x7f", bytes(8))


def mutated(honest: bytes, random: Random) -> bytes:
    """One to five changes: a byte, a length, something inserted, a piece cut out or doubled."""
    raw = bytearray(honest)
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(raw) + 1)
        match random.randrange(5):
            case 0:
                raw[at : at + 1] = random.randbytes(1)
            case 1:
                raw[at : at + 4] = random.choice(_LENGTHS)
            case 2:
                raw[at:at] = random.choice(_INSERTED)
            case 3:
                del raw[at : at + random.randrange(1, 9)]
            case _:
                raw[at:at] = raw[at : at + random.randrange(1, 40)]
    return bytes(raw)
