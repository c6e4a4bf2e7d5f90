"""The producer, consumer and Admin of Apache Kafka 4.4.0, which send the newest version of every request.

The jobs are Java, one program each below `java/`: a job ends at the first check that does not hold, and says which passed.
"""

import subprocess
from pathlib import Path

import pytest
from tests.e2e.process import Process
from tools.apache_kafka import Release

pytestmark = pytest.mark.java

JOBS = Path(__file__).parent / "java"
DEADLINE_S = 300


@pytest.mark.parametrize(("job", "checks"), [("AdminJob.java", 16), ("RecordJob.java", 28)])
def test_every_check_of_the_job_passes(kafka_4_4: Release, broker: Process, job: str, checks: int) -> None:
    command = kafka_4_4.java(str(JOBS / job), broker.bootstrap)
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed: ") == checks
