"""What holds where no config says anything."""

from typing import Final

from msgspec import Struct

from headwater.registry.levels import CompatibilityLevel


class Defaults(Struct, frozen=True, kw_only=True):
    compatibility_level: CompatibilityLevel = CompatibilityLevel.BACKWARD
    validate_fields: bool = False
    validate_new_schemas: bool = True
    modes_change: bool = True
    """Whether anybody may change a mode."""


STANDARD: Final = Defaults()
