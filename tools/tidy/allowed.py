"""The few places where a rule gives way, each with its reason, in `tools/tidy_allow.toml`.

An entry names a rule, a path and a piece of what the rule says there. One that allows nothing any more is itself a
finding, so the list only ever gets shorter by itself.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.tidy.source import Finding


@dataclass(frozen=True, kw_only=True)
class Report:
    """A finding in its place, as it is printed."""

    rule: str
    path: str
    finding: Finding

    def __str__(self) -> str:
        return f"{self.path}:{self.finding.line}: {self.finding.says} [{self.rule}]"


@dataclass(frozen=True, kw_only=True)
class Allowance:
    rule: str
    path: str
    reason: str
    says: str = ""

    def covers(self, report: Report) -> bool:
        return (self.rule, self.path) == (report.rule, report.path) and self.says in report.finding.says


def read_allowances(path: Path) -> list[Allowance]:
    return [Allowance(**entry) for entry in tomllib.loads(path.read_text()).get("allow", [])]


def without_allowed(reports: Iterable[Report], allowances: Iterable[Allowance], *, listed_in: str) -> Iterator[Report]:
    """What remains of `reports`, and a report for each allowance that was not needed."""
    unused = list(allowances)
    known = tuple(unused)
    for report in reports:
        covering = [each for each in known if each.covers(report)]
        unused = [each for each in unused if each not in covering]
        if not covering:
            yield report
    for each in unused:
        says = f"nothing in {each.path} needs this allowance of `{each.rule}` any more"
        yield Report(rule="allow", path=listed_in, finding=Finding(line=1, says=says))
