"""The pinned dependencies: nothing left out, nothing pinned twice in two ways, no registry named."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / "constraints" / name).read_text()))


def wanted(requirements: list[object]) -> set[str]:
    """The names in a list of requirements, as the constraints spell them; included groups are looked at by themselves."""
    found = (NAME.match(each) for each in requirements if isinstance(each, str))
    return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in found if match}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_what_headwater_runs_on_and_what_builds_it_is_pinned():
    needed = wanted(project()["project"]["dependencies"]) | wanted(project()["dependency-groups"]["build"])
    assert needed <= pins("run.txt").keys()


def test_what_the_tests_need_is_pinned():
    assert wanted(project()["dependency-groups"]["dev"]) <= pins("dev.txt").keys()


def test_tests_run_on_the_versions_that_users_get():
    run, dev = pins("run.txt"), pins("dev.txt")
    assert {name: dev.get(name) for name in run} == run


def test_every_pin_has_its_hashes_and_comes_from_any_registry():
    for name in ("run.txt", "dev.txt"):
        text = (ROOT / "constraints" / name).read_text()
        assert "://" not in text
        assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\S)", text.strip()))
