"""Every command explains itself, and whatever goes wrong is said in a sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from server.app import version
from server.cli import doing, frontdesk
from tests.cli.conftest import Run


def commands(group: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from commands(command, *path, name)


@pytest.mark.parametrize("path", list(commands(frontdesk)))
def test_it_has_help_with_an_example(path: tuple[str, ...]):
    done = CliRunner().invoke(frontdesk, [*path, "--help"])
    assert done.exit_code == 0
    assert "Example" in done.stdout
    assert f"frontdesk {' '.join(path)}".rstrip() in done.stdout.split("Example")[1]


def test_the_version():
    assert CliRunner().invoke(frontdesk, ["--version"]).stdout == f"frontdesk, version {version()}\n"


def test_it_runs_as_a_module(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "server", "--version"], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"frontdesk, version {version()}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--port", "http"],
        ["serve", "--port", "70000"],
        ["serve", "--trusted-proxy", "10.0.0.0/99"],
        ["serve", "--public-origin", "chat.example.org"],
        ["serve", "--log", "xml"],
        ["apply"],
        ["apply", "nowhere.toml"],
        ["demo", "--workspace", "nowhere.toml"],
        ["agent", "add", "ada"],
        ["agent", "add", "ada", "--email", "a@b", "--role", "king"],
    ],
)
def test_what_is_not_meant_so_ends_with_2(arguments: list[str]):
    done = CliRunner().invoke(frontdesk, arguments)
    assert done.exit_code == 2
    assert "Usage: frontdesk" in done.stderr
    assert "Traceback" not in done.output


def test_a_fault_of_our_own_is_logged_and_said_in_a_sentence(command: Run, monkeypatch: pytest.MonkeyPatch):
    def broken(*_arguments: object, **_more: object) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(doing, "ask_server", broken)
    done = command("export")
    assert done.exit_code == 1
    logged, said = done.stderr.splitlines()
    assert "ZeroDivisionError" in logged
    assert logged.startswith("{")
    assert said == "Something unexpected went wrong. It has been logged."
