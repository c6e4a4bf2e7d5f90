"""The specification's own schemas, which a schema may refer to without anything being fetched: `jsonschema-rs` brings them."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import jsonschema_rs

from headwater.registry.formats.json_text import Json

_OLDER: Final = ("draft-04/schema", "draft-06/schema", "draft-07/schema")
_NEWER: Final = ("draft/2019-09/", "draft/2020-12/")
_SCHEMES: Final = ("https://json-schema.org/", "http://json-schema.org/")


def metaschema(url: str, *, is_newer_known: bool) -> Json | None:
    """`url` has no fragment. The newer ones can only be read by the loader of the newer drafts."""
    scheme = next((each for each in _SCHEMES if url.startswith(each)), None)
    if scheme is None:
        return None
    path = url.removeprefix(scheme)
    if path in _OLDER:
        return _documents(f"http://json-schema.org/{path}").get(path)
    folder = next((each for each in _NEWER if path.startswith(each)), None)
    if folder is None or not is_newer_known:
        return None
    return _documents(f"https://json-schema.org/{folder}schema").get(path)


@cache
def _documents(url: str) -> Mapping[str, Json]:
    """It and those that it is made of, by their paths."""
    bundle: Json = jsonschema_rs.bundle({"$schema": url, "$ref": url})
    found: dict[str, Json] = {**bundle.get("definitions", {}), **bundle.get("$defs", {})}
    return {key.partition("json-schema.org/")[2]: each for key, each in found.items()}
