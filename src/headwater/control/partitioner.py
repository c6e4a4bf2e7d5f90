"""Which partition of an internal topic a group, a transactional id or a partition's list of remote segments belongs to.

As Kafka computes it: anything else would make the folder unreadable to Kafka.
"""

from functools import lru_cache
from struct import Struct
from typing import Final

_INT32: Final = 0xFFFFFFFF
_INT32_MAX: Final = 0x7FFFFFFF
_UUID: Final = Struct(">QQ")
_SEED: Final = 0x9747B28C
_MULTIPLIER: Final = 0x5BD1E995


@lru_cache(maxsize=10_000)  # every request of a member asks for its group's
def java_hash(text: str) -> int:
    """Java's `String.hashCode` over UTF-16 code units, as Kafka's `Utils.abs` takes it: the absolute value, and 0 of the one
    number that has none."""
    value = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for index in range(0, len(units), 2):
        value = (31 * value + (units[index] << 8 | units[index + 1])) & _INT32
    return min(value, -value & _INT32) & _INT32_MAX


def coordinator_partition(key: str, partitions: int) -> int:
    return java_hash(key) % partitions


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit MurmurHash2, as an unsigned number."""
    value = (_SEED ^ len(data)) & _INT32
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at : at + 4], "little") * _MULTIPLIER & _INT32
        value = (value * _MULTIPLIER ^ (word ^ word >> 24) * _MULTIPLIER) & _INT32
    if tail := data[whole:]:
        value = ((value ^ int.from_bytes(tail, "little")) * _MULTIPLIER) & _INT32
    value = ((value ^ value >> 13) * _MULTIPLIER) & _INT32
    return value ^ value >> 15


def remote_metadata_partition(topic_id: bytes, partition: int, partitions: int) -> int:
    """Of `__remote_log_metadata`: by the hash of Java's `Objects.hash` of an id's two halves, the lower one first."""
    upper, lower = _UUID.unpack(topic_id)
    value = 1
    for each in (_long_hash(lower), _long_hash(upper), partition):
        value = (31 * value + each) & _INT32
    return (murmur2(value.to_bytes(4, "big")) & _INT32_MAX) % partitions


def _long_hash(value: int) -> int:
    return (value ^ value >> 32) & _INT32
