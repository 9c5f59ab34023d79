"""A log line is one line, whatever a visitor sends."""

from __future__ import annotations

import errno
import io
import json
import logging

import pytest
import structlog

from server import log


@pytest.fixture
def set_up():
    """Log into a text; give the library back as it was."""
    handlers, level = logging.root.handlers[:], logging.root.level

    def into(style: log.Style, stream: io.StringIO | None = None) -> io.StringIO:
        stream = stream or io.StringIO()
        log.set_up(style, stream=stream)
        return stream

    yield into
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_a_line_is_json_with_time_and_level(set_up):
    stream = set_up("json")
    structlog.get_logger("x").info("connection opened", session="s_1")
    line = json.loads(stream.getvalue())
    assert ("connection opened", "info", "s_1") == (line["event"], line["level"], line["session"])
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("style", ["json", "console"])
def test_nothing_that_is_sent_forges_a_line_or_moves_a_cursor(set_up, style):
    stream = set_up(style)
    structlog.get_logger("x").warning("refused", origin='http://x\r\n{"event":"forged"}\x1b[2J\u202e\u2028')
    text = stream.getvalue()
    assert 1 == text.count("\n")
    assert not set("\r\x1b\u202e\u2028") & set(text)


def test_libraries_come_out_the_same_way(set_up):
    stream = set_up("json")
    logging.getLogger("aiohttp.server").error("bad\nrequest %s", "GET /\x1b")
    line = json.loads(stream.getvalue())
    assert ("bad\\u000arequest GET /\\u001b", "error") == (line["event"], line["level"])
    logging.getLogger("aiohttp.access").info("not worth a line")
    assert 1 == stream.getvalue().count("\n")


def test_a_traceback_is_kept_in_its_line_without_what_the_variables_held(set_up):
    stream = set_up("json")

    def fail() -> None:
        password = "hunter2"
        raise KeyError(len(password))

    try:
        fail()
    except KeyError:
        structlog.get_logger("x").exception("failed")
    assert 1 == stream.getvalue().count("\n")
    assert "KeyError" in json.loads(stream.getvalue())["exception"]
    assert "hunter2" not in stream.getvalue().replace('password = "hunter2"', "")


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_log_that_cannot_be_written_fails_nobody(set_up, style):
    set_up(style, Full())
    structlog.get_logger("test").warning("nobody reads this")
    logging.getLogger("a library").warning("nor this")
