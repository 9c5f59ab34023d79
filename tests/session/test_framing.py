from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from server.session import framing


def read(data: bytes) -> list[tuple[Opcode, bytes]]:
    """What another library sees in these bytes, as a client."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    frames = []
    while not _at_end(reader):
        parsing = Frame.parse(reader.read_exact, mask=False)
        try:
            while True:
                next(parsing)
        except StopIteration as done:
            frame = done.value
            frame.check()
            frames.append((frame.opcode, bytes(frame.data)))
    return frames


def _at_end(reader: StreamReader) -> bool:
    try:
        next(reader.at_eof())
    except StopIteration as done:
        ended: bool = done.value
        return ended
    return False


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_a_text_of_any_size(size):
    assert [(Opcode.TEXT, b"x" * size)] == read(framing.texts([b"x" * size]))


def test_several_texts_in_one_piece():
    assert [(Opcode.TEXT, b"a"), (Opcode.TEXT, b"b" * 300)] == read(framing.texts([b"a", b"b" * 300]))
    assert b"" == framing.texts([])


def test_pings_and_pongs():
    assert [(Opcode.PING, b""), (Opcode.PONG, b"abc")] == read(framing.PING + framing.pong(b"abc"))


@pytest.mark.parametrize(
    ("code", "reason", "payload"),
    [(None, "", b""), (4000, "", b"\x0f\xa0"), (4501, "gone", b"\x11\x95gone"), (1000, "é" * 100, None)],
)
def test_close_frames_fit_and_are_valid(code, reason, payload):
    [(opcode, data)] = read(framing.close(code, reason))
    assert Opcode.CLOSE is opcode
    assert payload in (None, data)
    data[2:].decode()
    assert len(data) <= 125
