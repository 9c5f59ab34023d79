from __future__ import annotations

import random
from itertools import count

import apsw
import pytest

from server.store.base import StoreError
from server.store.migrate import Migration, known_migrations, migrate, schema_of
from server.store.sqlite import SqliteStore
from server.store.sqlite.connection import connect_writer
from tests.support.clock import FakeClock
from tests.support.disk import Disk

FIRST = Migration(1, "first", "CREATE TABLE a (n INTEGER PRIMARY KEY); INSERT INTO a VALUES (1); -- the end")
SECOND = Migration(2, "second", "CREATE TABLE b (n INTEGER REFERENCES a (n)); INSERT INTO b SELECT n FROM a;")
THIRD = Migration(
    3,
    "third",
    """
    CREATE TABLE a2 (n INTEGER PRIMARY KEY, text TEXT NOT NULL DEFAULT '');
    INSERT INTO a2 (n) SELECT n FROM a;
    DROP TABLE a;
    ALTER TABLE a2 RENAME TO a;
    """,
)
ALL = [FIRST, SECOND, THIRD]


@pytest.fixture
def connection(tmp_path):
    opened = connect_writer(tmp_path / "file.sqlite3")
    yield opened
    opened.close()


def tables(connection):
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_the_files_are_numbered_without_a_gap():
    known = known_migrations()
    assert [migration.number for migration in known] == list(range(1, len(known) + 1))
    assert known[0].name == "initial"
    assert "CREATE TABLE conversation" in known[0].sql


def test_what_is_missing_is_applied_in_order_and_noted(connection):
    assert migrate(connection, [FIRST], now=7) == [FIRST]
    assert migrate(connection, ALL, now=8) == [SECOND, THIRD]
    assert migrate(connection, ALL, now=9) == []
    notes = connection.execute("SELECT number, name, applied_at FROM schema_migration").fetchall()
    assert notes == [(1, "first", 7), (2, "second", 8), (3, "third", 8)]
    assert schema_of(connection) == 3
    assert connection.execute("SELECT n, text FROM a").fetchall() == [(1, "")]
    assert connection.pragma("foreign_keys") == 1


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE c (n); UPSET",
        "CREATE TABLE c (n); INSERT INTO a VALUES (1)",
        "CREATE TABLE c (n); DELETE FROM a",  # b still refers to it
    ],
)
def test_of_one_that_fails_nothing_is_kept(connection, sql):
    with pytest.raises(StoreError, match=r"Migration 0003 \(bad\) failed, and nothing of it was kept: "):
        migrate(connection, [FIRST, SECOND, Migration(3, "bad", sql)], now=0)
    assert tables(connection) == {"a", "b", "schema_migration"}
    assert schema_of(connection) == 2
    assert connection.pragma("foreign_keys") == 1
    assert migrate(connection, ALL, now=0) == [THIRD]


async def test_a_newer_schema_is_refused_and_not_touched(tmp_path):
    known = len(known_migrations())
    newer = known + 1
    async with await SqliteStore.open(tmp_path, clock=FakeClock()) as opened:
        await opened.write(lambda tx: tx.run(f"PRAGMA user_version = {newer}"))
    before = (tmp_path / "frontdesk.sqlite3").read_bytes()
    with pytest.raises(StoreError) as refused:
        await SqliteStore.open(tmp_path, clock=FakeClock())
    assert str(refused.value) == (
        f"The data directory was written by a newer Frontdesk (schema {newer}; this one knows {known}). "
        "Upgrade Frontdesk or choose another --data."
    )
    assert (tmp_path / "frontdesk.sqlite3").read_bytes() == before


@pytest.mark.slow
def test_killed_at_any_moment_the_next_start_completes(tmp_path):
    """Row 34: after every step the disk was asked for, with the unsynced kept, lost, or kept in part."""
    with Disk() as disk:
        connection = connect_writer(tmp_path / "file.sqlite3", disk.name)
        migrate(connection, ALL, now=0)
        connection.close()
        chance = random.Random(34)
        seen = set()
        number = count()
        for steps in range(len(disk.steps) + 1):
            for keep in (lambda: False, lambda: True, lambda: chance.random() < 0.5):
                seen.add(started_again(tmp_path / str(next(number)), disk.after_power_loss(steps, keep)))
    assert seen == {0, 1, 2, 3}


