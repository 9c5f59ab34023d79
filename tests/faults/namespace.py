"""A server behind a cable of its own: a network namespace and a pair of virtual links, of which one can be pulled out.

Only root can make these. Unlike the proxy, a link that is down leaves the server's kernel with data that nobody
acknowledges, as a cut cable does.
"""

from __future__ import annotations

import contextlib
import http
import http.client
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.faults.serving import Serving

HERE, THERE = "10.203.77.1", "10.203.77.2"


class Cable:
    """The link between this machine and the server."""

    def __init__(self) -> None:
        self.name = f"fd{os.getpid() % 10_000_000}"

    def pull(self) -> None:
        _ip("link", "set", self.name, "down")

    def plug_in(self) -> None:
        _ip("link", "set", self.name, "up")


class Faraway(Serving):
    """Serves inside the namespace, on its own address."""

    def __init__(self, folder: Path, templates: Path, cable: Cable) -> None:
        super().__init__(folder, templates)
        self.address = f"{THERE}:{self.port}"
        self._cable = cable

    def command(self, *more: str) -> list[str]:
        return ["ip", "netns", "exec", self._cable.name, *super().command("--host", THERE, *more)]

    def _ready(self) -> bool:
        line = http.client.HTTPConnection(THERE, self.port, timeout=5)
        try:
            line.request("GET", "/readyz")
            return line.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            line.close()


@contextlib.contextmanager
def cable() -> Iterator[Cable]:
    """A namespace with a cable to it; both are gone afterwards."""
    made = Cable()
    inner = f"{made.name}i"
    _ip("netns", "add", made.name)
    try:
        _ip("link", "add", made.name, "type", "veth", "peer", "name", inner)
        _ip("link", "set", inner, "netns", made.name)
        _ip("addr", "add", f"{HERE}/30", "dev", made.name)
        _ip("-n", made.name, "addr", "add", f"{THERE}/30", "dev", inner)
        for words in (("-n", made.name, "link", "set", inner, "up"), ("-n", made.name, "link", "set", "lo", "up")):
            _ip(*words)
        made.plug_in()
        yield made
    finally:
        # The links go with it.
        _ip("netns", "delete", made.name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
