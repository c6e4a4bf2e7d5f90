"""URIs as Java resolves them, which the loaders of Confluent's registry do."""

import re
from typing import Final, NamedTuple

from headwater.registry.errors import InvalidSchema

_PARTS: Final = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(?:#(.*))?", re.DOTALL)
_ILLEGAL: Final = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")


class _Uri(NamedTuple):
    scheme: str | None
    authority: str | None
    path: str
    query: str
    fragment: str | None

    def __str__(self) -> str:
        scheme = "" if self.scheme is None else f"{self.scheme}:"
        authority = "" if self.authority is None else f"//{self.authority}"
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        return f"{scheme}{authority}{self.path}{self.query}{fragment}"

    @property
    def is_opaque(self) -> bool:
        """`urn:a:b` has no path that another could be relative to."""
        return self.scheme is not None and self.authority is None and not self.path.startswith("/")


def check_uri(text: str) -> str:
    """Raises InvalidSchema."""
    if _ILLEGAL.search(text) or text.count("#") > 1:
        raise InvalidSchema(f"Invalid JSON: {text!r} is no URI")
    return text


def resolve(base: str | None, reference: str) -> str:
    """Raises InvalidSchema."""
    check_uri(reference)
    if base is None:
        return reference
    parent, child = _parse(base), _parse(reference)
    if child.scheme is not None or parent.is_opaque:
        return reference
    if child.authority is None and not child.path and not child.query and child.fragment is not None:
        return str(parent._replace(fragment=child.fragment))
    if child.authority is not None:
        return str(child._replace(scheme=parent.scheme))
    path = child.path if child.path.startswith("/") else _merged(parent, child.path)
    return str(_Uri(parent.scheme, parent.authority, _normalized(path), child.query, child.fragment))


def is_absolute(uri: str) -> bool:
    return _parse(uri).scheme is not None


def scheme_of(uri: str) -> str | None:
    return _parse(uri).scheme


def divided(uri: str) -> tuple[str, str]:
    """The document, and the fragment with its `#` where there is one."""
    document, mark, fragment = uri.partition("#")
    return document, mark + fragment


def _parse(uri: str) -> _Uri:
    found = _PARTS.fullmatch(uri)
    assert found is not None, "every text matches"
    scheme, authority, path, query, fragment = found.groups()
    return _Uri(scheme, authority, path, query or "", fragment)


def _merged(parent: _Uri, path: str) -> str:
    before, slash, _ = parent.path.rpartition("/")
    return before + (slash or ("/" if parent.authority is not None else "")) + path


def _normalized(path: str) -> str:
    """Without `.`, and without `..` where there is something to go back from."""
    kept: list[str] = []
    segments = path.split("/")
    for place, segment in enumerate(segments):
        is_last = place == len(segments) - 1
        if segment == "." or (segment == ".." and kept and kept[-1] not in ("", "..")):
            if segment == "..":
                kept.pop()
            if is_last:
                kept.append("")
        else:
            kept.append(segment)
    return "/".join(kept)
