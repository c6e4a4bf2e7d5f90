"""How much there is in a JSON document, found before it is decoded: each value in it costs microseconds of the event loop.

A text may be as long as it likes, for it is one value. What counts is what stands between the texts, and how many of them there are.
"""

import re
from typing import Final

from headwater.http.errors import BodyTooIntricate

TEXTS_MAX: Final = 20_000
"""Names of properties are texts too, and so is each run of blanks."""
REST_BYTES_MAX: Final = 32 * 1024
"""Braces, commas and numbers."""
_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[ \t\r\n]++', re.DOTALL)
"""A text without an end matches too: if it did not, it would be looked for anew at each quote in it."""


def check_intricacy(body: bytes) -> None:
    """Raises BodyTooIntricate."""
    if len(body) <= REST_BYTES_MAX:
        return
    rest, texts = _TEXT.subn(b"", body, TEXTS_MAX + 1)
    if texts > TEXTS_MAX or len(rest) > REST_BYTES_MAX:
        raise BodyTooIntricate
