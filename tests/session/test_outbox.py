"""The outbox against a plain model of it, and its few rules one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.session.outbox import MAX_FRAMES, Outbox, outbox_of
from server.wire.requests import Endpoint

EVERYTHING = 1 << 30


def test_frames_leave_in_the_order_in_which_they_came():
    outbox = Outbox()
    for frame in (b"a", b"b", b"c"):
        assert outbox.put(frame)
    assert (3, 3) == (len(outbox), outbox.size)
    assert [b"a", b"b", b"c"] == outbox.take(EVERYTHING)
    assert (0, 0, []) == (len(outbox), outbox.size, outbox.take(EVERYTHING))


def test_there_is_a_bound_of_frames_and_one_of_bytes():
    few = Outbox(max_frames=2)
    assert [True, True, False] == [few.put(b"x") for _ in range(3)]
    small = Outbox(max_bytes=10)
    assert [True, True, False, True] == [small.put(b"x" * size) for size in (5, 4, 2, 1)]


def test_a_bots_connection_has_the_room_of_many():
    shares: tuple[tuple[Endpoint, int], ...] = (("visitor", 1), ("agent", 1), ("bot", 16))
    for endpoint, share in shares:
        outbox = outbox_of(endpoint)
        assert all(outbox.put(b"x") for _ in range(share * MAX_FRAMES))
        assert not outbox.put(b"x")


def test_one_frame_always_fits_into_an_empty_outbox():
    outbox = Outbox(max_bytes=10)
    assert outbox.put(b"x" * 100)
    assert not outbox.put(b"x")
    outbox.take(1)
    assert outbox.put(b"x")


def test_an_exempt_frame_takes_no_room_from_the_others():
    outbox = Outbox(max_bytes=10)
    assert outbox.put(b"x" * 9)
    outbox.put_exempt(b"y" * 100)
    assert outbox.put(b"z")
    assert not outbox.put(b"z")
    outbox.take(EVERYTHING)
    assert [True, False] == [outbox.put(b"x" * 10), outbox.put(b"x")]


def test_an_exempt_frames_allowance_ends_with_the_last_frame_even_if_a_part_was_asked_for():
    outbox = Outbox(max_bytes=10)
    outbox.put_exempt(b"y" * 100)
    assert [b"y" * 100] == outbox.take(1)
    assert [True, False] == [outbox.put(b"x" * 10), outbox.put(b"x")]


def test_a_lossy_frame_is_replaced_by_the_next_one_of_its_key_at_the_end():
    outbox = Outbox()
    outbox.put_lossy("typing", b"t1")
    outbox.put(b"entry")
    outbox.put_lossy("typing", b"t2")
    outbox.put_lossy("read", b"r")
    assert [b"entry", b"t2", b"r"] == outbox.take(EVERYTHING)


def test_no_lossy_frame_is_taken_in_once_it_is_half_full():
    by_count, by_size = Outbox(max_frames=4), Outbox(max_bytes=10)
    for outbox, frame in ((by_count, b"x"), (by_size, b"xxx")):
        outbox.put(frame)
        outbox.put(frame)
        outbox.put_lossy("typing", b"t")
        assert [frame, frame] == outbox.take(EVERYTHING)
        assert 1 == outbox.statistics().dropped


def test_many_replacements_take_no_room():
    outbox = Outbox()
    for n in range(10_000):
        outbox.put_lossy("place", b"%d" % n)
    assert (1, 9_999) == (len(outbox), outbox.statistics().replaced)


def test_a_part_is_taken_from_the_front_and_is_never_empty():
    outbox = Outbox()
    for frame in (b"aaaa", b"bbbb", b"c"):
        outbox.put(frame)
    assert [b"aaaa"] == outbox.take(1)
    assert [b"bbbb"] == outbox.take(4)
    assert [b"c"] == outbox.take(4)
    assert [] == outbox.take(4)


def test_statistics_remember_the_fullest_moment():
    outbox = Outbox()
    outbox.put(b"abc")
    outbox.put(b"de")
    outbox.clear()
    statistics = outbox.statistics()
    assert (0, 0, 2, 5) == (statistics.frames, statistics.bytes, statistics.peak_frames, statistics.peak_bytes)


_STEPS = st.one_of(
    st.tuples(st.just("put"), st.binary(max_size=12)),
    st.tuples(st.just("lossy"), st.sampled_from("ab"), st.binary(max_size=12)),
    st.tuples(st.just("take"), st.integers(0, 40)),
    st.tuples(st.just("exempt"), st.binary(max_size=60)),
)


@given(st.lists(_STEPS, max_size=60))
def test_it_does_what_the_model_does(steps):
    outbox, model = Outbox(max_frames=6, max_bytes=40), Model(6, 40)
    for step in steps:
        match step:
            case ("put", frame):
                assert model.put(frame) == outbox.put(frame)
            case ("lossy", key, frame):
                model.put_lossy(key, frame)
                outbox.put_lossy(key, frame)
            case ("exempt", frame):
                model.put_exempt(frame)
                outbox.put_exempt(frame)
            case ("take", limit):
                assert model.take(limit) == outbox.take(limit)
            case _:
                raise AssertionError(step)
        assert (len(model.frames), model.size()) == (len(outbox), outbox.size)


class Model:
    """A list of (key or None, frame)."""

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self.max_frames, self.max_bytes, self.allowance = max_frames, max_bytes, 0
        self.frames: list[tuple[str | None, bytes]] = []

    def size(self):
        return sum(len(frame) for _, frame in self.frames)

    def put(self, frame):
        full = len(self.frames) >= self.max_frames or self.size() + len(frame) > self.max_bytes + self.allowance
        if self.frames and full:
            return False
        self.frames.append((None, frame))
        return True

    def put_exempt(self, frame):
        self.allowance += len(frame)
        self.frames.append((None, frame))

    def put_lossy(self, key, frame):
        self.frames = [(k, f) for k, f in self.frames if k != key]
        if len(self.frames) < self.max_frames / 2 and self.size() + len(frame) <= (self.max_bytes + self.allowance) / 2:
            self.frames.append((key, frame))

    def take(self, limit):
        taken: list[bytes] = []
        while self.frames and (not taken or sum(map(len, taken)) + len(self.frames[0][1]) <= limit):
            taken.append(self.frames.pop(0)[1])
        if not self.frames:
            self.allowance = 0
        return taken
