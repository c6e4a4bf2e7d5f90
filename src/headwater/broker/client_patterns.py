"""Which clients a subscription of client metrics means: `client_software_name=librdkafka, client_id=app-.*` (KIP-714)."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from headwater.broker.errors import InvalidExpression
from headwater.broker.expressions import matcher

SELECTORS: Final = (
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
)

Patterns = Mapping[str, Callable[[str], bool]]


@lru_cache(maxsize=1_000)
def patterns_of(texts: tuple[str, ...]) -> Patterns:
    """By selector; the last one wins. Raises ValueError, which says what can't be."""
    found = {}
    for text in texts:
        selector, is_pair, pattern = (each.strip() for each in text.partition("="))
        if not is_pair or "=" in pattern or selector not in SELECTORS:
            raise ValueError(f"{text!r} is not one of {', '.join(SELECTORS)} with a pattern")
        try:
            found[selector] = matcher(pattern)
        except InvalidExpression as error:
            raise ValueError(str(error)) from None
    return found


def matches(patterns: Patterns, client: Mapping[str, str]) -> bool:
    """Whether every pattern matches all of what it selects. No patterns match everybody."""
    return all(matches_whole(client.get(selector, "")) for selector, matches_whole in patterns.items())
