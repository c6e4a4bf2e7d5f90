"""Buckets of tokens."""

from hypothesis import given, strategies as st

from headwater.security.quotas.token_bucket import TokenBucket

MOMENTS = st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 5_000)), max_size=60)
BURST_MS = 10_000


def test_after_silence_a_burst_may_come_at_once():
    bucket = TokenBucket(1_000, burst_ms=BURST_MS, now=0)
    bucket.take(10_000, 0)
    assert bucket.owed_ms(0) == 0
    bucket.take(1, 0)
    assert bucket.owed_ms(0) == 1


def test_what_is_owed_is_the_time_in_which_it_comes():
    """The example of KIP-599: a burst of 560 at 5 a second and 100 windows of a second costs twelve."""
    bucket = TokenBucket(5, burst_ms=100_000, now=0)
    bucket.take(560, 0)
    assert bucket.owed_ms(0) == 12_000
    assert bucket.owed_ms(11_999) == 1
    assert bucket.owed_ms(12_000) == 0


def test_what_is_given_back_never_overfills_a_bucket():
    bucket = TokenBucket(1, burst_ms=BURST_MS, now=0)
    bucket.take(-1_000, 0)
    bucket.take(11, 0)
    assert bucket.owed_ms(0) == 1_000
    assert not bucket.is_full(10_999)
    assert bucket.is_full(11_000)


def test_what_is_owed_stays_owed_when_the_rate_changes():
    bucket = TokenBucket(1_000, burst_ms=BURST_MS, now=0)
    bucket.take(11_000, 0)
    bucket.rate = 100
    assert bucket.owed_ms(0) == 10_000


@given(moments=MOMENTS, rate=st.integers(1, 2_000))
def test_who_waits_gets_the_rate_and_one_burst_and_one_amount_more(moments, rate):
    bucket, now, taken = TokenBucket(rate, burst_ms=BURST_MS, now=0), 0.0, 0
    for pause, amount in moments:
        now += pause
        now += bucket.owed_ms(now)
        assert bucket.owed_ms(now) == 0
        bucket.take(amount, now)
        taken += amount
        assert taken <= rate * (now + BURST_MS + 1) / 1_000 + amount
