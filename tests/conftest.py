"""What all tests share: how Hypothesis draws, which seeds the simulation runs, and what conformance is.

Hypothesis is derandomised, so that a run says something about the code and not about the day. A profile with more
examples is one word away: `--hypothesis-profile=thorough`.
"""

from itertools import chain

import pytest
from hypothesis import HealthCheck, settings

ONE_CORE_MAY_BE_BUSY = [HealthCheck.too_slow]

settings.register_profile(
    "house", derandomize=True, max_examples=50, deadline=None, database=None, suppress_health_check=ONE_CORE_MAY_BE_BUSY
)
settings.register_profile(
    "thorough", max_examples=2_000, deadline=None, suppress_health_check=ONE_CORE_MAY_BE_BUSY, print_blob=True
)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("simulation")
    group.addoption("--seeds", type=int, default=200, help="how many seeds each simulation test runs")
    group.addoption("--seed", type=int, action="append", default=[], help="run this seed alone (may be given again)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes a `seed` runs once for each, unless it lists its own, or takes only one in so many of them."""
    own = chain.from_iterable(_names(mark) for mark in metafunc.definition.iter_markers("parametrize"))
    if "seed" in metafunc.fixturenames and "seed" not in own:
        one_in = next((mark.args[0] for mark in metafunc.definition.iter_markers("one_seed_in")), 1)
        seeds = range(0, metafunc.config.getoption("seeds"), one_in)
        metafunc.parametrize("seed", metafunc.config.getoption("seed") or seeds)


def pytest_itemcollected(item: pytest.Item) -> None:
    """What `make conformance` adds to the real clients is chosen by marks, from wherever it lies."""
    if "conformance" in item.path.parts:
        item.add_marker("conformance")


def _names(parametrize: pytest.Mark) -> list[str]:
    names = parametrize.args[0] if parametrize.args else parametrize.kwargs["argnames"]
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
