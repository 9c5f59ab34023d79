"""`frontdesk token`: shown once, alone; listed without what it is; ended."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import Run

WHOLE = re.compile(r"fdb_[A-Za-z0-9_-]{43}\n")


def test_a_token_is_printed_alone_and_makes_its_bot(workspace: Run):
    done = workspace("token", "create", "bot:faq", "--label", "laptop")
    assert done.exit_code == 0
    assert WHOLE.fullmatch(done.stdout)
    assert "There is a bot faq now." in done.stderr
    assert "good until it is revoked: frontdesk token revoke t_" in done.stderr
    assert done.stdout.strip() not in done.stderr
    exported = workspace("export").stdout
    assert '[[bot]]\nkey = "faq"\nname = "faq"\n' in exported
    again = workspace("token", "create", "--bot", "faq", "--days", "3")
    assert WHOLE.fullmatch(again.stdout)
    assert "There is a bot" not in again.stderr
    assert "good until 20" in again.stderr
    assert workspace("export").stdout == exported
    assert again.stdout not in exported


def test_tokens_are_listed_and_revoked(workspace: Run):
    tokens = [workspace("token", "create", key).stdout.strip() for key in ("faq", "faq", "night")]
    listed = workspace("token", "list").stdout.splitlines()
    assert [line.split()[1] for line in listed] == ["faq", "faq", "night"]
    assert all("never used" in line and "good until revoked" in line for line in listed)
    first = listed[0].split()[0]
    done = workspace("token", "revoke", first)
    assert (done.exit_code, done.stdout) == (0, f"The token {first} is good no more.\n")
    found = json.loads(workspace("token", "list", "bot:faq", "--json").stdout)
    assert [(each["id"] == first, each["good"], each["revoked_at"] is None) for each in found] == [
        (True, False, False),
        (False, True, True),
    ]
    again = workspace("token", "revoke", first)
    assert (again.exit_code, again.stderr) == (1, "There is no such token, or it was revoked before.\n")
    said = workspace("token", "list").stdout + json.dumps(found) + workspace("audit", "--json").stdout
    assert not any(token in said for token in tokens)


def test_as_json_there_is_all_of_it(workspace: Run):
    found = json.loads(workspace("token", "create", "faq", "--json", "--days", "1", "--label", "x").stdout)
    assert set(found) == {"token", "id", "bot", "label", "expires_at", "bot_made"}
    assert (found["bot"], found["label"], found["bot_made"]) == ("faq", "x", True)


def test_it_is_in_the_audit_log(workspace: Run):
    made = json.loads(workspace("token", "create", "faq", "--json").stdout)
    workspace("token", "revoke", made["id"])
    rows = [json.loads(line) for line in workspace("audit", "--json").stdout.splitlines()]
    told = [row for row in rows if row["action"].startswith("bot.")]
    assert [(row["actor"], row["action"]) for row in told] == [
        ("owner", "bot.added"),
        ("owner", "bot.token_made"),
        ("owner", "bot.token_revoked"),
    ]
    assert len({row["target"] for row in told}) == 1
    assert told[0]["target"].startswith("b_")
    assert told[1]["detail"] == {"label": "", "token": made["id"]}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("create",), 2, "Name the bot"),
        (("create", "faq", "--bot", "night"), 2, "Name one bot."),
        (("create", "FAQ!"), 1, 'bot "FAQ!": key must be 1 to 64 characters of a-z, 0-9 and -, not "FAQ!".'),
        (("create", "faq", "--days", "0"), 2, "0 is not in the range"),
        (("create", "faq", "--label", "x" * 101), 1, "A label has at most 100 characters."),
        (("list", "fag"), 1, 'There is no bot "fag".'),
        (("revoke", "t_nobody"), 1, "There is no such token, or it was revoked before."),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(workspace: Run, arguments: tuple[str, ...], status: int, said: str):
    done = workspace("token", *arguments)
    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr


def test_without_a_workspace_there_is_no_token(command: Run):
    done = command("token", "create", "faq")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "There is no workspace here yet." in done.stderr


def test_a_bot_that_goes_takes_its_tokens_along(workspace: Run, tmp_path):
    before = tmp_path / "workspace.toml"
    before.write_text(workspace("export").stdout, encoding="utf-8")
    workspace("token", "create", "faq")
    assert workspace("apply", str(before), "--prune", "--yes").exit_code == 0
    assert workspace("token", "list").stdout == ""
    assert workspace("token", "list", "faq").exit_code == 1
