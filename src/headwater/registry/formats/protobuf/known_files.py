"""Files that every schema may import without a reference: protobuf's own, Google's common types, and Confluent's.

Their types are known to all schemas, also to those that do not import them.
"""

import pkgutil
from functools import cache
from typing import Final

from headwater.registry.formats.protobuf.elements import File
from headwater.registry.formats.protobuf.reader import read_file

_PROTOBUF: Final = (
    "any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type", "wrappers",
)  # fmt: skip
_GOOGLE: Final = (
    "calendar_period", "color", "date", "datetime", "dayofweek", "decimal", "expr", "fraction", "interval", "latlng", "money",
    "month", "phone_number", "postal_address", "quaternion", "timeofday",
)  # fmt: skip
PATHS: Final = (
    "confluent/meta.proto",
    "confluent/type/decimal.proto",
    "confluent/type/variant.proto",
    *(f"google/protobuf/{name}.proto" for name in _PROTOBUF),
    *(f"google/type/{name}.proto" for name in _GOOGLE),
)


@cache
def known_file(path: str) -> File:
    """`path` is one of `PATHS`."""
    return read_file(known_text(path))


def known_text(path: str) -> str:
    data = pkgutil.get_data("headwater.registry.formats.protobuf", f"known/{path}") or b""
    return data.decode()
