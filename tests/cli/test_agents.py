"""`frontdesk agent`: who is inside, and whether they may log in."""

from __future__ import annotations

import pytest

from server.settings.parse import parse
from server.settings.workspace import Member
from tests.cli.conftest import PASSWORD, Run


def test_an_agent_is_added(workspace: Run):
    arguments = ["add", "ben", "--name", "Ben", "--email", "ben@wren.example", "--department", "support"]
    done = workspace("agent", *arguments, "--max-slots", "5", "--role", "supervisor")
    assert done.exit_code == 0, done.output
    assert "frontdesk agent password ben" in done.stdout
    ben = parse(workspace("export").stdout).agents[-1]
    assert (ben.key, ben.name, ben.role, ben.max_slots) == ("ben", "Ben", "supervisor", 5)
    assert ben.members == (Member(department="support"),)


def test_the_list_says_who_cannot_log_in(workspace: Run):
    workspace("agent", "add", "ben", "--email", "ben@wren.example")
    workspace("agent", "add", "cleo", "--email", "c@wren.example", "--password-stdin", given=f"{PASSWORD}\n")
    workspace("agent", "disable", "cleo")
    assert workspace("agent", "list").stdout.splitlines() == [
        "ada   Ada   Ada@wren.example  admin  support",
        "ben   ben   ben@wren.example  agent           no password",
        "cleo  cleo  c@wren.example    agent           disabled",
    ]
    workspace("agent", "enable", "cleo")
    assert "disabled" not in workspace("agent", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "ada", "--email", "x@wren.example"], 'There is an agent "ada" already.'),
        (["add", "ben", "--email", "ADA@wren.example"], "ada@wren.example"),
        (["add", "ben", "--email", "ben"], "email"),
        (["add", "Ben", "--email", "ben@wren.example"], "key"),
        (["add", "ben", "--email", "b@wren.example", "--department", "suport"], 'did you mean "support"?'),
        (["disable", "adda"], 'There is no agent "adda", did you mean "ada"?'),
        (["enable", "nobody-at-all"], 'There is no agent "nobody-at-all".'),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(workspace: Run, arguments: list[str], told: str):
    before = workspace("export").stdout
    done = workspace("agent", *arguments)
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert told.lower() in done.stderr.lower()
    assert workspace("export").stdout == before


def test_a_password_is_asked_for_twice_and_not_shown(workspace: Run):
    done = workspace("agent", "password", "ada", given="correct horse 2\ncorrect horse 2\n")
    assert done.exit_code == 0
    assert "correct" not in done.output


def test_a_password_is_never_an_argument(workspace: Run):
    assert workspace("agent", "password", "ada", "correct horse 2").exit_code == 2
    assert workspace("agent", "password", "ada", "--password", "correct horse 2").exit_code == 2


def test_no_password_at_the_end_of_standard_input(workspace: Run):
    done = workspace("agent", "password", "ada", "--password-stdin", given="")
    assert done.exit_code == 2
    assert "8 characters" in done.stderr
