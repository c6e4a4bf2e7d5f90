"""What a KEK may be called, which subjects there are, and how a version is written: as Java's `Character` and `Integer` see it."""

import re
from typing import Final

from headwater.registry.encryption.requests import LATEST
from headwater.registry.errors import InvalidKey, InvalidVersion

_NAME_MAX: Final = 256
_BEYOND_ONE_CHAR: Final = "\uffff"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_VERSION: Final = re.compile(r"[+-]?[0-9]{1,10}")
_INT_MAX: Final = 2**31 - 1


def check_name(name: str | None) -> str:
    """Letters, digits, `_` and `-`, the first a letter or `_`. Raises InvalidKey."""
    if not name or len(name) > _NAME_MAX or not _is_begin(name[0]) or not all(map(_is_part, name[1:])):
        raise InvalidKey("name")
    return name


def check_subject(subject: str | None) -> str:
    """Raises InvalidKey."""
    if not subject or _CONTROL.search(subject):
        raise InvalidKey("subject")
    return subject


def version_of(text: str) -> int:
    """`latest` is -1. Raises InvalidVersion."""
    bare = text.strip().lower()
    if bare == "latest":
        return LATEST
    if not _VERSION.fullmatch(bare) or int(bare) > _INT_MAX:
        raise InvalidVersion(text)
    version = int(bare)
    if version < 1 and version != LATEST:
        raise InvalidVersion(version)
    return version


def _is_begin(character: str) -> bool:
    return (character.isalpha() and character <= _BEYOND_ONE_CHAR) or character == "_"


def _is_part(character: str) -> bool:
    return _is_begin(character) or (character.isdecimal() and character <= _BEYOND_ONE_CHAR) or character == "-"
