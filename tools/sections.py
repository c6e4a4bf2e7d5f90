"""Runs every check in sections, and prints how long each took against its budget.

A suite that slowly becomes too long to run before every commit is one that nobody runs. So each section has a budget,
in seconds on two cores, and a section that takes twice its own fails the run like a broken test: the choice between
making it faster and giving it more time is then made by someone, in `SECTIONS`, and not by drift. One that hangs is ended.

    python -m tools.sections              every section
    python -m tools.sections static unit  only these
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
NO_TESTS_COLLECTED = 5
HANGS_AFTER_S = 900
HUNG = 124

STATIC_CHECKS = (
    (str(BIN / "ruff"), "format", "--check", "--quiet"),
    (str(BIN / "ruff"), "check", "--quiet"),
    (str(BIN / "mypy"), "--no-error-summary"),
    (str(BIN / "lint-imports"), "--no-cache"),
    (sys.executable, "-m", "tools.tidy"),
)
OTHER_TESTS = ("contracts", "registry", "simulation", "e2e", "conformance", "kill")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a section did: how many tests passed, failed and were skipped, in how many seconds."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    name: str
    budget: int
    run: Callable[[], Outcome]


def check_statically() -> Outcome:
    """All at once, for mypy alone takes as long as the rest; each prints when those before it are through."""
    running = [(command, start(command)) for command in STATIC_CHECKS]
    failed = 0
    for command, process in running:
        output, _ = process.communicate()
        if process.returncode != 0:
            failed += 1
            print(f"$ {' '.join(shown(command))}\n{output}")
    return Outcome(passed=len(running) - failed, failed=failed)


def start(command: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def shown(command: Sequence[str]) -> Iterator[str]:
    """A command as a person would type it: programs by name, not by path."""
    program, *arguments = command
    yield Path(program).name
    yield from arguments


def pytest(*folders: str, ignoring: Sequence[str] = ()) -> Callable[[], Outcome]:
    """Runs those of `folders` that exist. What needs another language, or too long, is left to `make conformance`."""

    def run() -> Outcome:
        here = [folder for folder in folders if (ROOT / folder).is_dir()]
        if not here:
            return Outcome()
        ignored = [f"--ignore={folder}" for folder in ignoring]
        chosen = ["-m", "not java and not go and not node and not long"]
        return run_pytest([*here, *ignored, *chosen])

    return run


def run_pytest(arguments: Sequence[str]) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-n", "2", f"--junitxml={report}", *arguments]
        # Sets and dictionaries of strings then have one order in every run: a seed must lead to one trace.
        status = status_of(command, environment=os.environ | {"PYTHONHASHSEED": "0"})
        outcome = counted(report) if report.exists() else Outcome()
    broke_without_a_failure = status not in {0, NO_TESTS_COLLECTED} and not outcome.failed
    return replace(outcome, failed=1) if broke_without_a_failure else outcome


def status_of(command: Sequence[str], *, environment: Mapping[str, str]) -> int:
    try:
        return subprocess.run(command, cwd=ROOT, env=environment, timeout=HANGS_AFTER_S, check=False).returncode
    except subprocess.TimeoutExpired:
        print(f"ended after {HANGS_AFTER_S} s: something in it hangs")
        return HUNG


def counted(report: Path) -> Outcome:
    suites = ET.parse(report).getroot().iter("testsuite")
    outcome = Outcome()
    for suite in suites:
        tests, failed, skipped = (int(suite.get(name, "0")) for name in ("tests", "failures", "skipped"))
        failed += int(suite.get("errors", "0"))
        outcome = Outcome(
            passed=outcome.passed + tests - failed - skipped,
            failed=outcome.failed + failed,
            skipped=outcome.skipped + skipped,
        )
    return outcome


SECTIONS = (
    Section(name="static", budget=60, run=check_statically),
    Section(name="unit", budget=150, run=pytest("tests", ignoring=[f"tests/{folder}" for folder in OTHER_TESTS])),
    Section(name="contracts", budget=120, run=pytest("tests/contracts")),
    Section(name="registry", budget=120, run=pytest("tests/registry")),
    Section(name="simulation", budget=140, run=pytest("tests/simulation")),
    Section(name="processes", budget=240, run=pytest("tests/e2e", "tests/conformance")),
    Section(name="kill", budget=60, run=pytest("tests/kill")),
)


def timed(section: Section) -> Outcome:
    print(f"\n== {section.name}", flush=True)
    began = time.monotonic()
    outcome = section.run()
    return judged(section, replace(outcome, seconds=time.monotonic() - began))


def judged(section: Section, outcome: Outcome) -> Outcome:
    """A section at twice its budget has failed, as if a test in it had."""
    return replace(outcome, failed=outcome.failed + 1) if outcome.seconds > 2 * section.budget else outcome


def table(rows: Sequence[tuple[Section, Outcome]]) -> Iterator[str]:
    yield f"{'section':<12}{'budget s':>10}{'took s':>10}{'passed':>10}{'failed':>10}{'skipped':>10}"
    for section, outcome in rows:
        counts = f"{outcome.passed:>10}{outcome.failed:>10}{outcome.skipped:>10}"
        slow = "   over twice its budget" if outcome.seconds > 2 * section.budget else ""
        yield f"{section.name:<12}{section.budget:>10}{outcome.seconds:>10.1f}{counts}{slow}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.sections", description="Run the checks, section by section.")
    parser.add_argument("sections", nargs="*", metavar="section", help=", ".join(each.name for each in SECTIONS))
    parser.add_argument("--installed-in", type=float, metavar="SECONDS", help="what `make` took to install")
    options = parser.parse_args()
    if unknown := [name for name in options.sections if name not in {each.name for each in SECTIONS}]:
        parser.error(f"no such section: {', '.join(unknown)}")

    rows = []
    if options.installed_in is not None:
        install = Section(name="install", budget=90, run=Outcome)
        rows.append((install, judged(install, Outcome(seconds=options.installed_in))))
    chosen = [each for each in SECTIONS if not options.sections or each.name in options.sections]
    rows += [(section, timed(section)) for section in chosen]
    return conclude(rows)


def conclude(rows: Sequence[tuple[Section, Outcome]]) -> int:
    """Prints the table and, alone on the last line, the sum. A run in which nothing ran is not a success."""
    passed = sum(outcome.passed for _, outcome in rows)
    failed = sum(outcome.failed for _, outcome in rows)
    print("", *table(rows), "", sep="\n")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
