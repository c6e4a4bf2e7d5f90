"""One broker process for all tests of a run, and each of the three libraries over it."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from tests.conformance.clients.aio import Aio
from tests.conformance.clients.confluent import Confluent
from tests.conformance.clients.kafka_python import KafkaPython
from tests.conformance.clients.port import Admin, Library, Reader
from tests.e2e.process import QUICK, Process, start

LIBRARIES = {each.name: each for each in (Confluent, Aio, KafkaPython)}
_numbers = count()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    process = start(tmp_path_factory.mktemp("broker") / "data", QUICK)
    yield process
    assert process.stop() == 0, process.log_tail()


@pytest.fixture(params=LIBRARIES)
def library(broker: Process, request: pytest.FixtureRequest) -> Library:
    return LIBRARIES[request.param](broker.bootstrap)


@pytest.fixture
def admin(library: Library) -> Iterator[Admin]:
    asking = library.admin()
    yield asking
    asking.close()


@pytest.fixture
def reader(library: Library) -> Iterator[Reader]:
    """One without a group of its own."""
    reading = library.reader()
    yield reading
    reading.close()


@pytest.fixture
def name() -> Callable[[], str]:
    """A name that nobody had before, for topics and groups."""
    return lambda: f"name-{next(_numbers)}"


@pytest.fixture
def topic(admin: Admin, name: Callable[[], str]) -> str:
    """A new topic with one partition."""
    new = name()
    admin.create(new)
    return new
