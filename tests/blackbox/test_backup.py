"""A backup of a server at work, and what those who were connected hear after it was put back."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from pathlib import Path

import apsw

from tests.blackbox.connection import LostError
from tests.blackbox.people import People
from tests.blackbox.process import COMMAND, Server
from tests.blackbox.wire import Visitor

MESSAGES = 150


async def frontdesk(*arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run, [COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


async def test_a_copy_of_a_server_at_work_is_consistent(own_server: Server, own_people: People, tmp_path: Path) -> None:
    visitors = [await own_people.visitor() for _ in range(4)]
    for visitor in visitors:
        await visitor.start("support")
    first = {visitor.conversation: await visitor.say(visitor.conversation, "before") for visitor in visitors}

    async def write(visitor: Visitor) -> None:
        for number in range(MESSAGES):
            await visitor.post(visitor.conversation, f"{number}")
        await visitor.settled()

    copy = tmp_path / "copy.sqlite3"
    writing = asyncio.gather(*(write(visitor) for visitor in visitors))
    done = await frontdesk("backup", str(copy), "--data", str(own_server.data))
    await writing
    assert done.returncode == 0, done.stderr
    with contextlib.closing(apsw.Connection(str(copy), apsw.SQLITE_OPEN_READONLY)) as found:
        assert found.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert found.execute("PRAGMA foreign_key_check").fetchall() == []
        for visitor in visitors:
            rows = found.execute(
                "SELECT seq, text FROM entry e JOIN conversation c ON e.conversation = c.n WHERE id = ? ORDER BY seq",
                (visitor.conversation,),
            ).fetchall()
            assert len(rows) >= first[visitor.conversation]
            # The whole history goes on from exactly what the copy holds.
            whole = await visitor.whole_history(visitor.conversation)
            assert [(entry["seq"], entry["text"]) for entry in whole[: len(rows)]] == rows


async def test_after_a_restore_everybody_forgets_and_nothing_unsent_is_lost_or_doubled(
    own_server: Server, own_people: People, tmp_path: Path
) -> None:
    ada = await own_people.agent("ada")
    visitor = await own_people.pair("support", ada)
    kept = await visitor.say(visitor.conversation, "before the backup")
    copy, data = str(tmp_path / "copy.sqlite3"), str(own_server.data)
    assert (await frontdesk("backup", copy, "--data", data)).returncode == 0
    lost = await visitor.say(visitor.conversation, "after the backup")
    late = await own_people.visitor()
    await late.start("support", "begun after the backup")
    refused = await frontdesk("restore", copy, "--data", data, "--replace")
    assert (refused.returncode, "in use" in refused.stderr) == (1, True)

    await visitor.post(visitor.conversation, "unacknowledged")
    own_server.kill()
    for client in (ada, visitor, late):
        await client.ended()
    # The kill may have come after the commit of this one, but nobody was told: it is in the outbox.
    unsent = await visitor.post(visitor.conversation, "unsent")
    done = await frontdesk("restore", copy, "--data", data, "--replace")
    own_people.recorder.server("restored")
    assert done.returncode == 0, done.stderr
    own_people.recorder.server("restored")
    await asyncio.to_thread(own_server.start)

    epoch = visitor.epoch
    reply = await visitor.enter()
    assert (reply["reset"], visitor.epoch != epoch) == (True, True)
    await visitor.settled()
    texts = visitor.transcript.texts()
    assert "before the backup" in texts
    assert "after the backup" not in texts
    assert texts.count("unsent") == 1
    assert unsent.seq is not None
    assert unsent.seq > kept
    assert visitor.transcript.entries.get(lost, {}).get("text") != "after the backup"

    # A conversation that is in no history any more is nobody's; its visitor can begin another.
    assert (await late.enter())["reset"] is True
    assert (late.snapshot["conversation"], late.transcripts) == (None, {})
    code = await late.refused(
        "message.send", conversation=late.conversation, client_id="again", text="begun after the backup"
    )
    assert code["code"] == "not_found"
    await late.start("support", "begun after the backup")

    # A login that was good before is not any more: it may have been taken back meanwhile.
    with contextlib.suppress(LostError):
        await ada.enter()
    assert await ada.ended() == 4500
    own_server.tokens.clear()
    again = await own_people.agent("ada", "")
    await again.holds(visitor.conversation, unsent.seq)
    own_people.judge(database=True)
    own_people.agents.remove(ada)
