from __future__ import annotations

import contextlib
import stat
from pathlib import Path

import apsw
import pytest

from server.store import audit, installation
from server.store.base import StoreError, Tx
from server.store.installation import Installation
from server.store.migrate import known_migrations, migrate
from server.store.sqlite.backup import back_up_directory
from server.store.sqlite.connection import SqliteTx, connect_writer
from server.store.sqlite.directory import DATABASE, DataDirectory
from server.store.sqlite.restore import restore

SECRET = b"s" * 32


def renew(tx: Tx) -> None:
    before = installation.renew(tx, "e_new", at=5)
    audit.append(tx, at=5, actor=audit.OWNER, action="database.restored", detail={"before": before})


def make(folder: Path, *, until: int | None = None) -> Path:
    """A data directory nobody uses, with the first migrations or all of them."""
    directory = DataDirectory.take(folder)
    directory.create_database()
    connection = connect_writer(directory.database)
    migrate(connection, known_migrations()[:until], now=1)
    tx = SqliteTx(connection)
    installation.create(tx, Installation("e_old", SECRET))
    tx.run("INSERT INTO workspace (id, key, settings, v, counters) VALUES (1, 'w', '{}', 7, '')")
    tx.run("INSERT INTO account (agent, workspace, email, revocation) VALUES ('a_1', 1, 'ada@x', 3)")
    tx.run("INSERT INTO token (hash, agent, revocation, created_at, expires_at) VALUES (x'01', 'a_1', 3, 0, 9)")
    if until is None:
        tx.run(
            "INSERT INTO bot_token (hash, id, workspace, bot, label, created_at, revoked_at) "
            "VALUES (x'02', 't_1', 1, 'b_1', '', 0, NULL), (x'03', 't_2', 1, 'b_1', '', 0, 2)"
        )
    connection.close()
    directory.release()
    return folder


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    target = tmp_path / "backup.sqlite3"
    back_up_directory(make(tmp_path / "source"), target)
    return target


def put_back(backup: Path, data: Path, *, replace: bool = False):
    return restore(backup, data, stamp="then", now=9, renew=renew, replace=replace)


@contextlib.contextmanager
def read(data: Path):
    connection = apsw.Connection(str(data / DATABASE), apsw.SQLITE_OPEN_READONLY)
    try:
        yield SqliteTx(connection)
    finally:
        connection.close()


def test_another_history_begins_and_every_login_ends(tmp_path, backup):
    data = tmp_path / "data"
    done = put_back(backup, data)
    assert (done.schema, done.aside) == (len(known_migrations()), None)
    assert {each.name for each in data.iterdir()} == {DATABASE, "lock"}
    assert stat.S_IMODE((data / DATABASE).stat().st_mode) == 0o600
    with read(data) as tx:
        assert installation.read(tx) == Installation("e_new", SECRET)
        assert tx.one("SELECT count(*) FROM token") == (0,)
        assert tx.one("SELECT revocation FROM account") == (4,)
        # Of bots, too: what was taken back since the backup would be good again.
        assert tx.all("SELECT id, revoked_at FROM bot_token ORDER BY id") == [("t_1", 5), ("t_2", 2)]
        assert tx.one("SELECT v FROM workspace") == (7,)
        assert [(row.action, row.detail) for row in audit.since(tx)] == [("database.restored", {"before": "e_old"})]


def test_what_is_there_is_refused_or_moved_aside_with_its_log(tmp_path, backup):
    data = make(tmp_path / "data")
    there = (data / DATABASE).read_bytes()
    assert (data / (DATABASE + "-wal")).stat().st_size > 0
    with pytest.raises(StoreError, match="--replace"):
        put_back(backup, data)
    assert (data / DATABASE).read_bytes() == there
    done = put_back(backup, data, replace=True)
    assert done.aside == data / "replaced-then"
    with read(done.aside) as tx:
        assert installation.read(tx) == Installation("e_old", SECRET)
    with read(data) as tx:
        assert installation.read(tx) == Installation("e_new", SECRET)


def test_another_ones_directory_is_left_alone(tmp_path, backup):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").touch()
    with pytest.raises(StoreError, match="not empty"):
        put_back(backup, tmp_path / "home", replace=True)


def test_a_running_server_is_not_restored_under(tmp_path, backup):
    directory = DataDirectory.take(make(tmp_path / "data"))
    with pytest.raises(StoreError, match="in use"):
        put_back(backup, tmp_path / "data", replace=True)
    directory.release()


def damaged(backup: Path) -> None:
    whole = bytearray(backup.read_bytes())
    whole[8192:20480] = bytes(12288)
    backup.write_bytes(whole)


def no_database(backup: Path) -> None:
    backup.write_bytes(b"minutes of the last meeting " * 1000)


def another_ones(backup: Path) -> None:
    backup.unlink()
    other = apsw.Connection(str(backup))
    other.execute("CREATE TABLE recipe (name TEXT)")
    other.close()


def newer(backup: Path) -> None:
    connection = apsw.Connection(str(backup))
    connection.execute("PRAGMA user_version = 999")
    connection.close()


def in_use(backup: Path) -> None:
    backup.with_name(backup.name + "-wal").write_bytes(b"x")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (damaged, "damaged|malformed"),
        (no_database, "is no database"),
        (another_ones, "no backup of Frontdesk"),
        (newer, "newer Frontdesk"),
        (in_use, "in use"),
        (Path.unlink, "There is no file"),
    ],
)
def test_a_file_that_is_no_backup_changes_nothing(tmp_path, backup, spoil, said):
    data = make(tmp_path / "data")
    before = {each.name: each.read_bytes() for each in data.iterdir() if each.name != "lock"}
    spoil(backup)
    with pytest.raises(StoreError, match=said):
        put_back(backup, data, replace=True)
    assert {each.name: each.read_bytes() for each in data.iterdir() if each.name != "lock"} == before


def test_an_older_backup_is_brought_up_to_date(tmp_path):
    old = tmp_path / "old.sqlite3"
    back_up_directory(make(tmp_path / "source", until=2), old)
    with contextlib.closing(apsw.Connection(str(old))) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (2,)  # A copy is a copy, also of an old schema.
    assert put_back(old, tmp_path / "data").schema == 2
    with read(tmp_path / "data") as tx:
        assert tx.one("PRAGMA user_version") == (len(known_migrations()),)


def test_what_a_process_killed_midway_left_is_no_obstacle(tmp_path, backup):
    data = tmp_path / "data"
    data.mkdir()
    (data / (".restoring" + DATABASE)).write_bytes(b"half")
    (data / "replaced-earlier").mkdir()
    put_back(backup, data)
    with read(data) as tx:
        assert installation.read(tx) == Installation("e_new", SECRET)
