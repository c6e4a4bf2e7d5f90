"""What is refused to streams groups, and what keeps a topology waiting.

GroupError
  InvalidTopology      STREAMS_INVALID_TOPOLOGY    the application's fault: no topics could fit it
  DescriptionNotKept   STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED    there is no room for it

TopicsUnfit            none: told to the members as a status, since topics can be mended while they wait
  MissingSources
  UnevenTopics
"""

from headwater.control.groups.errors import GroupError
from headwater.kernel.errors import HeadwaterError
from headwater.wire.error_codes import ErrorCode


class InvalidTopology(GroupError, code=ErrorCode.STREAMS_INVALID_TOPOLOGY):
    pass


class DescriptionNotKept(GroupError, code=ErrorCode.STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED):
    def __init__(self) -> None:
        super().__init__("The coordinator has no room for a topology description of this size.")


class TopicsUnfit(HeadwaterError):
    """Never leaves `configuring`."""


class MissingSources(TopicsUnfit):
    pass


class UnevenTopics(TopicsUnfit):
    pass
