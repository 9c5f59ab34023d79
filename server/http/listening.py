"""The port: taken before anything else is touched, opened when everything else is ready."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator

_NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class CannotListen(Exception):
    """Its text is a sentence for the person who wanted to start the server."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        reason = (error.strerror or str(error)).lower()
        super().__init__(f"Port {port} on {host} cannot be opened ({reason}): choose another --port or --host.")


@contextlib.contextmanager
def bound(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Sockets bound to every address of the host, not yet listening: until then, clients are turned away.

    Port 0 is a free one, the same for all. Raises `CannotListen`: the port is taken, or the host is not this machine's.
    """
    with contextlib.ExitStack() as opened:
        try:
            sockets = _bind_all(host, port, opened)
        except OSError as error:
            raise CannotListen(host, port, error) from error
        yield sockets


def free_port(host: str) -> int:
    """A port that is free now. Raises `CannotListen`."""
    with bound(host, 0) as sockets:
        return int(sockets[0].getsockname()[1])


def url(host: str, sockets: list[socket.socket]) -> str:
    """How a browser on this machine reaches it."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{sockets[0].getsockname()[1]}/"


def _addresses(host: str, port: int) -> list[tuple[int, str]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((int(family), str(address[0])) for family, _, _, _, address in found))


def _bind_all(host: str, port: int, opened: contextlib.ExitStack) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    failed: OSError | None = None
    for family, address in _addresses(host, port):
        one = opened.enter_context(socket.socket(family, socket.SOCK_STREAM))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            one.bind((address, sockets[0].getsockname()[1] if sockets else port))
        except OSError as error:
            # "localhost" may have an address that this machine has not configured.
            if error.errno not in _NOT_HERE:
                raise
            failed = error
        else:
            sockets.append(one)
    if not sockets:
        raise failed or OSError(errno.EADDRNOTAVAIL, "there is no such address")
    return sockets
