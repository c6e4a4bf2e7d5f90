"""What must be true of transactions when all is over: nothing is lost, comes twice, was seen too early, or only in part."""

from collections.abc import Iterable
from itertools import pairwise

from tests.simulation.broker.checks import assert_commits_stay
from tests.simulation.broker.history import TopicPartition
from tests.simulation.transactions.ledger import (
    FLOWS,
    SOURCES,
    Attempt,
    Fate,
    Flow,
    Ledger,
    Seen,
    output_key,
    state_key,
)
from tests.simulation.transactions.readers import CommittedReader


def check_transactions(ledger: Ledger, readers: Iterable[CommittedReader]) -> None:
    assert_transactions_are_whole(ledger)
    assert_transactions_end_as_told(ledger)
    assert_readers_saw_what_is_left(ledger, readers)
    assert_input_is_kept(ledger)
    for flow in FLOWS:
        assert_each_input_comes_through_once(ledger, flow)
        assert_offsets_say_what_came_through(ledger, flow)
    assert_commits_stay(ledger.history)


def assert_transactions_are_whole(ledger: Ledger) -> None:
    """In every sink all of one transaction, or nothing."""
    for attempt in ledger.attempts.values():
        whole = [output_key(attempt.source, offset) for offset in attempt.offsets]
        found = [
            [each.key for each in ledger.left[sink] if each.value == attempt.name.encode()]
            for sink in attempt.flow.sinks
        ]
        assert all(each == whole for each in found) or not any(found), f"fractured: {attempt}: {found}"


def assert_transactions_end_as_told(ledger: Ledger) -> None:
    for place, records in ledger.left.items():
        visible = dict.fromkeys(_attempt(ledger, each).name for each in records)
        for attempt in ledger.attempts.values():
            if place in attempt.flow.sinks:
                is_there = attempt.name in visible
                assert is_there or attempt.fate is not Fate.COMMITTED, f"lost: {attempt} in {place}"
                assert not is_there or attempt.fate is not Fate.NEVER, f"dirty: {attempt} in {place}"


def assert_readers_saw_what_is_left(ledger: Ledger, readers: Iterable[CommittedReader]) -> None:
    """Exactly that, as far as they came: a record that appears behind a reader's back is one that it missed."""
    for reader in readers:
        for place, seen in reader.seen.items():
            left = ledger.left[place][: len(seen)]
            assert seen == left, f"{place}: a reader saw {_difference(seen, left)}"


def assert_input_is_kept(ledger: Ledger) -> None:
    for each in ledger.history.acknowledged:
        values = {record.offset: record.value for record in ledger.inputs[each.batch.place]}
        if each.base_offset >= 0:
            assert values.get(each.base_offset) == each.batch.label, f"lost: {each}"


def assert_each_input_comes_through_once(ledger: Ledger, flow: Flow) -> None:
    """In order, and nothing is left out. Two transactions that pass on the same would show here, too."""
    for source in SOURCES:
        expected = [output_key(source, each.offset) for each in ledger.inputs[source]]
        for sink in flow.sinks:
            keys = [each.key for each in ledger.left[sink] if _attempt(ledger, each).source == source]
            offsets = [int(key.split()[1]) for key in keys]
            for one, other in pairwise(offsets):
                assert one < other, f"twice or out of order: {one} and {other} of {source} in {sink}"
            assert keys == expected, f"lost: of {source} in {sink}: {sorted({*expected} - {*keys})}"


def assert_offsets_say_what_came_through(ledger: Ledger, flow: Flow) -> None:
    for source in SOURCES:
        end = _end(ledger.inputs[source])
        assert ledger.committed[flow].get(source, 0) == end, f"{flow.group} has {ledger.committed[flow]}, not {end}"
        state = ledger.state.get(state_key(flow, source))
        value = int(state.value or b"0") if state else 0
        assert value == end, f"the state of {flow.group} says {value} for {source}, not {end}"


def _attempt(ledger: Ledger, record: Seen) -> Attempt:
    return ledger.attempts[(record.value or b"").decode()]


def _end(inputs: list[Seen]) -> int:
    return inputs[-1].offset + 1 if inputs else 0


def _difference(seen: list[Seen], left: list[Seen]) -> str:
    for one, other in zip(seen, left, strict=False):
        if one != other:
            return f"{one} where {other} is"
    return f"{len(seen)} records where {len(left)} are"


def places(flows: Iterable[Flow] = FLOWS) -> list[TopicPartition]:
    return [sink for flow in flows for sink in flow.sinks]
