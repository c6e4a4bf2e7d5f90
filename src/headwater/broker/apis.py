"""Every API that this broker serves: the one list from which requests find their handler and ApiVersions is answered."""

from typing import Final

from headwater.broker.api import Handler
from headwater.broker.handlers import api_versions

HANDLERS: Final[tuple[Handler, ...]] = (api_versions,)
