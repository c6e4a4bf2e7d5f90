"""The bound on fetched records."""

from headwater.broker.fetch.memory import LEAST_GRANT_BYTES, FetchMemory
from headwater.kernel.units import MiB


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


def test_lent_bytes_are_taken_as_long_as_anybody_holds_them():
    memory = FetchMemory(bytes_max=MiB)
    views = memory.lend((b"abc", memoryview(b"defg")))
    assert (b"".join(views), memory.bytes_taken) == (b"abcdefg", 7)
    written = [views[0]]
    del views
    assert memory.bytes_taken == 3
    written.clear()
    assert memory.bytes_taken == 0
