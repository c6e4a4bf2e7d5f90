"""What the conformance tests share: a broker for each file of tests, and the judges, or one line that says what is missing."""

import shutil
from collections.abc import Iterator

import pytest
from tests.e2e.process import Process, start
from tools.apache_kafka import KAFKA_4_3, KAFKA_4_4, KafkaUnavailable, Release


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    process = start(tmp_path_factory.mktemp("broker") / "data")
    try:
        yield process
    finally:
        assert process.stop() == 0, process.log_tail()


@pytest.fixture(scope="session")
def kafka_4_3() -> Release:
    """The newest release that has all of Apache Kafka's tools on Maven Central."""
    return available(KAFKA_4_3)


@pytest.fixture(scope="session")
def kafka_4_4() -> Release:
    """The release whose protocol and folder we speak."""
    return available(KAFKA_4_4)


def available(release: Release) -> Release:
    try:
        release.classpath()
    except KafkaUnavailable as missing:
        pytest.skip(str(missing))
    return release


def need(*programs: str) -> None:
    """Skips the test, and says so, where one is not installed."""
    missing = [each for each in programs if shutil.which(each) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} must be installed")
