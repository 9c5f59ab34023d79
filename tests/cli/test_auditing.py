"""`frontdesk audit`: who did what, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import apsw

from server.store.sqlite.directory import DATABASE
from tests.cli.conftest import PASSWORD, Run


def test_what_the_command_line_did_is_shown_without_secrets(workspace: Run):
    workspace("agent", "add", "ben", "--email", "ben@wren.example", "--role", "supervisor")
    workspace("agent", "password", "ben", "--password-stdin", given=f"{PASSWORD}\n")
    workspace("agent", "disable", "ben")
    workspace("agent", "enable", "ben")
    workspace("agent", "logout", "ben")
    done = workspace("audit", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["action"] for row in rows] == [
        "workspace.founded",
        "agent.added",
        "settings.applied",
        "agent.added",
        "agent.password",
        "agent.disabled",
        "agent.enabled",
        "agent.logged_out",
    ]
    assert {row["actor"] for row in rows} == {"owner"}
    assert [row["number"] for row in rows] == list(range(1, 9))
    assert rows[2]["detail"] == {"sections": ['agent "ben"']}
    assert rows[3]["detail"] == {"key": "ben", "role": "supervisor"}
    assert len({row["target"] for row in rows[3:]}) == 1
    assert PASSWORD not in done.stdout
    shown = workspace("audit", "--since", "1h").stdout.splitlines()
    assert len(shown) == 8
    assert "agent.logged_out" in shown[-1]
    assert workspace("audit", "--since", "2999-01-01").stdout == ""


def test_a_change_of_role_is_named(workspace: Run, tmp_path):
    text = workspace("export").stdout.replace('role = "admin"', 'role = "agent"')
    added = workspace("agent", "add", "root", "--email", "root@wren.example", "--role", "admin")
    assert added.exit_code == 0, added.output
    file = tmp_path / "w.toml"
    file.write_text(text, encoding="utf-8")
    assert workspace("apply", str(file), "--yes").exit_code == 0
    last = json.loads(workspace("audit", "--json").stdout.splitlines()[-1])
    assert (last["action"], last["detail"]) == ("agent.role", {"key": "ada", "from": "admin", "to": "agent"})


def test_a_changed_log_is_found_out(workspace: Run, data: Path):
    done = workspace("audit", "--verify")
    assert done.exit_code == 0
    assert done.stdout.startswith("The audit log is whole: 2 rows, the last with hash ")
    file = apsw.Connection(str(data / DATABASE))
    file.execute("DROP TRIGGER audit_is_not_changed; UPDATE audit SET actor = 'a_x' WHERE number = 2")
    file.close()
    done = workspace("audit", "--verify")
    assert (done.exit_code, done.stderr) == (1, "The audit log was changed: row 2: it is not what was written.\n")
