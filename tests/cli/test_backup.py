from __future__ import annotations

import json
import re
from pathlib import Path

from server.store.sqlite.directory import DATABASE
from tests.cli.conftest import Run


def test_into_a_folder_keeping_the_newest(workspace: Run, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in ("frontdesk-20250101-000000.sqlite3", "frontdesk-20250102-000000.sqlite3", "mine.sqlite3"):
        (folder / name).touch()
    done = workspace("backup", str(folder), "--keep", "2")
    assert done.exit_code == 0, done.output
    kept = sorted(each.name for each in folder.iterdir())
    assert re.fullmatch(r"frontdesk-\d{8}-\d{6}\.sqlite3", kept[1])
    assert [kept[0], kept[2]] == ["frontdesk-20250102-000000.sqlite3", "mine.sqlite3"]
    assert f"{folder / 'frontdesk-20250101-000000.sqlite3'} was removed." in done.output


def test_there_and_back(workspace: Run, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "monday.sqlite3"
    assert workspace("backup", str(file)).exit_code == 0
    refused = workspace("restore", str(file))
    assert (refused.exit_code, "--replace" in refused.stderr) == (1, True)
    before = workspace("export").output
    assert workspace("agent", "disable", "ada").exit_code == 0
    done = workspace("restore", str(file), "--replace")
    assert done.exit_code == 0, done.output
    assert "logs in again" in done.output
    assert workspace("export").output == before
    assert "disabled" not in workspace("agent", "list").output
    (aside,) = data.glob("replaced-*")
    assert (aside / DATABASE).exists()


def test_a_token_that_was_revoked_since_the_backup_stays_so(workspace: Run, tmp_path: Path) -> None:
    """Nobody knows which those were: all of them end, as logins do, and one sentence says so."""
    file = tmp_path / "monday.sqlite3"
    token = workspace("token", "create", "faq").stdout.strip()
    assert workspace("backup", str(file)).exit_code == 0
    (made,) = json.loads(workspace("token", "list", "--json").stdout)
    assert workspace("token", "revoke", made["id"]).exit_code == 0
    done = workspace("restore", str(file), "--replace")
    assert "bots need new tokens" in done.output
    (after,) = json.loads(workspace("token", "list", "--json").stdout)
    assert (made["good"], after["id"], after["good"]) == (True, made["id"], False)
    assert workspace("token", "create", "faq").stdout.strip() not in {"", token}


def test_what_cannot_be_is_one_sentence(command: Run, workspace: Run, tmp_path: Path) -> None:
    for arguments in (
        ("backup", str(tmp_path / "nowhere" / "x.sqlite3")),
        ("backup", str(tmp_path / "x.sqlite3"), "--keep", "3"),
        ("restore", str(tmp_path / "nothing.sqlite3"), "--replace"),
    ):
        done = workspace(*arguments)
        assert done.exit_code == 1
        assert len(done.stderr.splitlines()) == 1
        assert "Traceback" not in done.output


def test_of_nothing_there_is_no_copy(command: Run, tmp_path: Path) -> None:
    done = command("backup", str(tmp_path / "x.sqlite3"))
    assert done.exit_code == 1
    assert "frontdesk init" in done.stderr
    assert not (tmp_path / "x.sqlite3").exists()
