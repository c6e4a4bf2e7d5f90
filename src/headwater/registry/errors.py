"""What the registry refuses.

RegistryError
  InvalidSchema        42201    the text is no schema, or one that can't be registered; the caller's fault
"""

from typing import ClassVar

from headwater.kernel.errors import HeadwaterError


class RegistryError(HeadwaterError):
    """The root of this room. `code` is Confluent's: the HTTP status and two digits of its own."""

    code: ClassVar[int] = 50001

    def __init_subclass__(cls, *, code: int | None = None) -> None:
        if code is not None:
            cls.code = code


class InvalidSchema(RegistryError, code=42201):
    def __init__(self, why: str) -> None:
        super().__init__(f"Invalid schema: {why}")
        self.why = why


class AmbiguousField(RegistryError, code=409):
    """Which of them would be read can't be said."""


class UnreadableRecord(RegistryError, code=50001):
    """What is wrong with it."""
