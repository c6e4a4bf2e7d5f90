"""Key material as Tink serializes it, which is what Confluent's clients unwrap and use: a protobuf message of one key.

AesGcmKey  { version 0 is left out;  bytes key_value = 3; }
AesSivKey  { version 0 is left out;  bytes key_value = 2; }
"""

from typing import Final

from headwater.kernel.world import Randomness
from headwater.registry.encryption.records import Algorithm

_LENGTH_DELIMITED: Final = 2
_FIELD_AND_BYTES: Final = {
    Algorithm.AES128_GCM: (3, 16),
    Algorithm.AES256_GCM: (3, 32),
    Algorithm.AES256_SIV: (2, 64),
}


def new_key_material(algorithm: Algorithm, randomness: Randomness) -> bytes:
    number, count = _FIELD_AND_BYTES[algorithm]
    return bytes((number << 3 | _LENGTH_DELIMITED, count)) + randomness.bytes(count)
