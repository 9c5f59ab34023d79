"""Who may do what to which object: every request, every kind of person, every state of a conversation.

A refusal changes nothing, and says of what is somebody else's exactly what it says of what does not exist.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from server.desk.policy import Handler, Handlers, Policy
from server.settings.workspace import Bot, Member
from server.store.base import Tx
from server.wire import codec
from server.wire import requests as ask
from server.wire.codes import ErrorCode, Refused
from tests.desk.support.access import (
    AGENT_TABLE,
    AGENTS,
    BOT_TABLE,
    BOTS,
    FIELDS,
    FOREIGN,
    NOT_THERE,
    OK,
    OWN,
    QUIET,
    STATES,
    VISITOR_TABLE,
)
from tests.desk.support.bench import DeskBench, bench, settings
from tests.desk.support.client import Client


class Room:
    """All these people, and one conversation in some state."""

    def __init__(self, desk: DeskBench, people: dict[str, Client], conversation: str, offer: str) -> None:
        self.desk = desk
        self.people = people
        self.conversation = conversation
        self.offer = offer

    async def ask(self, who: str, kind: Any, **other: str) -> dict[str, Any]:
        fields = dict(FIELDS.get(kind, {}))
        for named in ("conversation", "offer"):
            if named in kind.__struct_fields__:
                fields[named] = other.get(named, getattr(self, named))
        return await self.people[who].ask(kind.__struct_config__.tag, **fields)

    async def everything(self) -> list[Any]:
        def read(tx: Tx) -> list[Any]:
            tables = ("workspace", "conversation", "entry", "note", "offer", "hold", "agent_state", "request")
            return [tx.all(f"SELECT * FROM {table}") for table in tables]

        return await self.desk.store.read(read)


@asynccontextmanager
async def room(folder: Path, state: str) -> AsyncIterator[Room]:
    file = settings(support={"wrap_up": 60}, sales={"method": "random"})
    dora = replace(
        file.agents[0], key="dora", name="Dora", email="dora@demo.example", members=(Member(department="sales"),)
    )
    file = replace(file, agents=(*file.agents, dora), bots=tuple(Bot(key=key, reply_seconds=0) for key in BOTS))
    file = replace(file, departments=tuple(replace(each, first="bot:fay") for each in file.departments))
    async with bench(folder, file) as desk:
        people = {key: await desk.agent(key, status="busy") for key in AGENTS}
        people |= {key: await desk.visitor() for key in (OWN, FOREIGN)}
        if state in ("bot", "handed", "asked"):
            people |= {key: await desk.bot(key) for key in BOTS}
            conversation, offer = await _bring_to_bot(desk, people, state)
        else:
            conversation, offer = await _bring_to(desk, people, state)
            people |= {key: await desk.bot(key) for key in BOTS}
        yield Room(desk, people, conversation, offer)


async def _bring_to_bot(desk: DeskBench, people: dict[str, Client], state: str) -> tuple[str, str]:
    c = await desk.start_conversation(people[OWN])
    if state == "bot":
        return c, "o_none"
    await people["ada"].ask("status.set", status="available")
    who, do = (people[OWN], "conversation.human") if state == "asked" else (people["fay"], "handoff")
    assert (await who.ask(do, conversation=c))["handoff"] == "queued"
    offer = people["ada"].offer["offer"]
    await desk.accept(people["ada"])
    return c, offer


async def _bring_to(desk: DeskBench, people: dict[str, Client], state: str) -> tuple[str, str]:
    ada, ben, cleo = people["ada"], people["ben"], people["cleo"]
    c = await desk.start_conversation(people[OWN])
    await ben.ask("conversation.pick", conversation=c)
    await ben.ask("conversation.transfer", conversation=c, to={"department": "support"})
    offer = "o_none"
    if state in ("waiting", "none"):
        return (c if state == "waiting" else "c_none"), offer
    await ada.ask("status.set", status="available")
    offer = ada.offer["offer"]
    if state != "offered":
        await desk.accept(ada)
    if state == "transferring":
        await cleo.ask("status.set", status="available")
        await ada.ask("conversation.transfer", conversation=c, to={"agent": "cleo"})
        offer = cleo.offer["offer"]
    if state in ("wrap_up", "closed"):
        await ada.ask("conversation.close", conversation=c)
    if state == "closed":
        await ada.ask("wrap_up.end", conversation=c)
    return c, offer


def _cells(state: str) -> list[tuple[str, type, str]]:
    """Person, request, what it comes to."""
    return [
        (who, kind, code)
        for table in (VISITOR_TABLE, AGENT_TABLE, BOT_TABLE)
        for kind, rows in table.items()
        for who, code in rows[state].items()
    ]


def code_of(reply: dict[str, Any]) -> str:
    return OK if reply["ok"] else str(reply["error"]["code"])


@pytest.mark.parametrize("state", STATES)
async def test_refusals_change_nothing(tmp_path: Path, state: str):
    async with room(tmp_path, state) as it:
        before = await it.everything()
        for who, kind, code in _cells(state):
            if code != OK:
                assert code_of(await it.ask(who, kind)) == code, (who, kind)
        assert await it.everything() == before


def _allowed() -> list[tuple[str, type, str]]:
    """Once for each person and request that may change something: the rest is tried together."""
    quiet = (*QUIET, ask.StatusSet, ask.ConversationStart)
    return [
        (state, kind, who) for state in STATES for who, kind, code in _cells(state) if code == OK and kind not in quiet
    ]


@pytest.mark.parametrize(("state", "kind", "who"), _allowed(), ids=lambda part: getattr(part, "__name__", part))
async def test_what_may_be_done_is_done(tmp_path: Path, state: str, kind: type, who: str):
    async with room(tmp_path, state) as it:
        reply = await it.ask(who, kind)
        assert code_of(reply) == OK, reply
        assert "at" in reply


@pytest.mark.parametrize("state", STATES)
async def test_what_may_be_asked_is_answered(tmp_path: Path, state: str):
    async with room(tmp_path, state) as it:
        for who, kind, code in _cells(state):
            if code == OK and kind in QUIET:
                reply = await it.ask(who, kind)
                assert code_of(reply) == OK, (who, kind, reply)
                assert "at" not in reply
        for who, kind, code in _cells(state):
            if code == OK and kind in (ask.StatusSet, ask.ConversationStart):
                assert code_of(await it.ask(who, kind)) == OK


@pytest.mark.parametrize("state", [state for state in STATES if state != "none"])
async def test_what_is_somebody_elses_is_as_what_does_not_exist(tmp_path: Path, state: str):
    async with room(tmp_path, state) as it:
        for who, kind, code in _cells(state):
            if code == NOT_THERE:
                foreign = await it.ask(who, kind)
                nobodys = await it.ask(who, kind, conversation="c_none", offer="o_none")
                assert foreign["error"] == nobodys["error"], (who, kind)


def test_every_request_has_its_row():
    of_all = ((ask.VisitorRequest, VISITOR_TABLE), (ask.AgentRequest, AGENT_TABLE), (ask.BotRequest, BOT_TABLE))
    for union, table in of_all:
        asked = {kind for kind in get_args(union) if kind.__struct_config__.tag != "identify"}
        assert set(table) == asked
        for kind, rows in table.items():
            assert set(rows) == set(STATES), kind


async def test_nobody_may_do_nothing(tmp_path: Path):
    async with room(tmp_path, "active") as it:
        for endpoint, table in (("visitor", VISITOR_TABLE), ("agent", AGENT_TABLE)):
            stranger = it.desk.stranger(endpoint, {})
            it.people["stranger"] = stranger
            for kind in table:
                assert code_of(await it.ask("stranger", kind)) == "forbidden"


async def test_an_identity_of_the_other_kind_may_do_nothing_either(tmp_path: Path):
    async with room(tmp_path, "active") as it:
        shared = {ask.MessageSend, ask.History, ask.Typing, ask.Read, ask.Ping}
        it.people["vera"].peer.endpoint, it.people["ada"].peer.endpoint = "agent", "visitor"
        for kind in set(AGENT_TABLE) - shared:
            assert code_of(await it.ask("vera", kind)) == "forbidden", kind
        for kind in set(VISITOR_TABLE) - shared:
            assert code_of(await it.ask("ada", kind)) == "forbidden", kind


def test_no_request_of_the_other_endpoint_is_understood():
    for endpoint, foreign in (("visitor", set(AGENT_TABLE) - set(VISITOR_TABLE)), ("agent", {ask.ConversationStart})):
        kinds: set[Any] = foreign - {ask.ConversationClose}
        for kind in kinds:
            frame = {"do": kind.__struct_config__.tag, "id": "1", **FIELDS.get(kind, {})}
            frame |= {name: "x" for name in ("conversation", "offer") if name in kind.__struct_fields__}
            with pytest.raises(codec.BadFrame):
                codec.decode(endpoint, json.dumps(frame))  # type: ignore[arg-type]


def test_a_handler_without_a_policy_does_not_start(monkeypatch: pytest.MonkeyPatch):
    handler = Handler(policy=Policy.VISITOR, run=lambda _peer, _request: None)
    table = {kind: handler for kind in get_args(ask.VisitorRequest) if kind is not ask.Ping}
    with pytest.raises(TypeError, match="Ping"):
        Handlers(ask.VisitorRequest, table, opening=ask.IdentifyVisitor)


def test_a_request_without_a_handler_is_refused():
    table = {
        kind: Handler(policy=Policy.ANYONE_IDENTIFIED, run=lambda _peer, _request: None)
        for kind in get_args(ask.VisitorRequest)
    }
    handlers = Handlers(ask.VisitorRequest, table, opening=ask.IdentifyVisitor)
    with pytest.raises(Refused) as refused:
        handlers.find(ask.StatusSet, None)
    assert refused.value.code is ErrorCode.BAD_REQUEST


# Objects named inside a request.


@pytest.mark.parametrize(
    ("to", "code", "field"),
    [
        ({}, "bad_request", "to"),
        ({"agent": "ben", "department": "sales"}, "bad_request", "to"),
        ({"agent": "nobody"}, "not_found", "to.agent"),
        ({"department": "nothing"}, "not_found", "to.department"),
        ({"agent": "ada"}, "conflict", None),
        ({"agent": "ben"}, "conflict", None),
        ({"agent": "root"}, "conflict", None),
    ],
)
async def test_transfer_targets(tmp_path: Path, to: dict[str, str], code: str, field: str | None):
    async with room(tmp_path, "active") as it:
        before = await it.everything()
        reply = await it.people["ada"].ask("conversation.transfer", conversation=it.conversation, to=to, note="x")
        assert reply["error"]["code"] == code
        assert reply["error"].get("field") == field
        assert await it.everything() == before


async def test_departments_and_agents_are_known_by_id_and_key(tmp_path: Path):
    async with room(tmp_path, "active") as it:
        for to in ({"department": it.desk.engine.directory.department_ids["sales"]}, {"department": "sales"}):
            await it.people["dora"].ask("status.set", status="available")
            reply = await it.people["ada"].ask("conversation.transfer", conversation=it.conversation, to=to)
            assert reply["conversation"]["department"]["key"] == "sales"
            await it.people["ada"].ask("conversation.pick", conversation=it.conversation)


async def test_a_visitor_starts_only_where_the_site_lets_them(tmp_path: Path):
    file = settings()
    file = replace(file, sites=(replace(file.sites[0], departments=("support",)),))
    async with bench(tmp_path, file) as desk:
        vera = await desk.visitor()
        for department in ("sales", "nothing", desk.engine.directory.department_ids["sales"]):
            reply = await vera.ask("conversation.start", client_id=department, department=department)
            assert (reply["error"]["code"], reply["error"]["field"]) == ("not_found", "department")


async def test_a_site_that_is_removed_is_not_there(tmp_path: Path):
    async with bench(tmp_path) as desk:
        vera = await desk.visitor()
        await desk.configure(replace(settings(), sites=()))
        assert code_of(await vera.ask("conversation.start", client_id="s", text="x")) == NOT_THERE
        stranger = desk.stranger("visitor", {"site": "demo"})
        assert code_of(await stranger.identify()) == NOT_THERE


async def test_one_visitor_cannot_be_another_on_the_same_socket(tmp_path: Path):
    async with room(tmp_path, "active") as it:
        history = await it.ask(FOREIGN, ask.History)
        assert code_of(history) == NOT_THERE
        pong = await it.ask(FOREIGN, ask.Ping)
        assert pong["positions"] == {}
