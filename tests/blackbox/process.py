"""The server as people start it: `frontdesk demo` as a process of its own, killed without warning and started again."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

COMMAND = str(Path(sys.executable).with_name("frontdesk"))
READY_WITHIN_S = 30.0
REFUSED_WITHIN_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """One data directory, one port, and the process that serves them now."""

    running: ClassVar[list[Server]] = []

    def __init__(self, folder: Path, workspace: str = "") -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.tokens: dict[str, str] = {}
        self.workspace: Path | None = None
        if workspace:
            self.workspace = folder / "workspace.toml"
            self.workspace.write_text(workspace, encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        self.running.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.running.remove(self)
        self.kill()

    # Most tests kill it themselves.
    supervised = False

    def command(self, *more: str) -> list[str]:
        command = [COMMAND, "demo", "--port", str(self.port), "--data", str(self.data)]
        if not self.supervised:
            command.append("--no-supervisor")
        if self.workspace is not None:
            command += ["--workspace", str(self.workspace)]
        return [*command, *more]

    def start(self) -> None:
        """Starts the process and returns when it says that it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._await_ready(self.process)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """Ends the process and all it started, without a chance to say goodbye."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def tail(self, lines: int = 60) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def resident_kib(self) -> int:
        """Memory of the process."""
        assert self.process is not None
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._ready():
            # The pause between two looks ends at once if the process does.
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(0.05)
                raise AssertionError(f"ended with {status} instead of being ready:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"not ready within {READY_WITHIN_S} s:\n{self.tail()}")

    def _ready(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", "/readyz")
            return line.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            line.close()


def refused_start(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs a command that must not stay; what it said."""
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=REFUSED_WITHIN_S, check=False
    )


@contextlib.contextmanager
def taken_port() -> Iterator[int]:
    """A loopback port somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]
