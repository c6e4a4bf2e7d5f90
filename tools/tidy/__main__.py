"""Checks every file that git knows, or would know, against the table of rules: `python -m tools.tidy`."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.tidy.allowed import Report, read_allowances, without_allowed
from tools.tidy.rules import RULES
from tools.tidy.source import Source

ROOT = Path(__file__).parent.parent.parent
ALLOWED = "tools/tidy_allow.toml"


def tracked_files() -> frozenset[str]:
    """Files in git and new ones that it does not ignore, so that a finding comes before the commit and not after."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return frozenset(path for path in listed.split("\0") if path and (ROOT / path).is_file())


def sources(paths: frozenset[str]) -> Iterator[Source]:
    """The text among `paths`; what is not UTF-8 is data."""
    for path in sorted(paths):
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield Source(path=path, text=text, repository=paths)


def reports() -> Iterator[Report]:
    for source in sources(tracked_files()):
        for entry in RULES:
            for finding in entry.check(source):
                yield Report(rule=entry.name, path=source.path, finding=finding)


def main() -> int:
    remaining = list(without_allowed(reports(), read_allowances(ROOT / ALLOWED), listed_in=ALLOWED))
    for report in remaining:
        print(report)
    return 1 if remaining else 0


if __name__ == "__main__":
    sys.exit(main())
