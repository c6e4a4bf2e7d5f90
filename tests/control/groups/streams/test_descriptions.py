"""Which descriptions of topologies are kept, and how often they are asked for."""

from itertools import pairwise

from headwater.control.groups.streams.descriptions import ALL_MAX_BYTES, ONE_MAX_BYTES, Descriptions
from headwater.kernel.units import HOUR_MS
from headwater.wire.messages.streams_group_topology_description_update_request import (
    TopologyDescription,
    TopologyDescriptionNode,
    TopologyDescriptionSubtopology,
)


def of_bytes(size: int) -> TopologyDescription:
    node = TopologyDescriptionNode(name="x" * size)
    return TopologyDescription(subtopologies=(TopologyDescriptionSubtopology(nodes=(node,)),))


def test_a_description_counts_for_its_epoch_alone() -> None:
    kept = Descriptions()
    assert kept.keep("g", 1, of_bytes(1))
    assert kept.of("g", 1) == of_bytes(1)
    assert kept.of("g", 2) is None
    kept.forget("g")
    assert kept.of("g", 1) is None


def test_it_is_asked_for_ever_less_often_until_it_is_there() -> None:
    kept = Descriptions()
    asked = [second for second in range(0, 20_000, 10) if kept.asks("g", 1, second * 1_000)]
    assert asked[:5] == [0, 30, 90, 210, 450]
    assert max(other - one for one, other in pairwise(asked)) * 1_000 <= HOUR_MS
    assert kept.asks("g", 2, 0), "another epoch is another description"
    kept.keep("g", 2, of_bytes(1))
    assert not kept.asks("g", 2, 10**9)


def test_one_that_is_too_large_is_not_asked_for_again() -> None:
    kept = Descriptions()
    assert not kept.keep("g", 1, of_bytes(ONE_MAX_BYTES))
    assert not kept.asks("g", 1, 0)


def test_all_together_have_a_bound() -> None:
    kept = Descriptions()
    large = of_bytes(ONE_MAX_BYTES - 1_000)
    groups = [f"g{number}" for number in range(ALL_MAX_BYTES // ONE_MAX_BYTES + 1)]
    outcomes = [kept.keep(each, 1, large) for each in groups]
    assert outcomes[:-1] == [True] * (len(groups) - 1)
    assert not outcomes[-1]
    kept.forget(groups[0])
    assert kept.keep(groups[-1], 1, large)
