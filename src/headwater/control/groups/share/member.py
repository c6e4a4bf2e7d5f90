"""One member of a share group, as its records say."""

from msgspec import Struct

from headwater.control.groups.share.partitions import Partitions
from headwater.wire.types import TopicName

JOINING = 0
LEAVING = -1


class Member(Struct, frozen=True, kw_only=True):
    """A member owns nothing that must be given back first, so what it is assigned it has at once."""

    member_id: str
    rack_id: str | None = None
    client_id: str = ""
    client_host: str = ""
    topics: tuple[TopicName, ...] = ()
    epoch: int = 0
    previous_epoch: int = 0
    assigned: Partitions = {}
