"""What is refused to streams groups, and what keeps a topology waiting.

GroupError
  InvalidTopology      STREAMS_INVALID_TOPOLOGY    the application's fault: no topics could fit it

TopicsUnfit            none: told to the members as a status, since topics can be mended while they wait
  MissingSources
  UnevenTopics
"""

from headwater.control.groups.errors import GroupError
from headwater.kernel.errors import HeadwaterError
from headwater.wire.error_codes import ErrorCode


class InvalidTopology(GroupError, code=ErrorCode.STREAMS_INVALID_TOPOLOGY):
    pass


class TopicsUnfit(HeadwaterError):
    """Never leaves `configuring`."""


class MissingSources(TopicsUnfit):
    pass


class UnevenTopics(TopicsUnfit):
    pass
