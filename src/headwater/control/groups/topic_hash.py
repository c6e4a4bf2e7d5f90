"""One number for all that a group's assignment knows of its topics, so that a change of any of it is seen at a glance.

It is written into the group's record. Apache Kafka computes another number there; a group that comes from it finds its number
changed once, and assigns anew.
"""

from collections.abc import Iterable
from hashlib import blake2b

from headwater.control.groups.ports import Topics
from headwater.wire.types import TopicName

_NOTHING = 0


def topic_hash(names: Iterable[TopicName], topics: Topics) -> int:
    """64 bits with a sign; 0 where none of these topics exists."""
    digest = blake2b(digest_size=8)
    nothing = True
    for name in sorted(names):
        topic_id = topics.id_of(name)
        if topic_id is not None:
            nothing = False
            digest.update(b"%b%b\0%d\0" % (topic_id, name.encode(), topics.partition_count(name)))
    return _NOTHING if nothing else int.from_bytes(digest.digest(), "big", signed=True)
