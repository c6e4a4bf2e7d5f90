"""Which clients a subscription of client metrics means: `client_software_name=librdkafka, client_id=app-.*` (KIP-714)."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

SELECTORS: Final = (
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
)

Patterns = Mapping[str, re.Pattern[str]]


def patterns_of(texts: Sequence[str]) -> Patterns:
    """By selector; the last one wins. Raises ValueError, which says what can't be."""
    found = {}
    for text in texts:
        selector, is_pair, pattern = (each.strip() for each in text.partition("="))
        if not is_pair or "=" in pattern or selector not in SELECTORS:
            raise ValueError(f"{text!r} is not one of {', '.join(SELECTORS)} with a pattern")
        try:
            found[selector] = re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no pattern: {error}") from None
    return found


def matches(patterns: Patterns, client: Mapping[str, str]) -> bool:
    """Whether every pattern matches all of what it selects. No patterns match everybody."""
    return all(pattern.fullmatch(client.get(selector, "")) for selector, pattern in patterns.items())
