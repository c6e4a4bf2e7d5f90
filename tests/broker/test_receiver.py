"""Bytes become the same frames however they are cut, and stay whole while somebody looks at them."""

import pytest
from hypothesis import given, strategies as st

from headwater.broker.errors import FrameTooLarge
from headwater.broker.receiver import Receiver
from headwater.broker.slabs import SlabPool

SLAB = 4096
"""Small, so that frames are cut by its end often."""
FRAME_MAX = 20_000


def pool(**changed):
    return SlabPool(**{"slab_bytes": SLAB, "small_bytes": 512, "bytes_max": 8 * SLAB, "spare_max": 2, **changed})


def receiver(of=None):
    return Receiver(of or pool(), frame_bytes_max=FRAME_MAX)


def put(receiver, data):
    """Give it bytes as a socket would: as many as there is room for; gives what did not fit."""
    room = receiver.room()
    count = min(len(room), len(data))
    room[:count] = data[:count]
    receiver.received(count)
    return data[count:]


def framed(*bodies):
    return b"".join(len(body).to_bytes(4, "big") + body for body in bodies)


def whole_frames(receiver):
    frames = []
    while (frame := receiver.next_frame()) is not None:
        frames.append(frame)
    receiver.settle()
    return frames


def bodies(frames):
    return [bytes(frame.view) for frame in frames]


FRAMES = st.lists(
    st.one_of(st.binary(max_size=40), st.integers(0, FRAME_MAX).map(lambda size: bytes([size % 251]) * size)),
    max_size=12,
)


@given(frames=FRAMES, cuts=st.lists(st.integers(1, 6_000), min_size=1, max_size=30), held=st.integers(0, 5))
def test_whatever_way_the_stream_is_cut_the_frames_are_the_same_and_stay_whole_while_they_live(frames, cuts, held):
    slabs = pool()
    receiver = Receiver(slabs, frame_bytes_max=FRAME_MAX)
    stream, alive, seen, step = framed(*frames), [], [], 0
    while stream:
        size = cuts[step % len(cuts)]
        step += 1
        stream = put(receiver, stream[:size]) + stream[size:]
        alive += whole_frames(receiver)
        while len(alive) > held:
            seen.append(bytes(alive[0].view))
            receiver.release(alive.pop(0))
    seen += bodies(alive)
    for frame in alive:
        receiver.release(frame)
    assert seen == frames
    assert slabs.bytes_taken == 0


@pytest.mark.parametrize("length", [-1, -(2**31), FRAME_MAX + 1, 2**31 - 1])
def test_a_hostile_length_is_refused_before_anything_is_taken_for_it(length):
    slabs = pool()
    hostile = Receiver(slabs, frame_bytes_max=FRAME_MAX)
    put(hostile, length.to_bytes(4, "big", signed=True))
    with pytest.raises(FrameTooLarge):
        hostile.next_frame()
    assert slabs.bytes_taken == SLAB


def test_a_frame_is_not_copied_where_it_fits():
    whole = receiver(pool(slab_bytes=2 * SLAB))
    put(whole, framed(b"a" * 3_000, b"b" * 3_000))
    one, two = whole_frames(whole)
    assert one.slab is two.slab
    assert one.view.obj is one.slab.data


def test_a_small_frame_holds_no_slab_however_long_its_request_waits():
    slabs = pool()
    whole = Receiver(slabs, frame_bytes_max=FRAME_MAX)
    put(whole, framed(b"one", b"two"))
    frames = whole_frames(whole)
    assert slabs.bytes_taken == 0
    put(receiver(slabs), framed(b"another's"))
    assert bodies(frames) == [b"one", b"two"]


def test_a_cut_frame_continues_at_the_head_of_the_next_slab_while_the_one_before_it_lives():
    cut = receiver()
    stream = framed(b"a" * 3_000, b"b" * 3_000)
    rest = put(cut, stream)
    assert rest
    first = whole_frames(cut)
    put(cut, rest)
    second = whole_frames(cut)
    assert bodies(first + second) == [b"a" * 3_000, b"b" * 3_000]
    assert first[0].slab is not second[0].slab


def test_what_waits_for_the_rest_of_a_small_frame_holds_no_slab():
    slabs = pool()
    waiting = Receiver(slabs, frame_bytes_max=FRAME_MAX)
    stream = framed(b"x" * 500)
    put(waiting, stream[:100])
    assert whole_frames(waiting) == []
    assert slabs.bytes_taken == 0
    put(waiting, stream[100:])
    assert bodies(whole_frames(waiting)) == [b"x" * 500]


def test_whole_frames_that_are_not_taken_yet_are_kept():
    slabs = pool()
    held = Receiver(slabs, frame_bytes_max=FRAME_MAX)
    put(held, framed(b"one", b"two"))
    first = held.next_frame()
    assert first is not None
    held.release(first)
    held.settle()
    assert bodies(whole_frames(held)) == [b"two"]


def test_a_closed_connection_gives_its_slab_back_when_its_last_frame_is_answered():
    slabs = pool()
    closed = Receiver(slabs, frame_bytes_max=FRAME_MAX)
    put(closed, framed(b"x" * 3_000) + b"\0\0\0\x09cut")
    (frame,) = whole_frames(closed)
    closed.close()
    assert slabs.bytes_taken == SLAB
    assert bytes(frame.view) == b"x" * 3_000
    closed.release(frame)
    assert slabs.bytes_taken == 0


def test_a_frame_that_fills_a_slab_of_the_usual_size_goes_on_in_one_of_its_own():
    body = bytes(range(256)) * (12 * 1024)
    receiver = Receiver(SlabPool(), frame_bytes_max=len(body))
    stream, found = framed(body), []
    while stream:
        assert len(receiver.room())
        stream = put(receiver, stream)
        found += whole_frames(receiver)
    assert bodies(found) == [body]
