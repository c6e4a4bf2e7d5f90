"""The nominal types of Kafka's protocol: integers and names that must not be mixed up.

They cost nothing at run time. `Uuid` is sixteen bytes, written in text as Kafka writes it: URL-safe base64 without
padding (`org.apache.kafka.common.Uuid`).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, NewType

Offset = NewType("Offset", int)
LeaderEpoch = NewType("LeaderEpoch", int)
ProducerId = NewType("ProducerId", int)
ProducerEpoch = NewType("ProducerEpoch", int)
Sequence = NewType("Sequence", int)
NodeId = NewType("NodeId", int)
PartitionIndex = NewType("PartitionIndex", int)
TopicName = NewType("TopicName", str)
Uuid = NewType("Uuid", bytes)

ZERO_UUID: Final = Uuid(bytes(16))
NO_PRODUCER: Final = ProducerId(-1)
NO_EPOCH: Final = LeaderEpoch(-1)


def uuid_text(uuid: Uuid) -> str:
    """The 22 characters that Kafka prints, such as `AAAAAAAAAAAAAAAAAAAAAA` for the zero id."""
    return urlsafe_b64encode(uuid).decode().rstrip("=")


def uuid_of(text: str) -> Uuid:
    """Reads what `uuid_text` wrote; anything else is a ValueError."""
    raw = urlsafe_b64decode(text + "==")
    if len(raw) != 16:
        raise ValueError(f"{text!r} is not a Kafka uuid: it holds {len(raw)} bytes where 16 are needed")
    return Uuid(raw)
