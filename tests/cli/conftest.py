"""The command inside this process, on a data directory of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from server.cli import frontdesk

PASSWORD = "correct horse"
INIT = ["init", "--name", "Paper & Wren", "--origin", "https://wren.example", "--email", "Ada@wren.example"]
INIT += ["--admin-name", "Ada", "--password-stdin"]

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _log_of_this_test_only() -> Iterator[None]:
    """The command sets the log up for its own standard error."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def command(data: Path) -> Run:
    """Runs a command on the data directory."""

    def run(*arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(frontdesk, list(arguments), input=given, env={"FRONTDESK_DATA": str(data)})

    return run


@pytest.fixture
def workspace(command: Run) -> Run:
    """The same, once there is a workspace."""
    done = command(*INIT, given=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    return command
