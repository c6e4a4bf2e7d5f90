"""Java's .properties files, so that a `server.properties` of Apache Kafka is taken as it is.

A line is `key=value`, `key:value` or `key value`; `#` and `!` begin comments; a backslash at the end joins the next line;
`\\t`, `\\n`, `\\r`, `\\f` and `\\uXXXX` are escapes, and a backslash before anything else is dropped. A key given twice counts
as its last line. (java.util.Properties.load)
"""

import re
from collections.abc import Iterator
from typing import Final

_KEY: Final = re.compile(r"(?:[^\\=:\s]|\\.)*", re.DOTALL)
_SEPARATOR: Final = re.compile(r"[ \t\f]*[=:]?[ \t\f]*")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LETTERS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def parse(text: str) -> dict[str, str]:
    """Every key with its value, in the order of the file."""
    properties: dict[str, str] = {}
    for line in _logical_lines(text):
        key = _KEY.match(line)
        assert key is not None  # it matches nothing too
        value = line[_SEPARATOR.match(line, key.end()).end() :]  # type: ignore[union-attr] # and so does this
        properties[_plain(key[0])] = _plain(value)
    return properties


def _logical_lines(text: str) -> Iterator[str]:
    """Without comments, blank lines and leading blanks, continued lines joined."""
    begun = ""
    for physical in re.split(r"\r\n|\n|\r", text):
        line = physical.lstrip(" \t\f")
        if not begun and (not line or line[0] in "#!"):
            continue
        line = begun + line
        trailing = len(line) - len(line.rstrip("\\"))
        if trailing % 2:
            begun = line[:-1]
        else:
            begun = ""
            yield line
    if begun:
        yield begun


def _plain(escaped: str) -> str:
    def unescaped(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _LETTERS.get(match[2], match[2])

    return _ESCAPE.sub(unescaped, escaped)
