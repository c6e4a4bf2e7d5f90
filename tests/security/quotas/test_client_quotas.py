"""What requests cost their clients."""

import pytest

from headwater.kernel.counters import Counters
from headwater.kernel.exposition import exposition
from headwater.security.access import ANONYMOUS
from headwater.security.quotas.client_quotas import SILENCE_MAX_MS, ClientQuotas
from headwater.security.quotas.entities import entity_of
from headwater.security.quotas.windows import Windows

EVERYBODY = entity_of({"user": None})
APP = "app"
WINDOWS = Windows(count=11, size_ms=1_000)


def quotas(counters=None, **bounds):
    made = ClientQuotas(windows=WINDOWS, mutation_windows=WINDOWS, counters=counters or Counters())
    for key, bound in bounds.items():
        made.change(EVERYBODY, key, bound)
    return made


def charge(made, *, produced=0, held_ms=None, now=0.0):
    return made.charge(ANONYMOUS, APP, produced=produced, held_ms=held_ms, now=now)


def test_where_nothing_is_set_nothing_is_charged():
    made = quotas()
    assert not made.charges
    assert charge(made, produced=10**9, held_ms=10**9) == 0
    assert made.fetch(ANONYMOUS, APP, size=10**9, now=0) == 0
    assert made.mutations(ANONYMOUS, APP, strict=True, clock=lambda: 0).may_change(10**9)


def test_what_was_produced_is_paid_for_with_silence():
    made = quotas(producer_byte_rate=1_000)
    assert charge(made, produced=10_000) == 0
    assert charge(made, produced=5_000) == 5_000


def test_time_of_the_loop_is_a_percentage_and_its_silence_is_a_window_at_most():
    made = quotas(request_percentage=10)
    assert made.wants_time
    assert charge(made, held_ms=1_000) == 0
    assert charge(made, held_ms=50) == 500
    assert charge(made, held_ms=5_000) == 1_000


def test_the_longest_of_two_silences_counts():
    made = quotas(request_percentage=1, producer_byte_rate=1)
    assert charge(made, held_ms=10_000, produced=10) == 1_000
    assert charge(made, held_ms=1, produced=100) == 100_000


def test_a_silence_is_never_longer_than_a_response_can_say():
    assert charge(quotas(producer_byte_rate=0.001), produced=10**9) == SILENCE_MAX_MS


def test_a_fetch_that_is_too_much_is_not_counted_and_may_come_when_the_time_is_over():
    made = quotas(consumer_byte_rate=1_000)
    assert made.fetch(ANONYMOUS, APP, size=8_000, now=0) == 0
    assert made.fetch(ANONYMOUS, APP, size=4_000, now=0) == 2_000
    assert made.fetch(ANONYMOUS, APP, size=4_000, now=1_999) == 1
    assert made.fetch(ANONYMOUS, APP, size=4_000, now=2_000) == 0


def test_a_fetch_reads_no_more_than_could_be_sent_and_its_first_batch_leaves_however_large_it_is():
    made = quotas(consumer_byte_rate=100)
    assert made.fetch_bytes_max(ANONYMOUS, APP, now=0) == 1_000
    assert made.fetch(ANONYMOUS, APP, size=1_000_000, now=0) == 0
    assert made.fetch(ANONYMOUS, APP, size=1, now=10) == WINDOWS.burst_ms
    assert made.fetch(ANONYMOUS, APP, size=1_000_000, now=10_000_000) == 0


def test_changes_of_topics_are_refused_once_there_are_no_tokens_left():
    made = quotas(controller_mutation_rate=1)
    strict = made.mutations(ANONYMOUS, APP, strict=True, clock=lambda: 0)
    assert strict.may_change(11)
    assert strict.may_change(5)
    assert strict.throttle_ms() == 0
    assert not strict.may_change(1)
    assert strict.throttle_ms() == 5_000
    strict.give_back(5)
    assert strict.may_change(1)


def test_old_clients_get_their_changes_and_are_silent_for_them():
    made = quotas(controller_mutation_rate=1)
    patient = made.mutations(ANONYMOUS, APP, strict=False, clock=lambda: 0)
    assert patient.may_change(16)
    assert patient.may_change(16)
    assert patient.throttle_ms() == 21_000


@pytest.mark.parametrize("key", ["connection_creation_rate", "of_the_future"])
def test_what_is_not_kept_here_is_passed_over(key):
    assert not quotas(**{key: 1}).charges


def test_throttles_are_counted_by_what_was_too_much():
    counters = Counters()
    charge(quotas(counters, producer_byte_rate=1_000), produced=15_000)
    text = exposition(counters)
    assert 'headwater_client_throttles_total{quota="producer_byte_rate"} 1\n' in text
    assert 'headwater_client_throttle_seconds_total{quota="producer_byte_rate"} 5\n' in text
