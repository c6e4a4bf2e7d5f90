"""What a schema's contract becomes."""

from headwater.registry.contracts import ExecutionEnvironment, Metadata, Rule, RuleSet
from headwater.registry.merging import (
    VERSION,
    Contract,
    merged_metadata,
    merged_rule_sets,
    settled,
    told_version,
    with_version,
    without_rules,
    without_version,
)
from headwater.registry.store.records import ConfigValue

PII = frozenset(["PII"])


def owned(who: str) -> Metadata:
    return Metadata(properties={"owner": who})


def rules(*names: str) -> RuleSet:
    return RuleSet(domain_rules=tuple(Rule(name=each, type="CEL") for each in names))


def names(rule_set: RuleSet | None) -> list[str | None]:
    assert rule_set is not None
    return [each.name for each in rule_set.domain_rules or ()]


def test_of_two_metadata_the_newer_counts_name_by_name() -> None:
    old = Metadata(tags={"**.ssn": PII}, properties={"a": "1", "b": "1"}, sensitive=frozenset(["a"]))
    new = Metadata(tags={"**.ssn": frozenset(["X"])}, properties={"b": "2"}, sensitive=frozenset(["b"]))
    assert merged_metadata(old, new) == Metadata(
        tags={"**.ssn": frozenset(["X"])}, properties={"a": "1", "b": "2"}, sensitive=frozenset(["a", "b"])
    )
    assert merged_metadata(old, None) is merged_metadata(None, old) is old
    assert merged_metadata(old, Metadata()) == old


def test_of_two_rule_sets_the_newer_rules_count_and_stand_where_they_stand() -> None:
    assert names(merged_rule_sets(rules("hi", "bye"), rules("bye", "hi"))) == ["bye", "hi"]
    assert names(merged_rule_sets(rules("a", "b"), rules("c", "a"))) == ["b", "c", "a"]
    merged = merged_rule_sets(RuleSet(enable_at=ExecutionEnvironment.CLIENT), rules("a"))
    assert merged is not None
    assert merged.enable_at is ExecutionEnvironment.CLIENT
    assert names(without_rules(rules("a", "b"), ("a",))) == ["b"]


def test_what_was_sent_counts_and_else_what_was_before() -> None:
    config = ConfigValue()
    before = Contract(metadata=owned("them"), rule_set=rules("old"))
    assert settled(config, Contract(), before, version=2) == before
    asked = Contract(metadata=owned("us"))
    assert settled(config, asked, before, version=2) == Contract(metadata=owned("us"), rule_set=rules("old"))
    assert settled(config, Contract(), None, version=1) == Contract()


def test_a_config_has_defaults_below_it_and_overrides_above() -> None:
    config = ConfigValue(
        default_metadata=Metadata(properties={"owner": "nobody", "team": "none"}),
        override_metadata=Metadata(properties={"audited": "yes"}),
        default_rule_set=rules("default", "checked"),
        override_rule_set=rules("checked", "override"),
    )
    merged = settled(config, Contract(metadata=owned("us"), rule_set=rules("mine")), None, version=1)
    assert merged.metadata == Metadata(properties={"owner": "us", "team": "none", "audited": "yes"})
    assert names(merged.rule_set) == ["default", "mine", "checked", "override"]


def test_a_version_is_told_where_it_was_asked_for_or_is_told_already() -> None:
    config = ConfigValue()
    assert told_version(settled(config, Contract(), None, version=3).metadata) is None
    asked = settled(config, Contract(metadata=owned("us")), None, version=3, tells_version=True)
    assert asked.metadata == Metadata(properties={"owner": "us", VERSION: "3"})
    before = Contract(metadata=with_version(None, 3))
    assert told_version(settled(config, Contract(), before, version=4).metadata) == "4"
    assert told_version(settled(config, Contract(), before, version=None).metadata) == "3"
    assert without_version(asked.metadata) == owned("us")
    assert without_version(None) is None
