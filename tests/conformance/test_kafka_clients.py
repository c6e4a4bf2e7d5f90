"""The producer, consumer and Admin of Apache Kafka 4.4.0, which send the newest version of every request; older
clients, down to 2.1, the oldest that Apache Kafka 4 serves; and Kafka Streams.

The jobs are Java, one program each below `java/`: a job ends at the first check that does not hold, and says which passed.
"""

import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from tests.conformance.conftest import available
from tests.e2e.process import BRISK, QUICK, Process, start
from tools.apache_kafka import Release

pytestmark = pytest.mark.java

JOBS = Path(__file__).parent / "java"
DEADLINE_S = 300


@pytest.mark.parametrize(
    ("job", "checks"),
    [
        ("AdminJob.java", 19),
        ("RecordJob.java", 26),
        ("TransactionJob.java", 5),
        ("ShareJob.java", 6),
        ("LockJob.java", 4),
    ],
)
def test_every_check_of_the_job_passes(kafka_4_4: Release, broker: Process, job: str, checks: int) -> None:
    assert passed(kafka_4_4, job, broker.bootstrap) == checks


def test_groups_of_the_newer_protocol_pass_every_check(kafka_4_4: Release, tmp_path: Path) -> None:
    brisk = start(tmp_path / "data", {**QUICK, **BRISK})
    try:
        assert passed(kafka_4_4, "GroupJob.java", brisk.bootstrap) == 9
    finally:
        assert brisk.stop() == 0, brisk.log_tail()


def test_what_the_newest_client_pushed_is_shown(kafka_4_4: Release, broker: Process) -> None:
    command = kafka_4_4.java(str(JOBS / "MetricsJob.java"), broker.bootstrap)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watched:
        line = pushed(broker, "kafka_client_producer_connection_creation_total")
        out, _ = watched.communicate(timeout=DEADLINE_S)
    assert (watched.returncode, out.count("passed: ")) == (0, 2), out
    assert 'client_id="watched",client_software_name="apache-kafka-java",client_software_version="4.4.0"' in line


def pushed(broker: Process, metric: str) -> str:
    """The line that the broker shows of it, as soon as a client has pushed it."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        with urlopen(f"http://127.0.0.1:{broker.admin_port}/metrics", timeout=DEADLINE_S) as page:
            lines = page.read().decode().splitlines()
        for line in lines:
            if line.startswith(f'{metric}{{client_instance_id="'):
                return str(line)
        assert time.monotonic() < deadline, f"nobody pushed {metric}"


@pytest.mark.parametrize("version", ["2.1.1", "2.8.2", "3.9.1"])
def test_old_clients_do_their_job(broker: Process, version: str) -> None:
    release = available(Release(version=version, artifacts=("kafka-clients",)))
    assert passed(release, "OldClientJob.java", broker.bootstrap) == 8


def test_a_streams_application_counts_and_restores_what_it_counted(
    kafka_4_3: Release, broker: Process, tmp_path: Path
) -> None:
    assert passed(kafka_4_3, "StreamsJob.java", broker.bootstrap, str(tmp_path)) == 2


def passed(release: Release, job: str, *arguments: str) -> int:
    """How many checks the job says that it passed."""
    command = release.java(str(JOBS / job), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.count("passed: ")
