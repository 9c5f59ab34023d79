"""Bots over REST: the records, the tokens, what is seen of them, trying one out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from server.store import audit
from tests.http.office import Office


@pytest.fixture
async def bots(desk: Office) -> Office:
    """Support is answered by a bot first."""
    support = await desk.get("/departments/support")
    assert (await desk.ask("PUT", "/departments/support", {**support, "first": "bot:faq"})).status == 200
    return desk


async def only(desk: Office) -> dict[str, Any]:
    (found,) = await desk.get("/bots")
    assert isinstance(found, dict)
    return found


async def recorded(desk: Office) -> list[tuple[str, str]]:
    rows = await desk.server.store.read(audit.since)
    return [(row.actor, row.action) for row in rows if row.action.startswith("bot.")]


# Records.


async def test_a_bot_that_is_named_is_there_with_its_defaults(bots: Office):
    found = await bots.get("/bots/faq")
    assert found == {
        "key": "faq",
        "name": "faq",
        "reply_seconds": 30,
        "grace_seconds": 20,
        "max_conversations": 0,
        "human_words": {},
    }
    seen = await only(bots)
    assert seen["settings"] == found
    assert re.fullmatch(r"b_\w+", seen["id"])
    assert {key: seen[key] for key in seen.keys() - {"id", "settings"}} == {
        "key": "faq",
        "name": "faq",
        "connections": [],
        "conversations": 0,
        "waiting": 0,
        "oldest_unanswered_at": None,
        "last_error": None,
        "answered": 0,
        "answer_p50_ms": None,
        "answer_p95_ms": None,
        "started": 0,
        "handed_over": {},
        "failed": {},
        "deflected": 0,
        "tokens": [],
    }
    assert (await bots.get("/settings"))["bot"] == [found]


async def test_it_is_changed_and_keeps_its_id(bots: Office):
    before = (await only(bots))["id"]
    assert (await bots.ask("PUT", "/bots/faq", {"name": "Questions", "reply_seconds": 5})).status == 200
    seen = await only(bots)
    assert (seen["id"], seen["name"], seen["settings"]["reply_seconds"]) == (before, "Questions", 5)
    assert (await bots.ask("PUT", "/bots/night", {})).status == 201
    assert [each["key"] for each in await bots.get("/bots")] == ["faq", "night"]
    assert (await bots.ask("DELETE", "/bots/night")).status == 204
    wrong = await bots.ask("PUT", "/bots/faq", {"reply_secs": 5})
    assert wrong.code == (400, "bad_request")
    assert wrong.body["error"]["problems"][0]["path"] == ["bot", "faq", "reply_secs"]


async def test_as_long_as_it_comes_first_it_is_not_removed(bots: Office):
    refused = await bots.ask("DELETE", "/bots/faq")
    assert refused.code == (400, "bad_request")
    said = refused.body["error"]
    assert said["message"] == 'department "support": conversations go to bot "faq" first, so it cannot be removed.'
    assert said["problems"][0]["path"] == ["department", "support", "first"]
    support = await bots.get("/departments/support")
    await bots.ask("PUT", "/departments/support", {**support, "first": ""})
    assert (await bots.ask("DELETE", "/bots/faq")).status == 204
    assert (await bots.ask("DELETE", "/bots/faq")).code == (404, "not_found")
    assert await bots.get("/bots") == []
    assert [action for _, action in await recorded(bots)] == ["bot.added", "bot.removed"]


# Tokens.


async def test_a_token_is_told_once(bots: Office):
    made = await bots.ask("POST", "/bots/faq/tokens", {"label": "laptop", "days": 30})
    assert made.status == 201
    token = made.body["token"]
    assert re.fullmatch(r"fdb_[\w-]{43}", token)
    assert (made.body["bot"], made.body["label"], made.body["bot_made"]) == ("faq", "laptop", False)
    seen = await only(bots)
    assert token not in str(seen)
    assert [(each["id"], each["label"], each["good"], each["used_at"]) for each in seen["tokens"]] == [
        (made.body["id"], "laptop", True, None)
    ]
    assert seen["tokens"][0]["expires_at"] == made.body["expires_at"]
    assert (await bots.ask("DELETE", f"/bots/faq/tokens/{made.body['id']}")).status == 204
    assert not (await only(bots))["tokens"][0]["good"]
    again = await bots.ask("DELETE", f"/bots/faq/tokens/{made.body['id']}")
    assert again.code == (404, "not_found")
    root = bots.id("root")
    assert await recorded(bots) == [(root, "bot.added"), (root, "bot.token_made"), (root, "bot.token_revoked")]
    assert token not in str(await bots.get("/audit"))


async def test_a_token_is_ended_as_one_of_its_own_bot(bots: Office):
    await bots.ask("PUT", "/bots/night", {})
    made = await bots.ask("POST", "/bots/faq/tokens", {})
    assert (await bots.ask("DELETE", f"/bots/night/tokens/{made.body['id']}")).code == (404, "not_found")
    assert (await bots.ask("DELETE", f"/bots/faq/tokens/{made.body['id']}")).status == 204


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/bots/nobody/tokens", {}, (404, "not_found")),
        ("/bots/faq/tokens", {"days": 0}, (400, "bad_request")),
        ("/bots/faq/tokens", {"label": "x" * 101}, (400, "bad_request")),
        ("/bots/faq/tokens", {"token": "mine"}, (400, "bad_request")),
        ("/bots/nobody/trial", {"site": "demo"}, (404, "not_found")),
        ("/bots/faq/trial", {"site": "nowhere"}, (404, "not_found")),
        ("/bots/faq/trial", {}, (400, "bad_request")),
    ],
)
async def test_what_makes_no_sense_is_refused(bots: Office, path: str, body: Any, code: tuple[int, str]):
    assert (await bots.ask("POST", path, body)).code == code


# What is seen.


async def test_connections_and_what_they_came_to_are_seen(bots: Office):
    bot = (await only(bots))["id"]
    watch = bots.server.bot_watch
    line = watch.connected(bot, session="s_1", address="192.0.2.0/24", worker="laptop")
    line.heard(b'{"do":"ping"}')
    line.lag(7)
    line.refused("not_owner")
    seen = await only(bots)
    ((connection),) = seen["connections"]
    assert {key: connection[key] for key in ("session", "address", "name", "lag_ms")} == {
        "session": "s_1",
        "address": "192.0.2.0/24",
        "name": "laptop",
        "lag_ms": 7,
    }
    assert connection["since"] <= connection["last_frame_at"]
    assert seen["last_error"]["code"] == "not_owner"


async def test_frames_are_read_by_connection_and_that_is_recorded(bots: Office):
    bot = (await only(bots))["id"]
    watch = bots.server.bot_watch
    gone = watch.connected(bot, session="s_1", address="", worker="old")
    gone.heard(b"{}")
    gone.left()
    here = watch.connected(bot, session="s_2", address="", worker="new")
    here.heard('{"do":"typing","text":"Grüße"}'.encode())
    here.said(b'{"on":"pong","token":"fdb_' + b"a" * 43 + b'"}')
    logs = await bots.get("/bots/faq/frames")
    assert [(each["session"], each["name"], each["ended"] is None) for each in logs] == [
        ("s_1", "old", False),
        ("s_2", "new", True),
    ]
    (one,) = await bots.get("/bots/faq/frames?session=s_2")
    assert [(each["dir"], each["frame"], each["bytes"]) for each in one["frames"]] == [
        ("in", '{"do":"typing","text":"Grüße"}', 32),
        ("out", '{"on":"pong","token":"fdb_..."}', 71),
    ]
    assert await bots.get("/bots/faq/frames?session=s_9") == []
    assert (await bots.ask("GET", "/bots/nobody/frames")).code == (404, "not_found")
    assert await recorded(bots) == [(bots.id("root"), each) for each in ("bot.added", "bot.frames_read")]


async def test_days_are_counted_from_the_rows(bots: Office):
    found = await bots.get("/bots/faq/days?days=3")
    assert [(each["ended"], each["deflected"]) for each in found] == [(0, 0)] * 3
    assert len(await bots.get("/bots/faq/days")) == 7
    for days in ("0", "x", "-1", "1000"):
        assert (await bots.ask("GET", f"/bots/faq/days?days={days}")).code == (400, "bad_request")
    assert (await bots.ask("GET", "/bots/nobody/days")).code == (404, "not_found")


async def test_a_ticket_names_the_page_to_try_it_on(bots: Office):
    made = await bots.ask("POST", "/bots/faq/trial", {"site": "demo"})
    assert made.status == 200
    assert made.body["url"] == f"/chat/demo#trial={made.body['ticket']}"
    again = await bots.ask("POST", "/bots/faq/trial", {"site": "demo"})
    assert again.body["ticket"] != made.body["ticket"]
