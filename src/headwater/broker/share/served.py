"""Share groups are served once the cluster has agreed on them, by its `share.version`."""

from typing import Final

from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.wire.error_codes import ErrorCode

_SERVED_FROM: Final = 1


def check_served(context: Context) -> None:
    """Raises Refused with UNSUPPORTED_VERSION, by which a client knows that it can't have share groups here."""
    if context.services.cluster.head.features.share_level < _SERVED_FROM:
        raise Refused(ErrorCode.UNSUPPORTED_VERSION)
