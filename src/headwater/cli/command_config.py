"""Which file says how commands reach a cluster. The root of all commands hears of it, and only those that reach one read it."""

from contextvars import ContextVar
from typing import Final

COMMAND_CONFIG: Final[ContextVar[str | None]] = ContextVar("command_config", default=None)
"""A path, as it was given before the command."""
