"""JSON pointers, and why nothing else is looked for elsewhere: a registry that fetched what a `$ref` names would let its callers
send it anywhere."""

from typing import Final

from headwater.registry.errors import InvalidSchema, RemoteReference
from headwater.registry.formats.json_schema.uris import scheme_of
from headwater.registry.formats.json_text import Json

_DIGITS_MAX: Final = 9


def child_of(node: Json, token: str, pointer: str) -> Json:
    """Raises InvalidSchema."""
    if isinstance(node, dict) and token in node:
        return node[token]
    if isinstance(node, list) and token.isdecimal() and len(token) <= _DIGITS_MAX and int(token) < len(node):
        return node[int(token)]
    raise InvalidSchema(f"Invalid JSON: {pointer} leads nowhere, for there is no {token!r}")


def not_found(uri: str) -> InvalidSchema:
    if (scheme_of(uri) or "").lower() in ("http", "https"):
        return RemoteReference(uri)
    return InvalidSchema(f"Invalid JSON: {uri} is none of the schema's references")
