"""What is counted of a bot's conversations: those that ended with it, and those that people had."""

from __future__ import annotations

from server.store import bot_days
from server.store.bot_days import BotDayRow
from server.store.sqlite import SqliteStore
from tests.support.clock import FakeClock

_CONVERSATION = (
    "INSERT INTO conversation (n, id, workspace, site, visitor, department, state, key_at, arrival, entered_at, "
    "assign_no, version, entries, notes, started_at, closed_at, language, page, form, tags, bot, trial) "
    "VALUES (?, ?, 1, 's', 'v_1', 'd_1', 'closed', 1, 1, 1, 0, 1, 3, 0, 1, ?, '', '{}', '{}', '[]', ?, ?)"
)
_ENTRY = (
    "INSERT INTO entry (conversation, seq, kind, role, sender, name, client_id, text, body, at) "
    "VALUES (?, ?, ?, ?, '', '', NULL, '', NULL, 1)"
)


def put(tx, n, *, at=100, bot="b_1", trial=0, wrote=True, by="visitor", had=None):
    tx.run(_CONVERSATION, (n, f"c_{n}", at, bot, trial))
    said = [("message", "visitor"), *([("message", "bot")] if wrote else []), ("closed", by)]
    for seq, (kind, role) in enumerate(said, start=1):
        tx.run(_ENTRY, (n, seq, kind, role))
    if had is not None:
        tx.run(
            "INSERT INTO event (workspace, v, n, kind, body, at, conversation) VALUES (1, ?, 0, ?, '{}', 1, ?)",
            (n, had, f"c_{n}"),
        )


def fill(tx):
    tx.run("INSERT INTO workspace (id, key, settings, v, counters) VALUES (1, 'w', '{}', 0, '{}')")
    tx.run(
        "INSERT INTO visitor (id, workspace, site, name, email, language, timezone, visits, created_at, seen_at) "
        "VALUES ('v_1', 1, 's', '', '', '', '', 1, 1, 1)"
    )
    put(tx, 1)
    put(tx, 2, by="bot")
    put(tx, 3, wrote=False)
    put(tx, 4, by="system")
    put(tx, 5, had="ConversationHandedOver")
    put(tx, 6, had="ConversationAssigned")
    put(tx, 7, had="ConversationClosed", at=199)
    put(tx, 8, at=99)
    put(tx, 9, at=200)
    put(tx, 10, trial=1)
    put(tx, 11, bot="b_2")
    put(tx, 12, bot=None)


async def test_deflected_is_what_the_bot_ended_alone(tmp_path):
    async with await SqliteStore.open(tmp_path, clock=FakeClock()) as store:
        await store.write(fill)
        read = store.read
        assert await read(lambda tx: bot_days.count(tx, "b_1", since=100, until=200)) == BotDayRow(ended=7, deflected=3)
        assert await read(lambda tx: bot_days.count(tx, "b_2", since=0, until=999)) == BotDayRow(ended=1, deflected=1)
        assert await read(lambda tx: bot_days.count(tx, "b_3", since=0, until=999)) == BotDayRow(ended=0, deflected=0)
