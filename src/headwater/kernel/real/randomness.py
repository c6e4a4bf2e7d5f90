"""Randomness from the operating system, fit for ids, salts and nonces."""

import os
import secrets
import uuid

_FIRST_SEXTET_OF_DASH = 62
"""In the URL-safe base64 that Kafka prints ids in, a first byte whose upper six bits are this begins with `-`."""


class SystemRandomness:
    """Never repeats itself and can't be foretold; nothing here is seeded."""

    def uuid(self) -> bytes:
        """Kafka draws again when the text would look like an option of a command line, and so do we."""
        while True:
            drawn = uuid.uuid4().bytes
            if drawn[0] >> 2 != _FIRST_SEXTET_OF_DASH:
                return drawn

    def below(self, bound: int) -> int:
        return secrets.randbelow(bound)

    def bytes(self, count: int) -> bytes:
        return os.urandom(count)
