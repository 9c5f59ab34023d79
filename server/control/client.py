"""The command's end of the control socket."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import msgspec

from server.control import requests as ask
from server.control.address import short_path
from server.control.failure import Failure
from server.control.requests import MAX_LINE, Answer

ANSWER_WITHIN_S = 60.0

_NOBODY = {errno.ENOENT, errno.ENOTDIR, errno.ECONNREFUSED}


def ask_server(data: Path, request: ask.AnyRequest, *, within_s: float | None = ANSWER_WITHIN_S) -> Answer | None:
    """What the server on this data directory answers; None when none is running.

    `within_s`: None waits as long as the server lives.

    Raises:
        Failure: it may not be asked, or does not answer.
    """
    line = ask.encode(request) + b"\n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.settimeout(within_s)
        try:
            with short_path(data) as path:
                one.connect(path)
        except OSError as error:
            if error.errno in _NOBODY:
                return None
            raise Failure(
                f"The server on {data} cannot be asked ({(error.strerror or str(error)).lower()})."
            ) from error
        if len(line) > MAX_LINE:
            raise Failure(f"This is more than a running server takes ({MAX_LINE // 1024} KiB). Stop it and try again.")
        try:
            one.sendall(line)
            return _answer(one, data)
        except TimeoutError:
            raise Failure(
                f"The server on {data} did not answer within {within_s:.0f} seconds; it may or may not have done it."
            ) from None
        except OSError as error:
            raise _hung_up(data) from error


def _answer(one: socket.socket, data: Path) -> Answer:
    with one.makefile("rb") as answers:
        line = answers.readline()
    if not line.endswith(b"\n"):
        raise _hung_up(data)
    try:
        return ask.decode_answer(line)
    except msgspec.DecodeError as error:
        raise Failure(f"The server on {data} is of another version: {error}.") from error


def _hung_up(data: Path) -> Failure:
    return Failure(f"The server on {data} ended before it answered; it may or may not have done it.")
