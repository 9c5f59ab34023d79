"""A start that cannot succeed says why in one sentence on standard error, and ends."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.blackbox.process import Server, refused_start, taken_port
from tests.blackbox.workspace import agent, department, workspace


def sentence(refused: subprocess.CompletedProcess[str]) -> str:
    """What it said: one sentence, no more."""
    assert refused.returncode not in {0, None}
    assert refused.returncode > 0, "ended by a signal"
    assert "Traceback" not in refused.stderr + refused.stdout
    lines = refused.stderr.strip().splitlines()
    assert len(lines) == 1, refused.stderr
    return lines[0]


GOOD = workspace(["support"], department("support", method="ring_all"), agent("ada", 3, {"support": 50}))


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('method = "ring_all"', 'methd = "ring_all"', ["method"]),
        ('method = "ring_all"', 'method = "ring_al"', ["ring_all"]),
        ("max_slots = 3", "max_slot = 3", ["max_slots"]),
        ("max_slots = 3", 'max_slots = "three"', ["max_slots"]),
        ("priority = 50", "priority = 500", ["priority"]),
        ('department = "support"', 'department = "suport"', ["suport", "support"]),
        ('default_department = "support"', 'default_department = "suport"', ["suport", "support"]),
        ("[[agent]]", "[[agnet]]", ["agnet", "agent"]),
        ("max_slots = 3", "max_slots = ", []),
        ("[[department]]", "[[department]", []),
    ],
)
def test_a_broken_workspace_file_is_named_with_its_line(
    tmp_path: Path, right: str, wrong: str, told: list[str]
) -> None:
    lines = GOOD.splitlines()
    number = next(place for place, line in enumerate(lines, start=1) if line == right)
    lines[number - 1] = wrong
    server = Server(tmp_path, "\n".join(lines) + "\n")
    said = sentence(refused_start(server.command()))
    assert re.search(rf"(?<!\d){number}(?!\d)", said.replace(str(tmp_path), "")), f"line {number}: {said}"
    for word in told:
        assert word in said


def test_the_good_file_starts(tmp_path: Path) -> None:
    with Server(tmp_path, GOOD) as server:
        assert server.process is not None


def test_a_missing_workspace_file_is_named(tmp_path: Path) -> None:
    command = [*Server(tmp_path).command(), "--workspace", str(tmp_path / "nowhere.toml")]
    # Options are checked by the command line itself, which shows how they are meant.
    refused = refused_start(command)
    assert refused.returncode > 0
    assert "nowhere.toml" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with taken_port() as port:
        server.port = port
        said = sentence(refused_start(server.command()))
    assert str(port) in said


def test_a_data_directory_in_use_is_named(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        second = Server(tmp_path)
        said = sentence(refused_start(second.command()))
        assert str(second.data) in said
        assert server.process is not None
        assert server.process.poll() is None, "the first one goes on"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_the_demo_listens_on_loopback_only(tmp_path: Path, host: str) -> None:
    said = sentence(refused_start(Server(tmp_path).command("--host", host)))
    assert "loopback" in said or "127.0.0.1" in said