def started_again(path, files):
    """Complete the migrations on those files; returns how many were there."""
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)
    connection = connect_writer(path / "file.sqlite3")
    try:
        found = schema_of(connection)
        assert migrate(connection, ALL, now=0) == ALL[found:]
        assert connection.pragma("integrity_check") == "ok"
        assert tables(connection) == {"a", "b", "schema_migration"}
        assert connection.execute("SELECT a.n, a.text FROM a JOIN b USING (n)").fetchall() == [(1, "")]
        return found
    finally:
        connection.close()


def test_an_empty_file_has_schema_nought():
    memory = apsw.Connection(":memory:")
    assert schema_of(memory) == 0
    memory.close()


def test_events_of_before_find_their_conversations(connection):
    known = known_migrations()
    migrate(connection, known[:2], now=1)
    connection.execute("""
        INSERT INTO event (workspace, v, n, kind, body, at) VALUES
          (1, 1, 0, 'ConversationStarted', '{"conversation":"c_1"}', 1),
          (1, 1, 1, 'OfferMade', '{"offer":{"id":"o_1","conversation":"c_1"}}', 1),
          (1, 1, 2, 'AgentGone', '{"agent":"a_1"}', 1),
          (1, 2, 0, 'Configured', '{}', 2)
    """)
    migrate(connection, known, now=2)
    found = connection.execute("SELECT conversation FROM event ORDER BY v, n").fetchall()
    assert found == [("c_1",), ("c_1",), (None,), (None,)]


def test_a_log_keeps_its_entries_and_their_names(connection):
    known = known_migrations()
    migrate(connection, known[:5], now=1)
    connection.execute("""
        INSERT INTO workspace (id, key, settings, v, counters) VALUES (1, 'demo', '{}', 0, '{}');
        INSERT INTO visitor (id, workspace, site, name, email, language, timezone, visits, created_at, seen_at)
          VALUES ('v_1', 1, 's_1', '', '', '', '', 1, 1, 1);
        INSERT INTO conversation (n, id, workspace, site, visitor, department, state, key_at, arrival, entered_at,
            assign_no, version, entries, notes, started_at, language, page, form, tags)
          VALUES (7, 'c_1', 1, 's_1', 'v_1', 'd_1', 'active', 1, 1, 1, 0, 1, 3, 0, 1, '', '{}', '{}', '[]');
        INSERT INTO entry (conversation, seq, kind, role, sender, name, client_id, text, body, at) VALUES
          (7, 3, 'message', 'agent', 'a_1', 'Ada', 'm1', 'Hello', NULL, 30),
          (7, 1, 'message', 'visitor', 'v_1', '', 'm1', 'Hi', NULL, 10),
          (7, 2, 'joined', 'agent', 'a_1', 'Ada', NULL, '', '{"waited_ms":5}', 20);
    """).fetchall()
    before = connection.execute("SELECT * FROM entry ORDER BY seq").fetchall()
    migrate(connection, known, now=2)
    columns = "conversation, seq, kind, role, sender, name, client_id, text, body, at"
    assert connection.execute(f"SELECT {columns} FROM entry ORDER BY seq").fetchall() == before
    assert [row[0] for row in connection.execute("SELECT seq FROM entry ORDER BY position")] == [1, 2, 3]
    for again in (
        "(7, 3, 'message', 'x', 'x', '', NULL, '', NULL, 1)",
        "(7, 4, 'message', 'x', 'a_1', '', 'm1', '', NULL, 1)",
    ):
        with pytest.raises(apsw.ConstraintError):
            connection.execute(f"INSERT INTO entry ({columns}) VALUES {again}")


def test_settings_stay_when_bots_come_to_them(connection):
    known = known_migrations()
    migrate(connection, known[:6], now=1)
    connection.execute("""
        INSERT INTO workspace (id, key, settings, v, counters) VALUES (1, 'demo', '{}', 0, '{}');
        INSERT INTO setting (workspace, kind, key, id, position, body) VALUES
          (1, 'department', 'support', 'd_1', 0, '{}'), (1, 'rule', 'r', 'r_1', 0, '{"a":1}');
    """).fetchall()
    before = connection.execute("SELECT * FROM setting ORDER BY id").fetchall()
    migrate(connection, known, now=2)
    assert connection.execute("SELECT * FROM setting ORDER BY id").fetchall() == before
    connection.execute("INSERT INTO setting VALUES (1, 'bot', 'faq', 'b_1', 0, '{}')")
    for again in (
        "(1, 'bot', 'other', 'b_1', 0, '{}')",
        "(1, 'robot', 'faq', 'b_2', 0, '{}')",
        "(1, 'bot', 'faq', 'b_3', 0, '{}')",
    ):
        with pytest.raises(apsw.ConstraintError):
            connection.execute(f"INSERT INTO setting VALUES {again}")
