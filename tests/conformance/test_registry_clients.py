"""Confluent's registry clients for JavaScript and Go against `headwater up`; the programs are below `node_registry/` and `go_registry/`."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conformance.conftest import need
from tests.e2e.registry.stack import Stack, headwater_up

HERE = Path(__file__).parent
DEADLINE_S = 600
"""Installing their libraries included."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with headwater_up(tmp_path_factory.mktemp("up")) as stack:
        yield stack


@pytest.mark.node
def test_javascript(stack: Stack, tmp_path: Path) -> None:
    need("node", "npm")
    folder = shutil.copytree(HERE / "node_registry", tmp_path / "node")
    run(stack, folder, "npm", "ci", "--no-audit", "--no-fund")
    run(stack, folder, "node", "--test", "registry.test.js")


@pytest.mark.go
def test_go(stack: Stack) -> None:
    need("go")
    run(stack, HERE / "go_registry", "go", "test", "-count=1", "./...")


def run(stack: Stack, folder: Path, *command: str) -> None:
    told = os.environ | {"REGISTRY": stack.registry}
    ran = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
