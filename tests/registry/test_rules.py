"""Which rule sets are taken."""

import pytest

from headwater.registry.contracts import Rule, RuleKind, RuleMode, RuleSet
from headwater.registry.errors import InvalidRuleSet
from headwater.registry.rules import checked, rules_of


def rule(name: str | None = "check", **more: object) -> Rule:
    return Rule(**{"name": name, "type": "CEL", **more})  # type: ignore[arg-type]


def test_what_is_left_out_is_told() -> None:
    taken = checked(RuleSet(domain_rules=(rule(kind=None, mode=None),)))
    assert taken == RuleSet(domain_rules=(rule(kind=RuleKind.TRANSFORM, mode=RuleMode.WRITEREAD),))


def test_a_type_that_nobody_knows_is_fine() -> None:
    assert checked(RuleSet(encoding_rules=(rule(type="HOUSE"),))).encoding_rules == (rule(type="HOUSE"),)


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
        checked(RuleSet(domain_rules=rules))
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
        assert list(rules_of(checked(rules))) == [rule("_ok-1", on_success="NONE,DLQ")]
    else:
        with pytest.raises(InvalidRuleSet, match=why):
            checked(rules)


def test_names_are_told_apart_across_phases() -> None:
    with pytest.raises(InvalidRuleSet, match="duplicate"):
        checked(RuleSet(migration_rules=(rule(mode=RuleMode.UPGRADE),), domain_rules=(rule(),)))
