"""The types of fields as their names say it: a scalar, a map, or a name to be looked for."""

from typing import Final

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.protobuf.elements import SCALARS

_NO_KEYS: Final = ("bytes", "double", "float")


def is_scalar(name: str) -> bool:
    return name in SCALARS


def map_parts(name: str) -> tuple[str, str] | None:
    """The types of key and value; None for what is no map. Raises InvalidSchema for a key that can't be one."""
    if not name.startswith("map<") or not name.endswith(">"):
        return None
    key, _, value = name[len("map<") : -1].partition(",")
    key, value = key.strip(), value.strip()
    if not is_scalar(key) or key in _NO_KEYS:
        raise InvalidSchema(f"map key must be non-byte, non-floating point scalar: {key}")
    map_parts(value)
    return key, value
