"""`frontdesk serve` as a process, on a workspace that was made once and is copied for each test."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.blackbox.process import COMMAND, Server
from tests.blackbox.workspace import agent, department, workspace

FAULTY = Path(__file__).with_name("faulty.py")
DATABASE = "frontdesk.sqlite3"
ENDS_WITHIN_S = 60.0

# What is put to the test is not how much one person may write.
WITHOUT_LIMITS = "\n[limits]\n" + "".join(
    f"{what} = [0, 0]\n"
    for what in (
        "messages_per_visitor",
        "messages_per_agent",
        "messages_per_address",
        "messages_per_site",
        "starts_per_visitor",
        "starts_per_address",
        "signals_per_person",
        "reads_per_connection",
        "requests_per_address",
    )
)
WORKSPACE = workspace(
    ["support", "sales"],
    department("support", method="average_utilization"),
    department("sales", method="ring_all"),
    *[agent(key, 3, {"support": 50, "sales": 50}) for key in ("ada", "ben", "cleo")],
)


def template(under: Path, settings: str) -> Path:
    """A data directory with this workspace in it, whose agents have the password `demo`; made once under a folder."""
    ready = under / hashlib.sha256(settings.encode()).hexdigest()[:16]
    if not ready.exists():
        folder = Path(tempfile.mkdtemp(dir=under))
        with Server(folder, settings) as seeding:
            assert seeding.process is not None
            seeding.process.send_signal(signal.SIGTERM)
            assert seeding.process.wait(ENDS_WITHIN_S) == 0, seeding.tail()
        folder.rename(ready)
    return ready / "data"


class Serving(Server):
    """A server that can be sent signals, and whose disk, clock and handlers fail on demand if it is `faulty`."""

    def __init__(self, folder: Path, templates: Path, workspace: str = WORKSPACE, *, faulty: bool = False) -> None:
        super().__init__(folder, workspace + WITHOUT_LIMITS)
        self.templates = templates
        self.faulty = faulty
        self.control = folder / "control"
        self.control.mkdir(exist_ok=True)

    def command(self, *more: str) -> list[str]:
        program = [sys.executable, "-P", str(FAULTY), str(self.control)] if self.faulty else [COMMAND]
        return [*program, "serve", "--port", str(self.port), "--data", str(self.data), *more]

    def seed(self) -> None:
        """The data directory as a first start leaves it."""
        assert self.workspace is not None
        settings = self.workspace.read_text(encoding="utf-8")
        shutil.copytree(template(self.templates, settings), self.data, dirs_exist_ok=True)

    def start(self) -> None:
        if not self.data.exists() or not any(self.data.iterdir()):
            self.seed()
        super().start()

    def cause(self, fault: str, what: str = "") -> None:
        """From now on; see faulty.py. Whole or not at all, as the server may be looking."""
        fresh = self.control / f".{fault}"
        fresh.write_text(what, encoding="utf-8")
        fresh.rename(self.control / fault)

    def mend(self, fault: str) -> None:
        (self.control / fault).unlink(missing_ok=True)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def wait(self, within_s: float = ENDS_WITHIN_S) -> int:
        """The exit code of the process that ends by itself; blocks."""
        assert self.process is not None
        code = self.process.wait(within_s)
        self.process = None
        return code

    def waited_s(self) -> float:
        """For how long the process that runs now was ready to run and did not, as others had the processors."""
        if self.process is None:
            return 0.0
        try:
            return int(Path(f"/proc/{self.process.pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
        except OSError:
            return 0.0

    def status_of(self, path: str) -> int:
        """The HTTP status of a GET; blocks."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request("GET", path)
            return line.getresponse().status
        finally:
            line.close()
