"""The bound on fetched records."""

from headwater.broker.fetch.memory import LEAST_GRANT_BYTES, SETTLED_AFTER, FetchMemory
from headwater.kernel.units import MiB


class Connection:
    """Has not written so many bytes."""

    def __init__(self, unsent: int = 0) -> None:
        self.unsent = unsent

    def unsent_bytes(self) -> int:
        return self.unsent


def test_what_is_granted_is_taken_until_it_is_given_back():
    memory = FetchMemory(bytes_max=MiB)
    assert memory.grant(MiB - 100_000) == MiB - 100_000
    assert memory.grant(MiB) == 100_000
    memory.give_back(100_000)
    memory.give_back(MiB - 100_000)
    assert memory.bytes_taken == 0


def test_an_empty_pool_grants_little_and_never_nothing():
    memory = FetchMemory(bytes_max=MiB)
    memory.grant(MiB)
    assert memory.grant(MiB) == LEAST_GRANT_BYTES
    assert memory.grant(10) == 10


def test_a_slow_reader_holds_what_it_has_not_taken():
    memory = FetchMemory(bytes_max=MiB)
    slow = Connection(unsent=MiB)
    memory.lend(slow, MiB)
    assert memory.grant(MiB) == LEAST_GRANT_BYTES
    memory.give_back(LEAST_GRANT_BYTES)
    slow.unsent = 200_000
    assert memory.grant(MiB) == MiB - 200_000


def test_a_fast_reader_holds_its_last_answer_at_most():
    memory = FetchMemory(bytes_max=MiB)
    fast = Connection()
    for _ in range(100):
        memory.lend(fast, 1000)
    assert memory.bytes_taken == 1000


def test_those_that_are_gone_are_forgotten():
    memory = FetchMemory(bytes_max=100 * MiB)
    for _ in range(SETTLED_AFTER):
        memory.lend(Connection(), 10)
    assert memory.bytes_taken == 0
