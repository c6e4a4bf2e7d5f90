"""Transactions as producers of both protocols live through them."""

from msgspec.structs import replace
from tests.control.transactions.rig import ID, ORDERS, SALES, Rig, adding, who

from headwater.control.transactions.codec import TransactionCodec
from headwater.control.transactions.errors import (
    ConcurrentTransactions,
    InvalidProducerIdMapping,
    InvalidTransactionState,
    InvalidTransactionTimeout,
    NotInTransaction,
    ProducerFenced,
)
from headwater.control.transactions.transaction import State, record_of, tombstone

EXHAUSTED = 2**15 - 2


def exhausted() -> Rig:
    """A producer id whose epochs have run out."""
    rig = Rig()
    rig.init()
    found = rig.machine.get(ID)
    assert found is not None
    value = record_of(found).value
    assert value is not None
    return Rig([replace(record_of(found), value=replace(value, producer_epoch=EXHAUSTED))], ids=200)


def test_a_new_transactional_id_gets_a_producer_id_and_the_first_epoch():
    rig = Rig()
    assert rig.init() == who(101, 0)
    assert rig.state() == "Empty"


def test_whoever_takes_the_id_over_fences_the_producer_before():
    rig = Rig()
    old = rig.init()
    assert rig.init() == who(101, 1)
    assert isinstance(rig.add(old), ProducerFenced)
    assert isinstance(rig.end(old), ProducerFenced)
    assert isinstance(rig.init(expected=old), ProducerFenced)


def test_a_producer_goes_on_after_an_error_and_may_ask_twice():
    rig = Rig()
    old = rig.init()
    assert rig.init(expected=old) == who(101, 1)
    assert rig.init(expected=old) == who(101, 1)


def test_a_producer_that_a_takeover_fenced_is_not_taken_for_one_that_did_not_hear_its_answer():
    rig = Rig()
    oldest = rig.began()
    older = rig.end(oldest, bumps=True)
    rig.complete()
    rig.add(older)
    assert isinstance(rig.init(), ConcurrentTransactions)
    rig.complete()
    assert isinstance(rig.init(expected=oldest), ProducerFenced)
    assert isinstance(rig.init(expected=older), ProducerFenced)


def test_transactional_ids_are_counted_by_state():
    rig = Rig()
    producer = rig.began()
    assert (rig.machine.count(State.ONGOING), rig.machine.count(*State)) == (1, 1)
    rig.end(producer)
    assert (rig.machine.count(State.ONGOING), rig.machine.count(State.PREPARE_COMMIT)) == (0, 1)
    rig.complete()
    rig.machine.replay(tombstone(ID))
    assert rig.machine.count(*State) == 0


def test_a_timeout_has_bounds():
    rig = Rig(max_timeout_ms=1_000)
    assert isinstance(rig.init(timeout_ms=1_001), InvalidTransactionTimeout)
    assert isinstance(rig.init(timeout_ms=0), InvalidTransactionTimeout)


def test_a_transaction_is_decided_and_then_complete():
    rig = Rig()
    producer = rig.began()
    assert rig.add(producer, SALES) is None
    assert rig.end(producer) == producer
    assert rig.state() == "PrepareCommit"
    assert [list(each.partitions) for each in rig.machine.ending()] == [[ORDERS, SALES]]
    assert isinstance(rig.end(producer), ConcurrentTransactions)
    assert isinstance(rig.end(producer, commits=False), InvalidTransactionState)
    rig.complete()
    assert rig.state() == "CompleteCommit"
    assert rig.end(producer) == producer
    assert rig.machine.ending() == []


def test_what_is_not_in_the_transaction_is_not_verified():
    rig = Rig()
    producer = rig.began()
    assert rig.verify(producer) is None
    assert isinstance(rig.verify(producer, SALES), NotInTransaction)
    assert rig.machine.refusal(ID, producer, ORDERS) is None
    rig.end(producer)
    assert isinstance(rig.machine.refusal(ID, producer, ORDERS), ConcurrentTransactions)
    assert isinstance(rig.verify(producer), ConcurrentTransactions)


def test_nobody_else_may_write_in_the_transaction():
    rig = Rig()
    producer = rig.began()
    assert isinstance(rig.add(who(7, 0)), InvalidProducerIdMapping)
    assert isinstance(rig.add(who(producer.producer_id, 4)), ProducerFenced)


def test_an_empty_transaction_of_the_old_protocol_can_not_be_ended():
    rig = Rig()
    producer = rig.init()
    assert isinstance(rig.end(producer, commits=False), InvalidTransactionState)


def test_each_end_of_the_new_protocol_begins_an_epoch():
    rig = Rig()
    old = rig.began()
    new = rig.end(old, bumps=True)
    assert new == who(old.producer_id, 1)
    assert isinstance(rig.end(old, bumps=True), ConcurrentTransactions)
    rig.complete()
    assert rig.end(old, bumps=True) == new
    assert isinstance(rig.end(old, bumps=True, commits=False), InvalidTransactionState)
    assert isinstance(rig.add(old), ProducerFenced)
    assert rig.add(new) is None


def test_the_new_protocol_aborts_what_has_not_begun():
    rig = Rig()
    producer = rig.init()
    assert rig.end(producer, commits=False, bumps=True) == who(101, 1)
    assert rig.state() == "PrepareAbort"
    rig.complete()
    assert isinstance(rig.end(who(101, 1), bumps=True), InvalidTransactionState)


