"""What the policy LOGICAL has against a schema, and against what it follows."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from headwater.registry.formats.format import Source
from headwater.registry.formats.jobs import Compared, FitTables, FollowInTables, done
from headwater.registry.levels import CompatibilityLevel

CASES = Path(__file__).with_name("policy.cases")


@dataclass
class Case:
    line: int
    level: CompatibilityLevel
    schemas: list[tuple[str, Source]] = field(default_factory=list)
    verdict: list[str] = field(default_factory=list)

    @property
    def told(self) -> list[str]:
        (kind, new), *old = self.schemas
        found = [*_found(FitTables(type=kind, source=new))]
        for old_kind, each in old if self.level.is_transitive else old[-1:]:
            backward, forward = self.level.is_backward, self.level.is_forward
            found += _found(
                FollowInTables(type=kind, source=new, old_type=old_kind, old=each, backward=backward, forward=forward)
            )
        return found


def _found(job: FitTables | FollowInTables) -> tuple[str, ...]:
    answer = done(job)
    assert isinstance(answer, Compared), answer
    return answer.found


def cases() -> list[Case]:
    found: list[Case] = []
    for number, line in enumerate(CASES.read_text(encoding="utf-8").splitlines(), start=1):
        word, _, rest = line.partition(" ")
        match word:
            case "level:":
                found.append(Case(number, CompatibilityLevel(rest)))
            case "new:" | "old:":
                kind, _, text = rest.partition(" ")
                found[-1].schemas.append((kind, Source(text=text)))
            case "!":
                found[-1].verdict.append(rest)
            case "+":
                found[-1].verdict[-1] += f"\n{rest}"
            case "" if rest:
                name, _, text = rest.strip().partition(": ")
                kind, source = found[-1].schemas[-1]
                found[-1].schemas[-1] = (kind, Source(text=source.text, references={**source.references, name: text}))
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"line {case.line}")
def test_the_verdict_is_confluents(case: Case) -> None:
    assert case.told == case.verdict
