"""From what an application says of its topology, and the topics that exist, to tasks and topics to be made."""

from collections.abc import Sequence

import pytest

from headwater.control.groups.streams.configuring import ConfiguredTopology, Status, configure
from headwater.control.groups.streams.errors import InvalidTopology
from headwater.wire.records.streams_group_topology_value import (
    CopartitionGroup,
    StreamsGroupTopologyValue,
    Subtopology,
    TopicConfig,
    TopicInfo,
)


def part(
    name: str,
    *,
    reads: Sequence[str] = (),
    again: Sequence[TopicInfo | str] = (),
    into: Sequence[str] = (),
    logs: Sequence[str] = (),
    joined: Sequence[CopartitionGroup] = (),
) -> Subtopology:
    return Subtopology(
        subtopology_id=name,
        source_topics=tuple(reads),
        repartition_source_topics=tuple(TopicInfo(name=e) if isinstance(e, str) else e for e in again),
        repartition_sink_topics=tuple(into),
        state_changelog_topics=tuple(TopicInfo(name=each) for each in logs),
        copartition_groups=tuple(joined),
    )


def configured(*parts: Subtopology, **topics: int) -> ConfiguredTopology:
    outcome = configure(StreamsGroupTopologyValue(epoch=1, subtopologies=parts), lambda name: topics.get(name, 0))
    assert isinstance(outcome, ConfiguredTopology)
    return outcome


def refused(*parts: Subtopology, **topics: int) -> str:
    outcome = configure(StreamsGroupTopologyValue(epoch=1, subtopologies=parts), lambda name: topics.get(name, 0))
    assert isinstance(outcome, InvalidTopology)
    return str(outcome)


def problem(*parts: Subtopology, **topics: int) -> Status:
    note = configured(*parts, **topics).problem
    assert note is not None
    return note.status


WORDS = (
    part("0", reads=["lines"], into=["again"]),
    part("1", again=["again"], logs=["counts"]),
)


def test_a_word_count_needs_its_repartition_topic_and_its_changelog() -> None:
    found = configured(*WORDS, lines=3)
    assert found.problem is not None
    assert found.problem.status is Status.MISSING_INTERNAL_TOPICS
    assert found.problem.detail == "Internal topics are missing: again, counts"
    assert {each.name: each.partitions for each in found.missing} == {"again": 3, "counts": 3}
    assert {name: each.tasks for name, each in found.subtopologies.items()} == {"0": 3, "1": 3}


def test_it_is_ready_when_these_are_there() -> None:
    found = configured(*WORDS, lines=3, again=3, counts=3)
    assert found.is_ready
    assert [each.is_stateful for each in found.specs()] == [False, True]


def test_it_waits_for_its_source_topics() -> None:
    found = configured(*WORDS)
    assert found.problem is not None
    assert found.problem.status is Status.MISSING_SOURCE_TOPICS
    assert found.problem.detail == "Source topics lines are missing."
    assert found.missing == ()


def test_an_internal_topic_with_another_number_of_partitions_can_not_be_used() -> None:
    assert problem(*WORDS, lines=3, again=2) is Status.INCORRECTLY_PARTITIONED_TOPICS


def test_the_widest_source_decides_how_many_tasks_there_are() -> None:
    found = configured(part("0", reads=["a", "b"], logs=["log"]), a=2, b=5)
    assert found.subtopologies["0"].tasks == 5
    assert [each.partitions for each in found.missing] == [5]


def test_repartition_topics_feed_each_other_in_any_order() -> None:
    found = configured(
        part("0", again=["second"], logs=["log"]),
        part("1", again=["first"], into=["second"]),
        part("2", reads=["lines"], into=["first"]),
        lines=4,
    )
    assert {each.partitions for each in found.missing} == {4}


def test_a_loop_is_refused() -> None:
    assert "loop" in refused(part("0", again=["a"], into=["b"]), part("1", again=["b"], into=["a"]))


def test_a_repartition_topic_that_nothing_writes_is_refused() -> None:
    assert "Nothing writes" in refused(part("0", reads=["lines"], again=["a"]), lines=1)


def test_a_subtopology_that_reads_nothing_is_refused() -> None:
    assert "0" in refused(part("0", logs=["log"]))


def test_topics_that_are_joined_need_the_same_number_of_partitions() -> None:
    join = CopartitionGroup(source_topics=(0, 1))
    assert problem(part("0", reads=["a", "b"], joined=[join]), a=2, b=3) is Status.INCORRECTLY_PARTITIONED_TOPICS
    assert configured(part("0", reads=["a", "b"], joined=[join]), a=3, b=3).is_ready


def test_a_repartition_topic_follows_the_topic_that_it_is_joined_with() -> None:
    join = CopartitionGroup(source_topics=(0,), repartition_source_topics=(0,))
    found = configured(
        part("0", reads=["lines"], into=["again"]),
        part("1", reads=["table"], again=["again"], joined=[join]),
        lines=2,
        table=6,
    )
    assert {each.name: each.partitions for each in found.missing} == {"again": 6}


def test_of_repartition_topics_alone_the_widest_decides_unless_one_is_fixed() -> None:
    join = CopartitionGroup(repartition_source_topics=(0, 1))
    feeds = (part("0", reads=["a"], into=["ra"]), part("1", reads=["b"], into=["rb"]))
    wide = configured(*feeds, part("2", again=["ra", "rb"], joined=[join]), a=2, b=5)
    assert {each.partitions for each in wide.missing} == {5}
    fixed = TopicInfo(name="ra", partitions=7)
    narrow = configured(*feeds, part("2", again=[fixed, "rb"], joined=[join]), a=2, b=5)
    assert {each.partitions for each in narrow.missing} == {7}


def test_a_fixed_repartition_topic_must_fit_the_topic_that_it_is_joined_with() -> None:
    join = CopartitionGroup(source_topics=(0,), repartition_source_topics=(0,))
    fixed = TopicInfo(name="again", partitions=2)
    parts = (part("0", reads=["lines"], into=["again"]), part("1", reads=["t"], again=[fixed], joined=[join]))
    assert problem(*parts, lines=1, t=3) is Status.INCORRECTLY_PARTITIONED_TOPICS


def test_internal_topics_keep_the_settings_that_the_application_gives_them() -> None:
    topic = TopicInfo(
        name="again", partitions=2, replication_factor=1, topic_configs=(TopicConfig(key="k", value="v"),)
    )
    found = configured(part("0", reads=["lines"], into=["again"]), part("1", again=[topic]), lines=1)
    only = found.missing[0]
    assert (only.settings, only.replication_factor, only.partitions) == ((("k", "v"),), 1, 2)


@pytest.mark.parametrize("count", [4, 5])
def test_a_long_list_of_missing_topics_is_cut(count: int) -> None:
    note = configured(part("0", reads=[f"t{number}" for number in range(count)])).problem
    assert note is not None
    assert note.detail == f"Source topics t0, t1, t2 and {count - 3} additional topics are missing."
