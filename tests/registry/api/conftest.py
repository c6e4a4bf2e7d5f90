"""Each test has a registry of its own, which is empty."""

from collections.abc import Iterator

import pytest
from tests.registry.registry_client import Registry, registry


@pytest.fixture
def api() -> Iterator[Registry]:
    with registry() as client:
        yield client
