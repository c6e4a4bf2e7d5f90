"""The tests that franz-go has for itself, against a real broker, as its authors run them against Apache Kafka.

KGO_SEEDS=127.0.0.1:9092 KGO_TEST_RF=1 KGO_TEST_RECORDS=20000 go test github.com/twmb/franz-go/pkg/kgo
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.conformance.conftest import need
from tests.e2e.process import Process

pytestmark = pytest.mark.go

MODULE = Path(__file__).parent / "go"
PACKAGE = "github.com/twmb/franz-go/pkg/kgo"
DEADLINE_S = 500
BUILD_DEADLINE_S = 300
TAIL = 8_000
ENDS = frozenset({"pass", "fail", "skip"})
PRODUCED_AND_CONSUMED = frozenset(
    {
        "TestGroupETL/range",
        "TestGroupETL/cooperative-sticky",
        "TestClient_Produce",
        "TestTxnEtl/range",
        "TestTxnEtl/cooperative-sticky/static",
        "TestGroupETL/sticky/848/static",
        "TestTxnEtl/range/848",
        "TestShareGroupETL",
        "TestShareGroupOffsetsAdmin",
    }
)

SKIPPED: Mapping[str, str] = {
    "TestSCRAMAuth": "no SASL yet",
    "TestSCRAMAuthBadCredentials": "no SASL yet",
    "TestIssueProduceBrokerTooOldFailsRecords": "it is about brokers that list Produce 2 and take it",
}
"""Tests that skip themselves because of what the broker says that it can't do, and what that is."""


class Ran:
    """What became of each test, and what was printed of those that failed."""

    def __init__(self, printed: str) -> None:
        events = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        self.outcomes = {each["Test"]: each["Action"] for each in events if "Test" in each and each["Action"] in ENDS}
        failed = set(self.of("fail"))
        self.shown = "".join(each["Output"] for each in events if each.get("Test") in failed and "Output" in each)

    def of(self, outcome: str) -> list[str]:
        return [test for test, became in self.outcomes.items() if became == outcome]


def test_the_tests_of_franz_go_pass(broker: Process) -> None:
    need("go")
    # Downloaded and compiled beforehand, for that may take longer than the tests.
    compiled = go("test", "-run", "^$", PACKAGE, timeout_s=BUILD_DEADLINE_S)
    assert compiled.returncode == 0, compiled.stderr
    told = {"KGO_SEEDS": broker.bootstrap, "KGO_TEST_RF": "1", "KGO_TEST_RECORDS": "20000", "KGO_LOG_LEVEL": "none"}
    done = go("test", "-count=1", "-json", PACKAGE, environment=told, timeout_s=DEADLINE_S)
    ran = Ran(done.stdout)
    assert done.returncode == 0, f"{sorted(ran.of('fail'))}\n{ran.shown[-TAIL:]}"
    assert sorted(ran.of("skip")) == sorted(SKIPPED)
    assert set(ran.of("pass")) >= PRODUCED_AND_CONSUMED


def go(
    *arguments: str, environment: Mapping[str, str] | None = None, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["go", *arguments],
        cwd=MODULE,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
