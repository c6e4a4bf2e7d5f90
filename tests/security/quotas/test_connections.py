"""How fast connections may come."""

from headwater.security.quotas.connections import ConnectionRates
from headwater.security.quotas.entities import entity_of
from headwater.security.quotas.windows import Windows

KEY = "connection_creation_rate"


def rates(**bounds):
    """By address; `default` is of all others."""
    made = ConnectionRates(Windows(count=11, size_ms=1_000))
    for name, bound in bounds.items():
        made.change(entity_of({"ip": None if name == "default" else name}), KEY, bound)
    return made


def let_in(made, host, count, now=0.0):
    return sum(not made.refused_ms(host, now=now) for _ in range(count))


def test_without_quotas_all_are_let_in():
    assert let_in(rates(), "192.0.2.1", 100_000) == 100_000


def test_an_address_has_its_own_quota_or_that_of_all_others():
    made = rates(**{"192.0.2.1": 5, "default": 2})
    assert let_in(made, "192.0.2.1", 1_000) == 50
    assert let_in(made, "192.0.2.2", 1_000) == 20
    assert let_in(made, "192.0.2.3", 1_000) == 20


def test_those_that_were_refused_do_not_count():
    made = rates(default=1)
    let_in(made, "192.0.2.1", 1_000)
    assert let_in(made, "192.0.2.1", 1_000, now=5_000) == 5


def test_one_address_has_many_spellings():
    made = rates(**{"2001:DB8:0::1": 1})
    assert let_in(made, "2001:db8::1", 100) == 10


def test_a_quota_that_is_taken_away_is_gone():
    made = rates(default=1)
    made.change(entity_of({"ip": None}), KEY, None)
    assert let_in(made, "192.0.2.1", 100) == 100
    made = rates(default=1)
    made.clear()
    assert let_in(made, "192.0.2.1", 100) == 100


def test_a_log_may_hold_what_can_not_be_kept_here():
    made = rates(**{"host.example": 1})
    made.change(entity_of({"user": None}), "producer_byte_rate", 1)
    assert let_in(made, "host.example", 100) == 100


def test_each_of_too_many_gets_a_turn_of_its_own():
    made = rates()
    delays = [made.delay_ms({"PLAINTEXT": 10}, now=0) for _ in range(105)]
    assert delays[:100] == [0] * 100
    assert delays[100:] == [100, 200, 300, 400, 500]
    assert made.delay_ms({"": 1_000, "PLAINTEXT": 10}, now=0) == 600
    made.give_back({"PLAINTEXT": 10}, now=0)
    assert made.delay_ms({"PLAINTEXT": 10}, now=0) == 600
