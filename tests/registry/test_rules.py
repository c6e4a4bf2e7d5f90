"""Which rule sets are taken."""

import pytest
from msgspec import json

from headwater.registry.contracts import Metadata, Rule, RuleKind, RuleMode, RuleSet
from headwater.registry.errors import InvalidRuleSet
from headwater.registry.rules import check, rules_of


def rule(name: str | None = "check", **more: object) -> Rule:
    return Rule(**{"name": name, "type": "CEL", **more})  # type: ignore[arg-type]


def test_kind_and_mode_are_told_where_they_are_left_out() -> None:
    assert rule(kind=None, mode=None) == rule(kind=RuleKind.TRANSFORM, mode=RuleMode.WRITEREAD)
    assert json.encode(rule(mode=None)).endswith(
        b'"name":"check","kind":"TRANSFORM","mode":"WRITEREAD","type":"CEL","disabled":false}'[1:]
    )


def test_what_is_empty_is_left_out() -> None:
    assert json.encode(Metadata(tags={}, properties={"a": "b"}, sensitive=frozenset())) == b'{"properties":{"a":"b"}}'
    assert json.encode(RuleSet(domain_rules=())) == b"{}"


def test_a_type_that_nobody_knows_is_fine() -> None:
    check(RuleSet(encoding_rules=(rule(type="HOUSE"),)))
    check(None)


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ((rule(None),), "Missing rule name"),
        ((rule(""),), "Empty rule name"),
        ((rule("a" * 257),), "Rule name too long"),
        ((rule("0"),), "Illegal initial character in rule name: 0"),
        ((rule("-a"),), "Illegal initial character in rule name: -a"),
        ((rule("With space"),), "Illegal character in rule name: With space"),
        ((rule(type=None),), "Missing rule type"),
        ((rule(), rule()), "Found rule with duplicate name 'check'"),
        ((rule(mode=RuleMode.READ, on_failure="NONE,ERROR"),), "Multiple actions only valid with WRITEREAD and UPDOWN"),
        ((rule(mode=RuleMode.UPGRADE),), "Domain rules can only be WRITE, READ, WRITEREAD"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told(rules: tuple[Rule, ...], why: str) -> None:
    with pytest.raises(InvalidRuleSet) as refusal:
        check(RuleSet(domain_rules=rules))
    assert str(refusal.value) == why


@pytest.mark.parametrize(
    ("phase", "why"),
    [
        ("migration_rules", "Migration rules can only be UPGRADE, DOWNGRADE, UPDOWN"),
        ("domain_rules", None),
        ("encoding_rules", None),
    ],
)
def test_each_phase_has_its_modes(phase: str, why: str | None) -> None:
    rules = RuleSet(**{phase: (rule("_ok-1", on_success="NONE,DLQ"),)})  # type: ignore[arg-type]
    if why is None:
        check(rules)
        assert list(rules_of(rules)) == [rule("_ok-1", on_success="NONE,DLQ")]
    else:
        with pytest.raises(InvalidRuleSet, match=why):
            check(rules)


def test_names_are_told_apart_across_phases() -> None:
    with pytest.raises(InvalidRuleSet, match="duplicate"):
        check(RuleSet(migration_rules=(rule(mode=RuleMode.UPGRADE),), domain_rules=(rule(),)))
