"""What a server at work says in numbers; and that documentation, dashboard and alerts speak of the same numbers."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.http.office import Office, office

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DASHBOARD: dict[str, Any] = json.loads((ROOT / "docker" / "grafana" / "frontdesk.json").read_text(encoding="utf-8"))
ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "docker" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]

_METRIC = re.compile(r"\b(?:frontdesk|process)_[a-z_]+\b")
_SUFFIX = re.compile(r"_(?:bucket|sum|count)$")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        yield made


async def scraped(desk: Office) -> tuple[set[str], dict[tuple[str, ...], float]]:
    """All names, also of what has nothing to say yet; and each sample by name and labels, these in order."""
    async with desk.http.get(f"{desk.url}/metrics") as answer:
        assert answer.status == 200
        text = await answer.text()
    names = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    samples = {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return {name for name in names if not name.endswith("_created")}, samples


def in_dashboard() -> set[str]:
    found = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    return {_SUFFIX.sub("", name) for expression in found for name in _METRIC.findall(expression)}


def in_document() -> set[str]:
    rows = [line.split("|")[1] for line in DOCUMENT.splitlines() if line.startswith(("| `frontdesk_", "| `process_"))]
    return {name for row in rows for name in _METRIC.findall(row)}


async def test_what_is_shown_is_documented_and_drawn_and_nothing_else(desk: Office):
    names, _ = await scraped(desk)
    assert in_document() == names
    assert in_dashboard() == names


async def test_alerts_ask_for_numbers_that_exist_and_are_explained(desk: Office):
    names, _ = await scraped(desk)
    asked = {_SUFFIX.sub("", name) for rule in ALERTS for name in _METRIC.findall(rule["expr"])}
    assert asked <= names
    assert {rule["alert"] for rule in ALERTS} == set(re.findall(r"`(Frontdesk[A-Z]\w+)`", DOCUMENT))


def test_panels_have_their_own_places_and_numbers():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in panels):
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


async def test_a_conversation_leaves_its_traces(desk: Office):
    async with (
        desk.http.ws_connect(f"{desk.url}/ws/visitor", headers={"Origin": desk.url}) as visitor,
        desk.http.ws_connect(f"{desk.url}/ws/visitor", headers={"Origin": desk.url}),
    ):
        await visitor.receive_json()
        for frame in (
            {"do": "ping", "id": "0"},
            {"do": "identify", "id": "1", "protocol": 1, "site": "demo"},
            {"do": "conversation.start", "id": "2", "client_id": "s", "text": "Hello"},
        ):
            await visitor.send_json(frame)
            while (await visitor.receive_json()).get("re") != frame["id"]:
                pass
        assert (await desk.ask("GET", "/settings", who="ada")).status == 403
        _, found = await scraped(desk)
    assert found["frontdesk_connections", "visitor"] == 2
    assert found["frontdesk_connections_unidentified",] == 1
    assert found["frontdesk_sessions_total", "fresh", "visitor"] == 1
    assert found["frontdesk_messages_total", "visitor"] == 1
    assert found["frontdesk_refusals_total", "unauthorised", "visitor"] == 1
    assert found["frontdesk_refusals_total", "forbidden", "http"] == 1
    assert found["frontdesk_line_waiting", "support"] == 1
    assert found["frontdesk_store_healthy",] == 1
    assert found["frontdesk_store_transactions_total",] > 0
    assert found["frontdesk_commit_seconds_count",] == found["frontdesk_commit_transactions_count",] > 0
    assert found["frontdesk_router_seconds_count",] > 0
    assert found["frontdesk_wal_bytes",] > 0
    assert found["process_open_fds",] > 0


async def test_who_is_let_go_instead_of_being_answered_is_counted_with_the_refused(desk: Office):
    identify = {"do": "identify", "id": "1", "protocol": 1}
    strangers = (("visitor", "http://shop.example.evil.example", {"site": "demo"}), ("agent", desk.url, {"token": "x"}))
    for endpoint, origin, credentials in strangers:
        async with desk.http.ws_connect(f"{desk.url}/ws/{endpoint}", headers={"Origin": origin}) as ws:
            await ws.receive_json()
            await ws.send_json({**identify, **credentials})
            await ws.receive()
    _, found = await scraped(desk)
    assert found["frontdesk_refusals_total", "forbidden", "visitor"] == 1
    assert found["frontdesk_refusals_total", "unauthorised", "agent"] == 1


async def test_limits_that_are_changed_hold_at_once_and_are_told(desk: Office):
    limits = await desk.get("/limits")
    assert limits["messages_per_visitor"] == [3000, 1800]
    async with desk.http.ws_connect(f"{desk.url}/ws/visitor", headers={"Origin": desk.url}) as visitor:
        await visitor.receive_json()

        async def ask(**frame: Any) -> dict[str, Any]:
            await visitor.send_json(frame)
            while (answer := await visitor.receive_json()).get("re") != frame["id"]:
                pass
            found: dict[str, Any] = answer
            return found

        async def send(name: str, text: str) -> dict[str, Any]:
            return await ask(do="message.send", id=name, client_id=name, conversation=conversation, text=text)

        await ask(do="identify", id="i", protocol=1, site="demo")
        started = await ask(do="conversation.start", id="s", client_id="s", text="Hello")
        conversation = started["conversation"]["id"]
        assert (await send("1", "x" * 101))["ok"]
        answer = await desk.ask("PUT", "/limits", {"messages_per_visitor": [1, 1], "text_chars": 100})
        assert (answer.status, answer.body["text_chars"], answer.body["messages_per_agent"]) == (200, 100, [3000, 9000])
        # Everybody begins with a full bucket.
        assert (await send("2", "x"))["ok"]
        error = (await send("3", "x"))["error"]
        assert error["code"] == "rate_limited"
        assert 0 < error["retry_after_ms"] <= 60_000
        assert (await desk.ask("PUT", "/limits", {"text_chars": 100})).status == 200
        assert (await send("3", "x"))["ok"]
        assert (await send("4", "x" * 101))["error"]["code"] == "too_large"
    async with desk.http.ws_connect(f"{desk.url}/ws/visitor", headers={"Origin": desk.url}) as other:
        assert (await other.receive_json())["limits"]["text_chars"] == 100
    _, found = await scraped(desk)
    assert found["frontdesk_limited_total", "messages_per_visitor"] == 1
    assert found["frontdesk_refusals_total", "rate_limited", "visitor"] == 1


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"messages_per_visitor": [0, 5]}, "messages_per_visitor"),
        ({"messages_per_visitor": [5]}, "messages_per_visitor"),
        ({"text_chars": 8001}, "text_chars"),
        ({"messages_per_visitors": [1, 1]}, "messages_per_visitors"),
    ],
)
async def test_limits_that_make_no_sense_are_refused(desk: Office, limits: dict[str, Any], field: str):
    answer = await desk.ask("PUT", "/limits", limits)
    assert answer.code == (400, "bad_request")
    assert answer.body["error"]["problems"][0]["path"] == ["limits", field]


async def test_the_api_is_asked_at_a_limited_pace_and_pages_at_any(desk: Office):
    assert (await desk.ask("PUT", "/limits", {"requests_per_address": [2, 1]})).status == 200
    statuses = [(await desk.ask("GET", "/limits")).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = await desk.ask("GET", "/limits")
    assert refused.code == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    async with desk.http.get(f"{desk.url}/healthz") as answer:
        assert answer.status == 200


async def test_bots_are_counted_by_key_and_reason(desk: Office):
    support = await desk.get("/departments/support")
    assert (await desk.ask("PUT", "/departments/support", {**support, "first": "bot:faq"})).status == 200
    _, found = await scraped(desk)
    for name in ("frontdesk_bots_connected", "frontdesk_bot_conversations", "frontdesk_bot_unanswered_seconds"):
        assert found[name, "faq"] == 0
    reasons = {key[1] for key in found if key[0] == "frontdesk_handoffs_total"}
    assert reasons == {"handoff", "asked", "unanswered", "bot_gone", "bot_removed"}
    made = (await desk.ask("POST", "/bots/faq/tokens", {})).body
    async with (
        desk.http.ws_connect(f"{desk.url}/ws/bot") as bot,
        desk.http.ws_connect(f"{desk.url}/ws/visitor", headers={"Origin": desk.url}) as visitor,
    ):
        await bot.receive_json()
        await bot.send_json({"do": "identify", "id": "1", "protocol": 1, "token": made["token"]})
        while (await bot.receive_json()).get("re") != "1":
            pass
        await visitor.receive_json()
        for frame in (
            {"do": "identify", "id": "1", "protocol": 1, "site": "demo"},
            {"do": "conversation.start", "id": "2", "client_id": "s", "text": "Hello"},
        ):
            await visitor.send_json(frame)
            while (await visitor.receive_json()).get("re") != frame["id"]:
                pass
        _, found = await scraped(desk)
        assert found["frontdesk_bots_connected", "faq"] == found["frontdesk_connections", "bot"] == 1
        assert found["frontdesk_sessions_total", "fresh", "bot"] == 1
        assert found["frontdesk_bot_conversations", "faq"] == 1
        assert found["frontdesk_bot_unanswered_seconds", "faq"] < 60
        await visitor.send_json({"do": "conversation.human", "id": "3", "conversation": await conversation(desk)})
        while (answer := await visitor.receive_json()).get("re") != "3":
            pass
        assert (answer["handoff"], answer["reason"]) == ("failed", "nobody")
        (seen,) = await desk.get("/bots")
        assert (seen["started"], seen["waiting"], seen["failed"]) == (1, 1, {"nobody": 1})


async def conversation(desk: Office) -> str:
    (found,) = await desk.get("/conversations")
    return str(found["id"])
