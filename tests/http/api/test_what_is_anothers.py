"""What is another's is, over REST and sockets alike, what does not exist; and that somebody reached for it is kept.

The rows for sockets are in tests/desk/test_access.py: every request, person and state. Here is every route, with all
that a caller may name in its path, its query and its body: each is asked by each role about what is there and about
nothing. A route, or a name in one, that is not in the table fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, SimpleNamespace
from typing import Any, cast, get_args

import pytest
from msgspec import Struct, UnsetType, structs

import server.http
from server.desk.policy import Policy
from server.http.api.operation import Operation
from server.http.application import application
from server.http.built import Built
from server.http.metrics import Metrics
from server.session.address import TrustedProxies
from server.store import audit
from tests.http.api.table import operations
from tests.http.api.test_access import LETS_IN
from tests.http.api.test_logins_and_audit import console
from tests.http.office import Office

ROLES = ("ben", "cleo", "sue", "root")
NOTHING = {"agent": "nobody", "email": "nobody@demo.example"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """That a caller names something: of one person, or of the workspace (`of_all`).

    ``strangers``: those whom the policy lets in and for whom this very thing is not there.
    """

    what: str
    strangers: tuple[str, ...] = ()
    of_all: bool = False


def of_one(what: str, *strangers: str) -> Names:
    """Something of one person; whoever the policy lets in and is no stranger may ask about anybody."""
    return Names(what=what, strangers=strangers)


def of_all(what: str) -> Names:
    """A record of the settings."""
    return Names(what=what, of_all=True)


Row = dict[str, Names | None]
VALUE = None  # a text, a number, a choice: it names nothing that is there
SITE: Row = {"path:key": of_all("site")}
DEPARTMENT: Row = {"path:key": of_all("department")}
BOT: Row = {"path:key": of_all("bot")}
AGENT: Row = {"path:key": of_one("agent")}
SETTINGS: Row = {"body": VALUE}  # whole records, which replace what is there

# All that can be named, by operation. `test_every_route_says_what_can_be_named` fails for whatever is missing.
NAMED: dict[str, Row] = {
    "login": {"body:email": of_one("email"), "body:password": VALUE},
    # By the cookie of that agent, and no other: whoever has it is that agent.
    "ticket": {"body:agent": of_one("agent", *ROLES)},
    "logout": {"body:agent": of_one("agent", *ROLES)},
    "getSettings": {},
    "putSettings": {**SETTINGS, "query:prune": VALUE},
    "checkSettings": {**SETTINGS, "query:prune": VALUE},
    "listMethods": {},
    **{f"get{one}": {} for one in ("Workspace", "Limits", "Rules")},
    **{f"put{one}": SETTINGS for one in ("Workspace", "Limits", "Rules")},
    **{f"list{many}": {} for many in ("Sites", "Departments", "Agents", "Bots", "Accounts", "Logins", "Conversations")},
    **{f"{verb}Site": SITE for verb in ("get", "delete")},
    **{f"{verb}Department": DEPARTMENT for verb in ("get", "delete")},
    **{f"{verb}Agent": AGENT for verb in ("get", "delete", "disable", "enable", "logOut")},
    **{f"{verb}Bot": BOT for verb in ("get", "delete")},
    "putSite": {**SITE, **SETTINGS},
    "putDepartment": {**DEPARTMENT, **SETTINGS},
    "putAgent": {**AGENT, **SETTINGS},
    "putBot": {**BOT, **SETTINGS},
    "botFrames": {**BOT, "query:session": of_one("session")},
    "botDays": {**BOT, "query:days": VALUE},
    "createBotToken": {**BOT, "body:label": VALUE, "body:days": VALUE},
    "revokeBotToken": {**BOT, "path:id": of_all("token")},
    "tryBot": {**BOT, "body:site": of_all("site")},
    "setPassword": {**AGENT, "body:password": VALUE},
    "endLogin": {"path:id": of_one("login", *ROLES)},
    "changePassword": {"body:current": VALUE, "body:password": VALUE},
    "audit": {"query:since": VALUE, "query:after": VALUE, "query:limit": VALUE},
    "why": {"path:id": of_one("conversation", "ben", "cleo")},
    "promises": {"query:window": VALUE},
    "route": {
        "body:site": of_all("site"),
        "body:department": of_all("department"),
        "body:email": of_one("email"),
        **{f"body:{one}": VALUE for one in ("page", "language", "timezone", "country", "name", "text", "form")},
    },
    "findVisitors": {"query:email": of_one("email")},
    "exportVisitor": {"path:id": of_one("visitor")},
    "eraseVisitor": {"path:id": of_one("visitor"), "query:force": VALUE},
    "openapi": {},
}
# What else there is to ask over HTTP, without the API. In the demo everybody is let in, from this machine alone.
OTHER_DOORS = {
    *("/", "/widget.js", "/panel.js", "/console", "/settings", "/healthz", "/readyz", "/metrics"),
    *("/ws/visitor", "/ws/agent", "/ws/bot"),
    "/assets/{name}",  # a file of the pages
    "/chat/{site}",  # a site's panel, for everybody on it
    *("/demo/sit", "/demo/show", "/demo/visitors", "/demo/kill", "/demo/stored"),
    *("/api/{path}", "/{path}"),  # nothing here
}
# The query of pages, which is not described: which agent of this browser a page is for, a page's part and language.
OTHER_QUERIES = {"as", "to", "part", "language", "v"}


def told(operation: Operation) -> Iterator[str]:
    """All that a caller may say to it, except for the headers of a conditional request."""
    for each in operation.parameters:
        if each.where != "header":
            yield f"{each.where}:{each.name}"
        else:
            assert each.name in {"If-Match", "If-None-Match"}, "a header that names something"
    if operation.raw:
        yield "body"
    elif operation.body is not None:
        kinds = [kind for kind in get_args(operation.body) or (operation.body,) if kind not in (NoneType, UnsetType)]
        for kind in kinds:
            assert issubclass(kind, Struct), operation.name
            yield from (f"body:{field.encode_name}" for field in structs.fields(kind))


def test_every_route_says_what_can_be_named():
    """A new one needs a row, and so does a new name in an old one."""
    assert {each.name: set(told(each)) for each in operations()} == {name: set(row) for name, row in NAMED.items()}


def test_every_part_of_an_address_is_described():
    for each in operations():
        described = {one.name for one in each.parameters if one.where == "path"}
        assert set(re.findall(r"\{(\w+)\}", each.path)) == described, each.name


def test_no_route_reads_more_of_an_address_than_it_describes():
    """By the source: a name in a query that is not described would be in no table."""
    described = {one.name for each in operations() for one in each.parameters}
    read = re.compile(r"""(?:query(?:\.get\(|\.getall\(|\[)|match_info(?:\.get\(|\[)|\(call, |call\.\w+\()"(\w+)\"""")
    found = {
        name for file in Path(server.http.__file__).parent.rglob("*.py") for name in read.findall(file.read_text())
    }
    assert {"email", "id", "key", "since", "force"} <= found, "nothing is found any more"
    assert found - described - OTHER_QUERIES == {"site", "name"}, "of the pages: see OTHER_DOORS"


def test_every_other_door_is_known():
    nothing = cast("Any", None)
    thing = cast("Any", SimpleNamespace(handler=lambda _endpoint: handle, draining=False, privacy=None, bots=None))

    async def handle(_request: object) -> Any:
        raise AssertionError("nobody asks")

    app = application(
        desk=nothing,
        accounts=nothing,
        connections=thing,
        proxies=TrustedProxies([]),
        operations=thing,
        built=Built(Path()),
        demo=True,
        metrics=Metrics([]),
        show=cast("Any", SimpleNamespace(stored=thing, kill=print)),
    )
    doors = {route.resource.canonical for route in app.router.routes() if route.resource is not None}
    assert doors - {each.path for each in operations()} == OTHER_DOORS


async def objects(desk: Office) -> dict[str, str]:
    """What is there: of Ada, of her visitor, and of the workspace."""
    await desk.token("ada")
    ((login),) = await desk.get("/logins", who="ada")
    ada = await console(desk, await desk.token("ada"))
    await ada.send_json({"do": "status.set", "id": "2", "status": "available"})
    page = await desk.http.ws_connect(f"{desk.url}/ws/visitor", headers={"Origin": desk.url})
    await page.receive_json()
    await page.send_json({"do": "identify", "id": "1", "protocol": 1, "site": "demo"})
    await page.receive_json()
    await page.send_json({"do": "conversation.start", "id": "2", "client_id": "c", "text": "hello"})
    conversation = ""
    while not conversation:
        frame = await page.receive_json()
        conversation = frame.get("conversation", {}).get("id", "") if frame.get("re") == "2" else ""
    offer = ""
    while not offer:
        frame = await ada.receive_json()
        offer = frame["offer"] if frame.get("on") == "offer" else ""
    await ada.send_json({"do": "offer.accept", "id": "3", "offer": offer})
    while (await ada.receive_json()).get("re") != "3":
        pass
    visitor = next(one["visitor_id"] for one in await desk.get("/conversations") if one["id"] == conversation)
    await desk.ask("PUT", "/bots/helper", {"name": "Helper"})
    token = await desk.ask("POST", "/bots/helper/tokens", {"label": "one"})
    return {
        "conversation": conversation,
        "login": login["id"],
        "visitor": visitor,
        "agent": "ada",
        "email": "ada@demo.example",
        "site": "demo",
        "department": "support",
        "bot": "helper",
        "token": token.body["id"],
        "session": "s_1",
    }


async def refusals(desk: Office) -> list[dict[str, Any]]:
    await desk.server.store.write(lambda _tx: None)  # after what is still in the queue
    rows = await desk.server.store.read(audit.since)
    return [{"actor": row.actor, "target": row.target, **row.detail} for row in rows if row.action == "access.refused"]


def tries(what: dict[str, str]) -> Iterator[tuple[Operation, str, Names, dict[str, str], dict[str, str]]]:
    """Each name of each operation, with all that is said: once of what is there, once of nothing."""
    for operation in operations():
        there = {place: what[names.what] for place, names in NAMED[operation.name].items() if names is not None}
        for place, names in NAMED[operation.name].items():
            if names is not None:
                yield operation, place, names, there, {**there, place: NOTHING.get(names.what, "c_nothing")}


def _let_in(policy: Policy) -> set[str]:
    """Ben and Cleo are agents as Ada is."""
    return LETS_IN[policy] | ({"ben", "cleo"} if "ada" in LETS_IN[policy] else set())


async def said(desk: Office, operation: Operation, values: dict[str, str], who: str) -> Any:
    """What the answer is, without what differs by the moment."""
    path, query, body = operation.path.removeprefix("/api/v1"), "", {}
    for place, value in values.items():
        where, _, name = place.partition(":")
        match where:
            case "path":
                path = path.replace(f"{{{name}}}", value)
            case "query":
                query = f"?{name}={value}"
            case _:
                body[name] = value
    # Whoever is let in by a cookie comes with their own, and with nothing else: a token would be what is meant.
    own = {} if operation.who is not None else {"Cookie": f"frontdesk-agent-{who}={await desk.token(who)}"}
    if operation.name == "login":
        body["password"] = "wrong"
    answer = await desk.ask(
        operation.method,
        path + query,
        body if operation.body is not None else None,
        who=None if own else who,
        **own,
    )
    return answer.status, answer.body


async def test_anothers_is_as_nothing_for_whoever_may_not_know_of_it(desk: Office):
    what = await objects(desk)
    asked = 0
    for operation, place, names, there, nothing in tries(what):
        let_in = set(ROLES) if operation.who is None else _let_in(operation.who)
        for who in ROLES:
            if who in let_in and who not in names.strangers and operation.who is not None:
                continue  # it is theirs to ask; and some of it cannot be undone
            asked += 1
            real, unreal = await said(desk, operation, there, who), await said(desk, operation, nothing, who)
            assert real == unreal, (operation.name, place, who)
            if operation.who is not None:
                assert real[0] == (404 if who in let_in else 403), (operation.name, place, who)
    assert asked > 80
    # Nobody was logged out by it, and what was asked for is still there.
    for path in ("/agents/ada", "/bots/helper", "/sites/demo", f"/conversations/{what['conversation']}/why"):
        await desk.get(path)
    assert what["login"] in {one["id"] for one in await desk.get("/logins", who="ada")}


async def test_a_reach_is_recorded(desk: Office):
    what = await objects(desk)
    strange = [(each, names) for each, _, names, *_ in tries(what) if names.strangers and each.who is not None]
    assert {each.name for each, _ in strange} == {"why", "endLogin"}
    for operation, names in strange:
        for who in names.strangers:
            assert (await said(desk, operation, {"path:id": what[names.what]}, who))[0] == 404
    kept = await refusals(desk)
    assert {row["target"] for row in kept} <= {what["conversation"], what["login"]}
    assert {row["actor"] for row in kept} == {desk.id(key) for key in ROLES}
    # One a minute for each of them: whoever tries a thousand fills nothing.
    assert len(kept) == 4


@pytest.mark.parametrize(("path", "method"), [("/audit", "GET"), ("/settings", "GET"), ("/agents/ada/logout", "POST")])
async def test_what_a_role_may_not_do_is_recorded(desk: Office, path: str, method: str):
    assert (await desk.ask(method, path, who="ben")).code == (403, "forbidden")
    (row,) = await refusals(desk)
    assert (row["actor"], row["code"]) == (desk.id("ben"), "forbidden")


async def test_supervisors_see_which_conversations_are_open(desk: Office):
    theirs = await objects(desk)
    (one,) = await desk.get("/conversations", who="sue")
    assert (one["id"], one["state"], one["agent"]["key"]) == (theirs["conversation"], "active", "ada")
    assert one["bot"] is None
    assert one["visitor_id"].startswith("v_")
    assert "hello" not in str(one)
    assert (await desk.ask("GET", "/conversations", who="ada")).code == (403, "forbidden")


async def test_over_a_socket_too(desk: Office):
    theirs = await objects(desk)
    ben = await console(desk, await desk.token("ben"))
    answers = []
    for conversation in (theirs["conversation"], "c_nothing"):
        await ben.send_json({"do": "history", "id": "2", "conversation": conversation})
        frame = await ben.receive_json()
        while frame.get("re") != "2":
            frame = await ben.receive_json()
        answers.append(frame["error"])
    assert answers[0] == answers[1]
    (row,) = await refusals(desk)
    assert row == {"actor": desk.id("ben"), "target": theirs["conversation"], "asked": "history", "code": "not_found"}
