"""Whatever the bytes are, decoding ends in a message or in `MalformedMessage`, and makes little more than it was given."""

import tracemalloc
from contextlib import suppress
from random import Random

import pytest
from tests.wire.made import made
from tools.fuzz.mutation import mutated

from headwater.wire.apis import APIS
from headwater.wire.codec import decode_from, encode_bytes
from headwater.wire.errors import WireError
from headwater.wire.frames import decode_request
from headwater.wire.schema import Message

KINDS = [kind for api in APIS.values() for kind in (api.request, api.response)]
BYTES_A_BYTE_MAY_COST = 400
"""An element of one byte on the wire is a Struct of some twenty fields at the most."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_mutated_frame_is_a_message_or_malformed(kind: type[Message]) -> None:
    random = Random(kind.__name__)
    for version in kind.VERSIONS:
        frame = encode_bytes(made(kind, version, random), version)
        for _ in range(60):
            hostile = mutated(frame, random)
            with suppress(WireError):
                decode_from(kind, version, hostile)


def test_noise_is_no_request() -> None:
    random = Random(0)
    for _ in range(5_000):
        noise = bytes((0, random.randrange(100), 0, random.randrange(10))) + random.randbytes(random.randrange(80))
        with suppress(WireError):
            decode_request(noise)


@pytest.mark.parametrize("fill", [b"\x00", b"\x01", b"\x7f", b"\x02\x00\x01", b"\x00\x00\x00\x7f"])
def test_a_hostile_frame_costs_memory_in_proportion_to_its_size(fill: bytes) -> None:
    hostile = (fill * 200_000)[:200_000]
    tracemalloc.start()
    try:
        for kind in KINDS:
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            with suppress(WireError):
                decode_from(kind, kind.VERSIONS.last, hostile)
            _, peak = tracemalloc.get_traced_memory()
            assert peak - before < BYTES_A_BYTE_MAY_COST * len(hostile), kind.__name__
    finally:
        tracemalloc.stop()
