r"""Regular expressions of schemas: Java's in Confluent's registry, RE2's here where it can, so that none takes long.

RE2 knows no look-around and no back references. Those go to Python's own engine, whose time a hostile expression can use up;
that is one more reason for a worker that can be ended.
"""

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import re2

from headwater.registry.errors import InvalidSchema

Search = Callable[[str], object]

_PROGRAM_BYTES_MAX: Final = 256 * 1024
_CLASSES: Final = {
    "Alpha": "a-zA-Z",
    "Alnum": "a-zA-Z0-9",
    "Digit": "0-9",
    "Upper": "A-Z",
    "Lower": "a-z",
    "XDigit": "0-9a-fA-F",
    "Space": r"\t-\r ",
    "Blank": r" \t",
    "ASCII": r"\x00-\x7f",
    "Punct": r"!-/:-@\[-`{-~",
}
_NAMED_CLASS: Final = re.compile(r"\\p\{(Is)?(" + "|".join(_CLASSES) + r")\}")
_GROUP: Final = re.compile(r"\(\?<(?=[A-Za-z])")
_BACK_REFERENCE: Final = re.compile(r"\\k<(\w+)>")
_LONE_BRACE: Final = re.compile(
    r"\\(?:[pPxu]\{[^}]*\}|[kN][<{][^>}]*[>}]|.)|\[(?:\\.|\[:\w+:\]|[^\]\\])*\]|(?<=.)\{\d+(?:,\d*)?\}|(\{)", re.DOTALL
)


@lru_cache(maxsize=1_000)
def search_for(pattern: str) -> Search:
    """Looks for it anywhere in a text. Raises InvalidSchema for what Java would not take."""
    if any(found[1] for found in _LONE_BRACE.finditer(pattern)):
        raise InvalidSchema(f"Invalid JSON: {pattern!r} repeats nothing")
    named = _translated(pattern)
    try:
        return re2.compile(named, _options()).search  # type: ignore[no-any-return]
    except re2.error:
        return _backtracking(named, pattern)


def _translated(pattern: str) -> str:
    """From Java's way of writing to that of both engines."""
    with_classes = _NAMED_CLASS.sub(lambda found: f"[{_CLASSES[found[2]]}]", pattern)
    return _BACK_REFERENCE.sub(r"(?P=\1)", _GROUP.sub("(?P<", with_classes))


def _backtracking(named: str, pattern: str) -> Search:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return re.compile(named).search
        except (re.error, RecursionError, OverflowError) as error:
            raise InvalidSchema(f"Invalid JSON: {pattern!r} is no regular expression: {error}") from None


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PROGRAM_BYTES_MAX
    return options
