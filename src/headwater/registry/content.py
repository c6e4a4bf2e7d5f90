"""What makes two registrations the same schema: text, references, metadata and rules, and the GUID that they give.

The GUID is an MD5 over all of it, laid out as Confluent lays it out, so that ids in records' headers stay true when a registry is
replaced by another. It is a name and no protection.
"""

from collections.abc import Iterator
from hashlib import md5
from uuid import UUID

from msgspec import Struct

from headwater.registry.contracts import Metadata, Reference, Rule, RuleSet

_PRESENT = b"\x01"
"""Stands before metadata and rule sets, to tell an empty one from none."""


class Content(Struct, frozen=True, kw_only=True):
    """`type` is the format's; it is no part of the GUID."""

    type: str
    text: str
    references: tuple[Reference, ...] = ()
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None


def digest(content: Content) -> bytes:
    """16 bytes."""
    summed = md5(content.text.encode(), usedforsecurity=False)
    for part in _parts(content):
        summed.update(part)
    return summed.digest()


def guid(content_digest: bytes) -> str:
    return str(UUID(bytes=content_digest))


def _parts(content: Content) -> Iterator[bytes]:
    for each in content.references:
        yield from _texts(each.name, each.subject)
        if each.version is not None:
            yield each.version.to_bytes(4, "big", signed=True)
    if content.metadata is not None:
        yield _PRESENT
        yield from _metadata(content.metadata)
    if content.rule_set is not None:
        yield _PRESENT
        yield from _rule_set(content.rule_set)


def _metadata(metadata: Metadata) -> Iterator[bytes]:
    for path, tags in sorted((metadata.tags or {}).items()):
        yield from _texts(path, *sorted(tags))
    for name, value in sorted((metadata.properties or {}).items()):
        yield from _texts(name, value)
    yield from _texts(*sorted(metadata.sensitive or ()))


def _rule_set(rule_set: RuleSet) -> Iterator[bytes]:
    for rules in (rule_set.migration_rules, rule_set.domain_rules, rule_set.encoding_rules):
        for each in rules or ():
            yield from _rule(each)
    yield from _texts(rule_set.enable_at)


def _rule(rule: Rule) -> Iterator[bytes]:
    yield from _texts(rule.name, rule.doc, rule.kind, rule.mode, rule.type, *sorted(rule.tags or ()))
    for name, value in sorted((rule.params or {}).items()):
        yield from _texts(name, value)
    yield from _texts(rule.expr, rule.on_success, rule.on_failure)
    if rule.disabled:
        yield _PRESENT


def _texts(*texts: str | None) -> Iterator[bytes]:
    return (text.encode() for text in texts if text is not None)
