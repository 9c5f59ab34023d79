"""The control socket itself: whose it is, what it refuses, what becomes of it."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import stat
import threading
from pathlib import Path

import pytest

from server.control import requests as ask
from server.control.address import NAME
from server.control.client import ask_server
from server.control.failure import Failure
from server.control.requests import MAX_LINE, Answer
from tests.blackbox.process import Server
from tests.control.asking import raw

EXPORT = b'{"do":"export"}\n'


def test_it_is_for_its_owner_only(server: Server):
    mode = (server.data / NAME).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"hello\n",
        b"[]\n",
        b"{}\n",
        b'{"do":"nonsense"}\n',
        b'{"do":"apply"}\n',
        b'{"do":"apply","text":5}\n',
        b'{"do":"apply","text":"","pruned":true}\n',
        b'{"do":"agent.password","agent":"ada","password":""}\n',
        b'{"do":"agent.add","key":"x","name":"","email":"x@y","role":"king"}\n',
        b'{"do":"agent.add","key":"x y","name":"","email":"x@y","role":"agent"}\n',
        b'{"do":"agent.add","key":"x","name":"","email":"x@y","role":"agent","max_slots":0}\n',
        b'{"do":"apply","text":"\xff"}\n',
        b"\x00\xff\xfe\n",
        b"[" * 10_000 + b"\n",
        b'{"do":"apply","text":"' + b"a=" + b"[" * 10_000 + b'"}\n',
    ],
)
def test_what_makes_no_sense_is_answered_and_the_connection_lives(server: Server, line: bytes):
    refused, exported = raw(server.data, line, EXPORT)
    assert refused["ok"] is False
    assert refused["error"]
    assert "Traceback" not in refused["error"]
    assert exported["ok"] is True


def test_many_are_answered_in_order(server: Server):
    answers = raw(server.data, *[EXPORT, b"nonsense\n"] * 50)
    assert [answer["ok"] for answer in answers] == [True, False] * 50


def test_a_line_without_an_end_is_not_done(server: Server):
    assert raw(server.data, b'{"do":"agent.disable","agent":"ada"}') == []
    (answer,) = raw(server.data, b'{"do":"agent.list"}\n')
    assert "disabled" not in json.dumps(answer)


def test_a_line_too_long_is_refused(server: Server):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.settimeout(10)
        one.connect(str(server.data / NAME))
        # The server stops reading midway: whoever sends must not wait for it before reading.
        sender = threading.Thread(target=_send, args=(one, b"x" * (2 * MAX_LINE)))
        sender.start()
        with one.makefile("rb") as answers:
            answer = json.loads(answers.readline())
        sender.join()
    assert answer["ok"] is False
    assert "too long" in answer["error"]


def _send(one: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):
        one.sendall(data)


def test_the_command_does_not_even_send_it(server: Server):
    with pytest.raises(Failure, match="more than a running server takes"):
        ask_server(server.data, ask.Apply(text="#" * MAX_LINE))


def test_a_large_file_just_fits(server: Server):
    text = '[workspace]\nkey = "demo"\nname = "Demo"\n' + "#" * (MAX_LINE - 1000)
    answer = ask_server(server.data, ask.Apply(text=text, dry_run=True))
    assert answer is not None
    assert answer.ok


def test_nobody_is_asked_where_no_server_runs(tmp_path: Path):
    assert ask_server(tmp_path, ask.Export()) is None
    assert ask_server(tmp_path / "nowhere", ask.Export()) is None


def test_what_a_killed_server_left_is_replaced(tmp_path: Path):
    server = Server(tmp_path)
    with server:
        server.kill()
        assert (server.data / NAME).exists()
        assert ask_server(server.data, ask.Export()) is None
        server.start()
        assert isinstance(ask_server(server.data, ask.Export()), Answer)
        process = server.process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert not (server.data / NAME).exists()


def test_a_data_directory_may_lie_deep(tmp_path: Path):
    folder = tmp_path / ("deep-" * 20) / ("deeper-" * 15)
    folder.mkdir(parents=True)
    with Server(folder) as server:
        answer = ask_server(server.data, ask.Export())
        assert answer is not None
        assert answer.ok
