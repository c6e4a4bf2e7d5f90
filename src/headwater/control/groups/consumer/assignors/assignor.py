"""The shape of an assignor: members with their subscriptions and what they have, in; what each is to have, out."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from headwater.control.groups.consumer.member import Target
from headwater.wire.types import Uuid


class Subscriber(Struct, frozen=True, kw_only=True):
    """A member as an assignor sees it."""

    member_id: str
    instance_id: str | None
    topics: tuple[Uuid, ...]
    """Those that exist, each once."""
    target: Target
    """What it was to have until now."""


Counts = Mapping[Uuid, int]
"""Partitions of each topic that somebody is subscribed to."""
Assignor = Callable[[Sequence[Subscriber], Counts], dict[str, Target]]
"""Gives every member its target, by member id. The same input gives the same output."""
