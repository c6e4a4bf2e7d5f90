"""Where epochs begin and end, as OffsetForLeaderEpoch asks for it."""

from headwater.log.epochs import Epochs
from headwater.log.port import EpochEnd, EpochStart
from headwater.wire.types import LeaderEpoch, Offset


def epochs(*pairs: tuple[int, int]) -> Epochs:
    return Epochs(EpochStart(epoch=LeaderEpoch(epoch), start=Offset(start)) for epoch, start in pairs)


def pairs(of: Epochs) -> list[tuple[int, int]]:
    return [(entry.epoch, entry.start) for entry in of.entries]


def end(epoch: int, at: int) -> EpochEnd:
    return EpochEnd(epoch=LeaderEpoch(epoch), end=Offset(at))


def test_an_epoch_ends_where_the_next_one_begins_and_the_latest_at_the_end():
    known = epochs((1, 0), (3, 10), (4, 20))
    assert known.end_of(LeaderEpoch(1), Offset(25)) == end(1, 10)
    assert known.end_of(LeaderEpoch(2), Offset(25)) == end(1, 10)
    assert known.end_of(LeaderEpoch(3), Offset(25)) == end(3, 20)
    assert known.end_of(LeaderEpoch(4), Offset(25)) == end(4, 25)
    assert known.end_of(LeaderEpoch(5), Offset(25)) is None
    assert Epochs().end_of(LeaderEpoch(0), Offset(25)) is None


def test_an_epoch_whose_records_are_gone_ended_where_the_oldest_begins():
    assert epochs((3, 10), (4, 20)).end_of(LeaderEpoch(1), Offset(25)) == end(1, 10)


def test_the_same_epoch_again_is_no_news():
    known = epochs((1, 0))
    assert not known.assign(LeaderEpoch(1), Offset(5))
    assert known.assign(LeaderEpoch(2), Offset(5))
    assert pairs(known) == [(1, 0), (2, 5)]


def test_an_epoch_in_which_nothing_was_written_is_replaced():
    assert pairs(epochs((1, 0), (2, 5), (3, 5))) == [(1, 0), (3, 5)]


def test_each_offset_has_its_epoch():
    known = epochs((1, 5), (2, 10))
    assert [known.at(Offset(offset)) for offset in (4, 5, 9, 10, 99)] == [None, 1, 1, 2, 2]


def test_trimming_moves_the_entry_that_holds_the_start():
    known = epochs((1, 0), (2, 10), (3, 20))
    assert known.truncate_start(Offset(15))
    assert pairs(known) == [(2, 15), (3, 20)]
    assert not known.truncate_start(Offset(15))
    assert known.truncate_start(Offset(20))
    assert pairs(known) == [(3, 20)]


def test_truncating_the_end_drops_what_began_there_or_later():
    known = epochs((1, 0), (2, 10), (3, 20))
    assert known.truncate_end(Offset(10))
    assert pairs(known) == [(1, 0)]
    assert not known.truncate_end(Offset(10))
