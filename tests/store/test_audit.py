"""The audit log: rows follow each other, nobody changes one, and what was changed all the same is found."""

from __future__ import annotations

import apsw
import pytest

from server.clock import SystemClock
from server.store import audit
from server.store.base import Tx
from server.store.sqlite import SqliteStore
from server.store.sqlite.directory import DATABASE


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
async def store(folder):
    async with await SqliteStore.open(folder, clock=SystemClock()) as opened:
        yield opened


def three(tx: Tx) -> None:
    audit.append(tx, at=10, actor="a_1", action="login")
    audit.append(tx, at=20, actor=audit.OWNER, action="agent.disabled", target="a_1")
    audit.append(tx, at=30, actor="", action="login.failed", detail={"why": "wörd", "n": 2})


async def test_rows_are_numbered_and_read_from_a_moment_on(store):
    await store.write(three)
    found = await store.read(lambda tx: audit.since(tx, at=20))
    assert [(row.number, row.action, row.target) for row in found] == [
        (2, "agent.disabled", "a_1"),
        (3, "login.failed", ""),
    ]
    assert found[1].detail == {"why": "wörd", "n": 2}
    assert [row.number for row in await store.read(lambda tx: audit.since(tx, after=1, limit=1))] == [2]


async def test_an_untouched_log_is_whole_and_says_where_it_ends(store):
    assert await store.read(audit.verify) == audit.Verdict(rows=0, hash="")
    await store.write(three)
    found = await store.read(audit.since)
    assert await store.read(audit.verify) == audit.Verdict(rows=3, hash=found[-1].hash)


async def test_what_is_taken_back_is_not_recorded(store):
    def failing(tx: Tx) -> None:
        audit.append(tx, at=1, actor="a_1", action="login")
        raise ValueError("taken back")

    with pytest.raises(ValueError, match="taken back"):
        await store.write(failing)
    await store.write(three)
    assert (await store.read(audit.verify)).rows == 3


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET actor = 'a_2' WHERE number = 2",
        "DELETE FROM audit WHERE number = 3",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT number, at, 'a_2', action, target, detail, previous, hash FROM audit",
        "INSERT INTO audit SELECT number + 7, at, actor, action, target, detail, previous, hash FROM audit",
    ],
)
async def test_the_database_refuses_to_change_a_row(store, sql):
    await store.write(three)
    with pytest.raises(Exception, match="only ever added to"):
        await store.write(lambda tx: tx.run(sql))
    assert (await store.read(audit.verify)).wrong is None


@pytest.mark.parametrize(
    ("sql", "wrong", "why"),
    [
        ("UPDATE audit SET actor = 'a_2' WHERE number = 2", 2, "it is not what was written"),
        ("UPDATE audit SET at = 11 WHERE number = 1", 1, "it is not what was written"),
        ("UPDATE audit SET detail = '{\"n\":3}' WHERE number = 3", 3, "it is not what was written"),
        ("UPDATE audit SET hash = x'00' WHERE number = 1", 1, "it is not what was written"),
        ("UPDATE audit SET previous = x'00' WHERE number = 2", 2, "it does not follow the row before it"),
        ("DELETE FROM audit WHERE number = 2", 3, "row 2 is missing before it"),
        ("DELETE FROM audit WHERE number = 1", 2, "row 1 is missing before it"),
    ],
)
async def test_whoever_changes_the_file_is_found_out(store, folder, sql, wrong, why):
    await store.write(three)
    await store.close()
    file = apsw.Connection(str(folder / DATABASE))
    for name in ("audit_is_not_changed", "audit_is_not_deleted"):
        file.execute(f"DROP TRIGGER {name}")
    file.execute(sql)
    file.close()
    async with await SqliteStore.open(folder, clock=SystemClock()) as opened:
        verdict = await opened.read(audit.verify)
    assert (verdict.wrong, verdict.why) == (wrong, why)


async def test_a_rewritten_row_breaks_the_next_one(store, folder):
    """Even with a hash that fits: the row after it names the old one."""
    await store.write(three)
    await store.close()
    file = apsw.Connection(str(folder / DATABASE))
    for name in ("audit_is_not_changed", "audit_is_not_deleted"):
        file.execute(f"DROP TRIGGER {name}")
    first = file.execute("SELECT number, at, 'a_2', action, target, detail, previous FROM audit LIMIT 1").fetchone()
    assert first is not None
    file.execute("UPDATE audit SET actor = 'a_2', hash = ? WHERE number = 1", (audit._hash(first),))
    file.close()
    async with await SqliteStore.open(folder, clock=SystemClock()) as opened:
        assert (await opened.read(audit.verify)).wrong == 2
