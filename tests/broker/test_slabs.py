"""The pool of slabs is bounded, gives always, and keeps little."""

from headwater.broker.slabs import SlabPool

SLAB = 4096


def pool(**changed):
    return SlabPool(**{"slab_bytes": SLAB, "small_bytes": 512, "bytes_max": 4 * SLAB, "spare_max": 2, **changed})


def test_a_slab_that_everybody_let_go_of_is_used_again():
    slabs = pool()
    slab = slabs.take(10)
    slab.holders += 1
    slab.drop()
    assert slabs.take(10) is not slab
    slab.drop()
    assert slabs.take(10) is slab


def test_past_its_bound_the_pool_gives_small_slabs_and_never_says_no():
    slabs = pool()
    taken = [slabs.take(10) for _ in range(6)]
    assert [slab.size for slab in taken] == [SLAB] * 4 + [512] * 2
    assert slabs.take(600).size == 600
    for slab in taken:
        slab.drop()
    assert slabs.take(10).size == SLAB


def test_no_more_free_slabs_are_kept_than_allowed():
    slabs = pool()
    taken = [slabs.take(10) for _ in range(4)]
    for slab in taken:
        slab.drop()
    again = [slabs.take(10) for _ in range(4)]
    assert sum(each in taken for each in again) == 2


def test_a_claim_of_a_large_frame_costs_nothing_until_its_bytes_come():
    slab = pool(slab_bytes=1 << 20, bytes_max=1 << 22).take(100 << 20)
    assert (slab.size, len(slab.data)) == (100 << 20, 1 << 20)
    steps = 0
    while len(slab.data) < slab.size:
        slab.grow()
        steps += 1
    assert len(slab.data) == slab.size
    assert steps < 40
