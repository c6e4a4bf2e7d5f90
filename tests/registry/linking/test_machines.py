"""Which exporters there are, and how far each is."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.registry.encryption.keys import NOON, Kept

from headwater.kernel.units import Timestamp
from headwater.registry.errors import (
    ExporterExists,
    ExporterNotFound,
    ExporterNotPaused,
    ExporterRunning,
    ExporterStarting,
    TooManyExporters,
    UnreadableRecord,
)
from headwater.registry.linking.codec import LinkCodec
from headwater.registry.linking.exporters import Exporters
from headwater.registry.linking.records import BARRIER, Exporter, ExporterKey, LinkRecord, Progress, RunState
from headwater.registry.linking.requests import Advance, DropExporter, Forget, Pause, PutExporter, Reset, Resume
from headwater.registry.linking.states import ExporterStates

E = Exporter(name="e", config={"schema.registry.url": "http://there"})


@pytest.fixture
def exporters() -> Kept:
    return Kept(Exporters(exporters_max=2))


@pytest.fixture
def states() -> Kept:
    return Kept(ExporterStates())


def asked(kind: Any, **more: Any) -> Any:
    return kind(name="e", created=NOON, **more)


def advance(state: RunState = RunState.RUNNING, offset: int = 5, trace: str = "") -> Advance:
    return Advance(name="e", created=NOON, state=state, offset=offset, trace=trace)


class TestExporters:
    def test_each_name_is_given_once(self, exporters: Kept) -> None:
        assert exporters.ask(PutExporter(exporter=E)).created == NOON
        assert exporters.ask(PutExporter(exporter=E)) == ExporterExists("e")

    def test_there_is_a_most(self, exporters: Kept) -> None:
        for name in "ab":
            exporters.ask(PutExporter(exporter=Exporter(name=name)))
        assert exporters.ask(PutExporter(exporter=E)) == TooManyExporters(2)

    def test_a_changed_one_stays_the_same_one(self, exporters: Kept) -> None:
        old = exporters.ask(PutExporter(exporter=E))
        new = exporters.ask(PutExporter(exporter=Exporter(name="e", context="c"), old=old))
        assert (new.context, new.created) == ("c", old.created)

    def test_one_that_is_gone_is_not_changed(self, exporters: Kept) -> None:
        assert exporters.ask(PutExporter(exporter=E, old=E)) == ExporterNotFound("e")
        assert exporters.ask(DropExporter(name="e")) == ExporterNotFound("e")
        exporters.ask(PutExporter(exporter=E))
        assert exporters.ask(PutExporter(exporter=E, old=E)) == ExporterNotFound("e")
        assert exporters.ask(DropExporter(name="e")) is None
        assert not exporters.machine.by_name


class TestStates:
    def test_one_of_which_nothing_is_said_is_starting(self, states: Kept) -> None:
        assert states.machine.of("e", NOON) == Progress(created=NOON)

    def test_it_can_be_paused_at_any_time_and_goes_on_from_there(self, states: Kept) -> None:
        states.ask(advance())
        assert states.ask(asked(Pause)).state is RunState.PAUSED
        states.ask(asked(Pause))
        assert not states.written
        assert states.ask(asked(Resume)) == Progress(offset=5, ts=NOON, created=NOON)

    def test_what_runs_is_not_resumed(self, states: Kept) -> None:
        assert states.ask(asked(Resume)) == ExporterStarting("e")
        states.ask(advance())
        assert states.ask(asked(Resume)) == ExporterRunning("e")
        states.ask(advance(RunState.ERROR, trace="why"))
        assert states.ask(asked(Resume)).trace == ""

    def test_what_runs_is_not_reset(self, states: Kept) -> None:
        states.ask(advance())
        assert states.ask(asked(Reset)) == ExporterNotPaused("e")
        states.ask(asked(Pause))
        assert states.ask(asked(Reset)) == Progress(state=RunState.PAUSED, ts=NOON, created=NOON)

    def test_what_a_paused_one_still_says_counts_for_nothing(self, states: Kept) -> None:
        states.ask(asked(Pause))
        assert states.ask(advance()).state is RunState.PAUSED
        assert not states.written

    def test_only_news_are_written(self, states: Kept) -> None:
        states.ask(advance())
        states.ask(advance())
        assert not states.written

    def test_what_was_said_of_another_of_its_name_counts_for_nothing(self, states: Kept) -> None:
        states.ask(advance())
        later = Timestamp(NOON + 1)
        assert states.machine.of("e", later) == Progress(created=later)

    def test_what_is_gone_is_forgotten(self, states: Kept) -> None:
        states.ask(advance())
        assert states.ask(Forget(name="e")) is None
        assert not states.machine.by_name
        states.ask(Forget(name="e"))
        assert not states.written


REQUESTS = st.one_of(
    st.sampled_from([asked(Pause), asked(Resume), asked(Reset), Forget(name="e")]),
    st.builds(advance, st.sampled_from(RunState), st.integers(0, 9), st.sampled_from(["", "why"])),
)


@given(st.lists(REQUESTS))
def test_a_snapshot_replays_to_the_same(requests: list[Any]) -> None:
    states, again, codec = Kept(ExporterStates()), ExporterStates(), LinkCodec(Progress)
    for each in requests:
        states.ask(each)
    for record in states.machine.snapshot():
        again.replay(codec.decode(*codec.encode(record), NOON))
    assert again.by_name == states.machine.by_name


class TestCodec:
    def test_an_exporter_is_written_with_the_names_of_the_api(self) -> None:
        codec, record = LinkCodec(Exporter), LinkRecord(key=ExporterKey(name="e"), value=E)
        key, value = codec.encode(record)
        assert key == b'{"tenant":"default","name":"e"}'
        assert value is not None
        assert b'"contextType":"AUTO"' in value
        assert b'"subjects":["*"]' in value
        assert codec.decode(key, value, NOON) == record

    def test_a_barrier_says_nothing(self) -> None:
        codec, exporters = LinkCodec(Exporter), Exporters()
        exporters.replay(codec.decode(*codec.encode(BARRIER), NOON))
        assert not exporters.by_name

    @pytest.mark.parametrize(("key", "value"), [(None, b"{}"), (b"", None), (b"{}", None), (b'{"name":"e"}', b"[]")])
    def test_what_is_no_record_is_told_as_that(self, key: bytes | None, value: bytes | None) -> None:
        with pytest.raises(UnreadableRecord):
            LinkCodec(Exporter).decode(key, value, NOON)
