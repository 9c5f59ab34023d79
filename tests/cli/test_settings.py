"""`init`, `apply`, `export`: a workspace comes to be, changes and is written out."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from server.settings.parse import parse
from tests.blackbox.process import COMMAND
from tests.cli.conftest import INIT, PASSWORD, Run


def test_init_makes_a_workspace_and_says_what_to_do_next(command: Run, data: Path):
    done = command(*INIT, given=f"{PASSWORD}\n")
    assert done.exit_code == 0
    assert '<script async src="https://YOUR-HOST/widget.js" data-site="paper-wren"></script>' in done.stdout
    assert f"frontdesk serve --data {data}" in done.stdout
    assert PASSWORD not in done.output
    file = parse(command("export").stdout)
    assert (file.workspace.key, file.workspace.name) == ("paper-wren", "Paper & Wren")
    assert file.workspace.default_department == "support"
    (site,) = file.sites
    assert (site.key, site.origins, site.departments) == ("paper-wren", ("https://wren.example",), ("support",))
    assert [department.key for department in file.departments] == ["support"]
    (admin,) = file.agents
    assert (admin.key, admin.name, admin.email, admin.role) == ("ada", "Ada", "Ada@wren.example", "admin")


def test_what_init_was_not_given_it_asks_for(command: Run):
    answers = ["Wren", "https://wren.example", "ada@wren.example", "", "short", PASSWORD, PASSWORD]
    done = command("init", given="\n".join(answers) + "\n")
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    file = parse(command("export").stdout)
    assert file.workspace.name == "Wren"
    assert file.agents[0].name == "Ada"


def test_init_happens_once(workspace: Run):
    before = workspace("export").stdout
    again = workspace(*INIT, given=f"{PASSWORD}\n")
    assert again.exit_code == 1
    assert again.stderr.startswith('There is a workspace already, "paper-wren"')
    assert len(again.stderr.splitlines()) == 1
    assert workspace("export").stdout == before


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--origin", "shop.example", "origin"),
        ("--origin", "*", "every website"),
        ("--email", "ada", "email"),
        ("--key", "My Shop", "key"),
        ("--timezone", "Europe/Kopenhagen", "Europe/Kopenhagen"),
        ("--language", "Danish!", "language"),
    ],
)
def test_init_refuses_what_is_not_sound(command: Run, option: str, value: str, told: str):
    arguments = [*INIT, option, value]
    done = command(*arguments, given=f"{PASSWORD}\n")
    assert done.exit_code == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert command("export").exit_code == 1, "nothing was made"


def test_a_short_password_is_no_password(command: Run):
    done = command(*INIT, given="short\n")
    assert done.exit_code == 2
    assert "8 characters" in done.stderr


def test_with_the_password_on_standard_input_nothing_else_is_asked(command: Run):
    done = command("init", "--name", "Wren", "--password-stdin", given=f"{PASSWORD}\n")
    assert done.exit_code == 2
    assert "--origin" in done.stderr


def test_export_and_apply_is_a_round_trip(workspace: Run, tmp_path: Path):
    file = tmp_path / "workspace.toml"
    assert workspace("export", str(file)).exit_code == 0
    assert file.read_text() == workspace("export").stdout
    assert workspace("apply", str(file), "--prune").stdout == "Nothing changes.\n"
    assert file.read_text() == workspace("export").stdout


def test_apply_says_what_it_changes_and_does_it(workspace: Run, tmp_path: Path):
    file = tmp_path / "workspace.toml"
    text = workspace("export").stdout
    file.write_text(text + '\n[[department]]\nkey = "sales"\n')
    dry = workspace("apply", str(file), "--dry-run")
    assert dry.stdout == '+ department "sales"\n1 change would be made.\n'
    assert workspace("export").stdout == text
    assert workspace("apply", str(file)).stdout == '+ department "sales"\n1 change made.\n'
    assert [one.key for one in parse(workspace("export").stdout).departments] == ["support", "sales"]


def test_without_prune_what_the_file_does_not_name_stays(workspace: Run, tmp_path: Path):
    text = workspace("export").stdout
    workspace("apply", "-", given=text + '\n[[department]]\nkey = "sales"\n')
    assert workspace("apply", "-", given=text).stdout == "Nothing changes.\n"
    pruned = workspace("apply", "-", "--prune", given=text)
    assert pruned.stdout == '- department "sales"\n1 change made.\n'


def test_a_first_workspace_may_come_from_a_file(command: Run):
    text = '[workspace]\nkey = "shop"\n\n[[department]]\nkey = "help"\n'
    done = command("apply", "-", given=text)
    assert done.exit_code == 0
    assert '+ workspace "shop"' in done.stdout
    assert parse(command("export").stdout).workspace.default_department == "help"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[workspace]\nkey = "paper-wren"\n[[department]]\nkey = "support"\nmethd = "x"\n', ["line 5", "method"]),
        ('[workspace]\nkey = "paper-wren"\n[[agent]\n', ["line 3"]),
        ('[workspace]\nkey = "other"\n', ["other", "paper-wren"]),
    ],
)
def test_a_broken_file_is_named_with_its_line(workspace: Run, tmp_path: Path, text: str, told: list[str]):
    before = workspace("export").stdout
    file = tmp_path / "workspace.toml"
    file.write_text(text)
    done = workspace("apply", str(file))
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(str(file))
    for word in told:
        assert word in done.stderr
    assert workspace("export").stdout == before


def test_a_file_that_is_no_text(workspace: Run, tmp_path: Path):
    file = tmp_path / "workspace.toml"
    file.write_bytes(b"\xff\xfe\x00")
    done = workspace("apply", str(file))
    assert (done.exit_code, done.stderr) == (1, f"{file} is not text in UTF-8.\n")


@pytest.mark.parametrize(
    "arguments", [["export"], ["agent", "list"], ["agent", "disable", "ada"], ["serve", "--port", "0"]]
)
def test_without_a_workspace_nothing_is_made(command: Run, data: Path, arguments: list[str]):
    done = command(*arguments)
    assert done.exit_code == 1
    assert done.stderr == 'There is no workspace here yet. Run "frontdesk init" first, or choose another --data.\n'
    assert not data.exists()


@pytest.mark.parametrize(("answer", "exit_code", "made"), [("y", 0, True), ("n", 1, False)])
def test_on_a_terminal_apply_asks_first(
    workspace: Run, data: Path, tmp_path: Path, answer: str, exit_code: int, made: bool
):
    before = workspace("export").stdout
    file = tmp_path / "workspace.toml"
    file.write_text(before + '\n[[department]]\nkey = "sales"\n')
    terminal, inner = pty.openpty()
    try:
        os.write(terminal, f"{answer}\n".encode())
        done = subprocess.run(
            [COMMAND, "apply", str(file), "--data", str(data)], stdin=inner, capture_output=True, text=True, check=False
        )
    finally:
        os.close(terminal)
        os.close(inner)
    assert done.returncode == exit_code
    assert '+ department "sales"' in done.stdout
    assert ("1 change made." in done.stdout) == made
    assert (workspace("export").stdout != before) == made