def test_a_producer_that_ends_its_next_transaction_before_this_one_is_complete_comes_again():
    rig = Rig()
    new = rig.end(rig.began(), bumps=True)
    assert isinstance(rig.end(new, bumps=True, commits=False), ConcurrentTransactions)
    rig.complete()
    assert rig.end(new, bumps=True, commits=False) == who(new.producer_id, new.epoch + 1)


def test_epochs_that_ran_out_give_a_new_producer_id_at_the_end_of_a_transaction():
    rig = exhausted()
    old = who(101, EXHAUSTED)
    assert rig.add(old) is None
    new = rig.end(old, bumps=True)
    assert new == who(201, 0)
    waiting = rig.send(adding(new))
    assert waiting not in rig.answers
    rig.complete()
    assert rig.answers[waiting] is None
    assert rig.state() == "Ongoing"


def test_a_lost_answer_about_a_new_producer_id_is_given_again():
    rig = exhausted()
    old = who(101, EXHAUSTED)
    rig.add(old)
    new = rig.end(old, bumps=True)
    rig.complete()
    assert rig.end(old, bumps=True) == new


def test_epochs_that_ran_out_give_a_new_producer_id_to_the_next_producer():
    rig = exhausted()
    new = rig.init()
    assert new.epoch == 0
    again = exhausted()
    old = who(101, EXHAUSTED)
    new = again.init(expected=old)
    assert again.init(expected=old) == new


def test_an_open_transaction_is_aborted_before_the_id_is_taken_over():
    rig = Rig()
    old = rig.began()
    assert isinstance(rig.init(), ConcurrentTransactions)
    assert rig.state() == "PrepareAbort"
    assert isinstance(rig.end(old), ProducerFenced)
    assert isinstance(rig.init(), ConcurrentTransactions)
    rig.complete()
    assert rig.init() == who(101, 2)


def test_a_fenced_producer_can_not_abort_what_its_successor_does():
    rig = Rig()
    old = rig.init()
    rig.began()
    assert isinstance(rig.init(expected=old), ProducerFenced)
    assert rig.state() == "Ongoing"


def test_a_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced():
    rig = Rig(abort_interval_ms=1_000)
    producer = rig.began(timeout_ms=2_500)
    rig.pass_ms(2_999)
    assert rig.state() == "Ongoing"
    rig.pass_ms(1)
    assert rig.state() == "PrepareAbort"
    rig.complete()
    assert isinstance(rig.end(producer), ProducerFenced)


def test_transactions_that_time_out_together_are_aborted_some_at_a_time():
    rig = Rig()
    rig.began(timeout_ms=20_000)
    found = rig.machine.get(ID)
    assert found is not None
    rig = Rig([record_of(replace(found, transactional_id=f"{ID}-{n}")) for n in range(1_000)])
    rig.elapsed = 20_000
    steps = [rig.step() for _ in range(10)]
    assert max(steps) <= 200
    assert sum(steps) == len(rig.machine.ending()) == 1_000


def test_a_timeout_goes_on_over_a_restart():
    rig = Rig()
    rig.began(timeout_ms=20_000)
    rig = rig.restarted(after_ms=15_000)
    rig.pass_ms(9_999)
    assert rig.state() == "Ongoing"
    rig.pass_ms(1)
    assert rig.state() == "PrepareAbort"


def test_the_next_transaction_waits_until_the_one_before_has_its_markers():
    rig = Rig(add_wait_ms=100)
    producer = rig.began()
    rig.end(producer)
    waiting = rig.send(adding(producer, SALES))
    rig.complete()
    assert rig.answers[waiting] is None
    assert rig.state() == "Ongoing"
    rig.end(producer)
    late = rig.send(adding(producer))
    rig.pass_ms(100)
    assert isinstance(rig.answers[late], ConcurrentTransactions)


def test_a_restart_finds_open_intents():
    rig = Rig()
    rig.end(rig.began(), commits=False)
    again = rig.restarted()
    assert [each.state.text for each in again.machine.ending()] == ["PrepareAbort"]
    again.complete()
    assert again.state() == "CompleteAbort"


def test_a_completion_that_comes_late_changes_nothing():
    rig = Rig()
    producer = rig.began()
    rig.end(producer)
    rig.complete()
    written = len(rig.log)
    rig.complete()
    assert len(rig.log) == written


def test_an_id_that_nobody_uses_is_forgotten_but_not_with_its_transaction_open():
    rig = Rig(expiration_ms=10_000, expiration_interval_ms=1_000)
    rig.init()
    rig.pass_ms(11_000)
    assert rig.machine.get(ID) is None
    rig = Rig(expiration_ms=10_000, expiration_interval_ms=1_000, max_timeout_ms=90_000)
    rig.began(timeout_ms=90_000)
    rig.pass_ms(12_000)
    assert rig.state() == "Ongoing"


def test_records_are_read_as_they_were_written_by_either_version():
    rig = Rig()
    rig.end(rig.began(), bumps=True)
    for codec in (TransactionCodec(transaction_version=lambda: 0), TransactionCodec(transaction_version=lambda: 2)):
        read = [codec.decode(*codec.encode(each)) for each in rig.log]
        again = Rig([each for each in read if each is not None])
        found, before = again.machine.get(ID), rig.machine.get(ID)
        assert found is not None
        assert before is not None
        assert (found.state, found.epoch, found.partitions) == (before.state, before.epoch, before.partitions)
