"""kafkajs, a client that shares no line with any other: admin, producer and a group of consumers. The job is JavaScript, below `node/`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conformance.conftest import need
from tests.e2e.process import Process

pytestmark = pytest.mark.node

PROGRAM = Path(__file__).parent / "node"
INSTALL_DEADLINE_S = 120
DEADLINE_S = 180


def test_the_job_of_kafkajs_is_done(broker: Process, tmp_path: Path) -> None:
    need("node", "npm")
    folder = shutil.copytree(PROGRAM, tmp_path / "node")
    install = ["npm", "ci", "--no-audit", "--no-fund"]
    installed = subprocess.run(
        install, cwd=folder, capture_output=True, text=True, timeout=INSTALL_DEADLINE_S, check=False
    )
    assert installed.returncode == 0, installed.stderr
    job = subprocess.run(
        ["node", "--test", "job.test.js"],
        cwd=folder,
        env=os.environ | {"BOOTSTRAP": broker.bootstrap, "KAFKAJS_NO_PARTITIONER_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert job.returncode == 0, job.stdout + job.stderr
