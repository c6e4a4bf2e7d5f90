"""Which rule sets are taken: rules with names of their own, of the modes of their phase. What executes them is the clients' matter,
so a type that nobody here knows is fine."""

from collections.abc import Iterator
from typing import Final

from headwater.registry.contracts import Rule, RuleMode, RuleSet
from headwater.registry.errors import InvalidRuleSet

NAME_MAX: Final = 256
_MIGRATION: Final = (RuleMode.UPGRADE, RuleMode.DOWNGRADE, RuleMode.UPDOWN)
_DATA: Final = (RuleMode.WRITE, RuleMode.READ, RuleMode.WRITEREAD)
_TWO_WAYS: Final = (RuleMode.WRITEREAD, RuleMode.UPDOWN)


def check(rule_set: RuleSet | None) -> None:
    """Raises InvalidRuleSet."""
    if rule_set is None:
        return
    names: dict[str | None, None] = {}
    _check_phase(rule_set.migration_rules, names, _MIGRATION, "Migration")
    _check_phase(rule_set.domain_rules, names, _DATA, "Domain")
    _check_phase(rule_set.encoding_rules, names, _DATA, "Encoding")


def rules_of(rule_set: RuleSet | None) -> Iterator[Rule]:
    if rule_set is not None:
        for rules in (rule_set.migration_rules, rule_set.domain_rules, rule_set.encoding_rules):
            yield from rules or ()


def _check_phase(
    rules: tuple[Rule, ...] | None, names: dict[str | None, None], modes: tuple[RuleMode, ...], phase: str
) -> None:
    for each in rules or ():
        if each.name in names:
            raise InvalidRuleSet(f"Found rule with duplicate name '{each.name}'")
        names[each.name] = None
        _check(each)
        if each.mode not in modes:
            raise InvalidRuleSet(f"{phase} rules can only be {', '.join(modes)}")


def _check(rule: Rule) -> None:
    _check_name(rule.name)
    if rule.type is None:
        raise InvalidRuleSet("Missing rule type")
    for action in (rule.on_success, rule.on_failure):
        if rule.mode not in _TWO_WAYS and "," in (action or ""):
            raise InvalidRuleSet("Multiple actions only valid with WRITEREAD and UPDOWN")


def _check_name(name: str | None) -> None:
    if name is None:
        raise InvalidRuleSet("Missing rule name")
    if not name:
        raise InvalidRuleSet("Empty rule name")
    if len(name) > NAME_MAX:
        raise InvalidRuleSet("Rule name too long")
    if not (name[0].isalpha() or name[0] == "_"):
        raise InvalidRuleSet(f"Illegal initial character in rule name: {name}")
    if not all(each.isalpha() or each.isdecimal() or each in "_-" for each in name):
        raise InvalidRuleSet(f"Illegal character in rule name: {name}")
