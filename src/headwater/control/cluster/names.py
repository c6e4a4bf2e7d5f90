"""Which topic names may be: Kafka's alphabet, its length, and the names that its metrics can't tell apart."""

from typing import Final

from headwater.control.errors import InvalidTopicName
from headwater.wire.types import TopicName

LENGTH_MAX: Final = 249
_LEGAL: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")

GROUP_OFFSETS: Final = TopicName("__consumer_offsets")
TRANSACTION_STATE: Final = TopicName("__transaction_state")
SHARE_STATE: Final = TopicName("__share_group_state")
REMOTE_LOG_METADATA: Final = TopicName("__remote_log_metadata")
CLUSTER_METADATA: Final = TopicName("__cluster_metadata")
INTERNAL: Final = frozenset({GROUP_OFFSETS, TRANSACTION_STATE, SHARE_STATE, REMOTE_LOG_METADATA})
"""Topics that the broker writes itself: clients read them, and can't produce to them."""


def check_name(name: str) -> InvalidTopicName | None:
    """The rules of Kafka's `Topic.validate`."""
    if not name:
        return InvalidTopicName("A topic needs a name.")
    if name in (".", ".."):
        return InvalidTopicName("A topic can't be named '.' or '..'.")
    if len(name) > LENGTH_MAX:
        return InvalidTopicName(f"A topic's name has at most {LENGTH_MAX} characters; this one has {len(name)}.")
    if not _LEGAL.issuperset(name):
        return InvalidTopicName(f"Topic name '{name}' is illegal: use ASCII letters, digits, '.', '_' and '-' only.")
    return None


def collision_key(name: str) -> str:
    """Two names with one key collide: metric names turn dots into underscores."""
    return name.replace(".", "_")
