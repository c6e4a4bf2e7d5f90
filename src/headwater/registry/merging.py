"""What a schema's contract becomes: what was sent with it, or else its predecessor's, between what its config has by default and what
its config puts over all.

    default  <-  sent, or that of the version before  <-  override
"""

from collections.abc import Mapping
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.contracts import Metadata, Rule, RuleSet
from headwater.registry.store.records import ConfigValue

V = TypeVar("V")

VERSION: Final = "confluent:version"
"""A property that tells a schema's own version, for those who hold its content only."""


class Contract(Struct, frozen=True, kw_only=True):
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None


def settled(
    config: ConfigValue, asked: Contract, previous: Contract | None, *, version: int | None, tells_version: bool = False
) -> Contract:
    """`version` is the number that the schema is to have; None where it is only looked up, and nothing is told of it.
    Otherwise it is told where it was asked for (`tells_version`), or where something that is merged tells one."""
    before = previous or Contract()
    metadata = before.metadata if asked.metadata is None else asked.metadata
    metadata = merged_metadata(merged_metadata(config.default_metadata, metadata), config.override_metadata)
    rules = before.rule_set if asked.rule_set is None else asked.rule_set
    rules = merged_rule_sets(merged_rule_sets(config.default_rule_set, rules), config.override_rule_set)
    if version is not None and (tells_version or told_version(metadata) is not None):
        metadata = with_version(metadata, version)
    return Contract(metadata=metadata, rule_set=rules)


def told_version(metadata: Metadata | None) -> str | None:
    return ((metadata and metadata.properties) or {}).get(VERSION)


def with_version(metadata: Metadata | None, version: int) -> Metadata:
    metadata = metadata or Metadata()
    return replace(metadata, properties={**(metadata.properties or {}), VERSION: str(version)})


def without_version(metadata: Metadata | None) -> Metadata | None:
    if metadata is None or VERSION not in (metadata.properties or {}):
        return metadata
    kept = {name: value for name, value in (metadata.properties or {}).items() if name != VERSION}
    return replace(metadata, properties=kept)


def merged_metadata(old: Metadata | None, new: Metadata | None) -> Metadata | None:
    """Tags of one path, and properties of one name, are the new ones."""
    if old is None or new is None:
        return new if old is None else old
    return Metadata(
        tags=_joined(old.tags, new.tags),
        properties=_joined(old.properties, new.properties),
        sensitive=(old.sensitive or frozenset()) | (new.sensitive or frozenset()) or None,
    )


def merged_rule_sets(old: RuleSet | None, new: RuleSet | None) -> RuleSet | None:
    """Rules of one name are the new ones, and stand where these stand."""
    if old is None or new is None:
        return new if old is None else old
    return RuleSet(
        migration_rules=_joined_rules(old.migration_rules, new.migration_rules),
        domain_rules=_joined_rules(old.domain_rules, new.domain_rules),
        encoding_rules=_joined_rules(old.encoding_rules, new.encoding_rules),
        enable_at=old.enable_at if new.enable_at is None else new.enable_at,
    )


def without_rules(rule_set: RuleSet | None, names: tuple[str, ...]) -> RuleSet | None:
    if rule_set is None:
        return None
    return replace(
        rule_set,
        migration_rules=_kept(rule_set.migration_rules, names),
        domain_rules=_kept(rule_set.domain_rules, names),
        encoding_rules=_kept(rule_set.encoding_rules, names),
    )


def _joined(old: Mapping[str, V] | None, new: Mapping[str, V] | None) -> Mapping[str, V] | None:
    return {**(old or {}), **(new or {})} or None


def _joined_rules(old: tuple[Rule, ...] | None, new: tuple[Rule, ...] | None) -> tuple[Rule, ...] | None:
    kept = _kept(old, tuple(each.name or "" for each in new or ())) or ()
    return (*kept, *(new or ())) or None


def _kept(rules: tuple[Rule, ...] | None, gone: tuple[str, ...]) -> tuple[Rule, ...] | None:
    return None if rules is None else tuple(each for each in rules if each.name not in gone)
