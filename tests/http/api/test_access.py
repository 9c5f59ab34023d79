"""Who may ask what: every operation asked by everybody, and by every way in that must stay shut."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from server.desk.policy import Policy
from server.http.api.operation import Operation
from tests.http.api.table import addressed, operations
from tests.http.office import Answer, Office

ROLES = {"ada": "agent", "sue": "supervisor", "root": "admin"}
LETS_IN = {
    Policy.ADMIN: {"root"},
    Policy.SUPERVISOR: {"sue", "root"},
    Policy.AGENT: {"ada", "sue", "root"},
    # Whether it is theirs to read is another question, with the same answer as for what is not there.
    Policy.READER: {"ada", "sue", "root"},
}
GUARDED = [each for each in operations() if each.who is not None]
OPEN = {"login", "ticket", "logout", "openapi"}
WRITING = [each for each in operations() if each.method != "GET"]


async def ask(desk: Office, operation: Operation, **how: Any) -> Answer:
    """Asked so that nothing comes of it: about what is not there, with a body that is none."""
    body = b"[" if operation.body is not None else None
    kind = {"Content_Type": "application/json"} if body else {}
    return await desk.ask(operation.method, addressed(operation), body, **{**kind, **how})


async def answers(desk: Office, **how: Any) -> dict[str, tuple[int, str]]:
    """By guarded operation, how it was refused; one that was not refused has no code."""
    return {each.name: outcome(await ask(desk, each, **how)) for each in GUARDED}


def outcome(answer: Answer) -> tuple[int, str]:
    return answer.code if answer.status >= 400 else (answer.status, "")


def all_of(what: list[Operation], answer: tuple[int, str]) -> dict[str, tuple[int, str]]:
    return {each.name: answer for each in what}


def test_nothing_is_open_to_everybody_but_this():
    assert {each.name for each in operations() if each.who is None} == OPEN


async def test_each_role_is_let_in_where_the_policy_says_so_and_nowhere_else(desk: Office):
    let_in: dict[str, set[str]] = {each.name: set() for each in GUARDED}
    for who in ROLES:
        for name, (status, code) in (await answers(desk, who=who)).items():
            if status == 403:
                assert code == "forbidden"
            else:
                assert status in {200, 204, 400, 404}, (name, who, status)
                let_in[name].add(who)
    assert let_in == {each.name: LETS_IN[each.who] for each in GUARDED if each.who is not None}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Authorization": "Bearer {token}x"},
        {"Authorization": "Basic {token}"},
        {"Authorization": "{token}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer {ticket}"},
        {"Cookie": "frontdesk-agent-root={token}"},
        {"Cookie": "frontdesk-agent-root={token}", "Frontdesk_Agent": "ada"},
        {"Cookie": "frontdesk-agent-root={token}", "Frontdesk_Agent": ""},
        {"Cookie": "frontdesk-agent-root={token}", "Frontdesk_Agent": "root", "Authorization": "Bearer x"},
        {"Cookie": "frontdesk-agent-ada={token}", "Frontdesk_Agent": "root"},
    ],
    ids=str,
)
async def test_nobody_is_let_in_without_a_good_login(desk: Office, said: dict[str, str]):
    token = await desk.token("root")
    ticket = await desk.accounts.ticket(token)
    sent = {name: value.format(token=token, ticket=ticket) for name, value in said.items()}
    refused = await answers(desk, who=None, **sent)
    assert refused == all_of(GUARDED, (401, "unauthorised"))
    nobody = await desk.ask("GET", "/settings", who=None)
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")


async def test_our_own_page_is_whom_it_names_of_those_who_sit_in_the_browser(desk: Office):
    cookies = "; ".join([f"frontdesk-agent-{who}={await desk.token(who)}" for who in ROLES])
    own = {"Cookie": cookies, "Origin": desk.url, "Sec_Fetch_Site": "same-origin"}
    statuses = {who: (await desk.ask("GET", "/settings", who=None, Frontdesk_Agent=who, **own)).status for who in ROLES}
    assert statuses == {"ada": 403, "sue": 403, "root": 200}
    changed = await desk.ask("PUT", "/departments/billing", {}, who=None, Frontdesk_Agent="root", **own)
    assert changed.status == 201


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
    ids=str,
)
async def test_another_sites_page_asks_for_nobody(desk: Office, said: dict[str, str]):
    token = await desk.token("root")
    as_root = {"Cookie": f"frontdesk-agent-root={token}", "Frontdesk_Agent": "root"}
    for credentials in (as_root, {"Authorization": f"Bearer {token}"}):
        refused = await answers(desk, who=None, **credentials, **said)
        assert refused == all_of(GUARDED, (403, "forbidden"))
    assert (await desk.ask("GET", "/openapi.json", who=None, **said)).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_no_form_is_taken_for_a_request(desk: Office, kind: str):
    token = await desk.token("root")
    sent = {"Cookie": f"frontdesk-agent-root={token}", "Frontdesk_Agent": "root", "Content_Type": kind}
    refused = {
        each.name: outcome(await desk.ask(each.method, addressed(each), b"{}", who=None, **sent)) for each in WRITING
    }
    assert refused == all_of(WRITING, (415, "bad_request"))


# What was good a moment ago.


async def everything_shut(desk: Office, token: str) -> bool:
    refused = await answers(desk, who=None, Authorization=f"Bearer {token}")
    return refused == all_of(GUARDED, (401, "unauthorised"))


async def second_admin(desk: Office) -> str:
    """Sue, who becomes one; her token."""
    sue = await desk.get("/agents/sue")
    assert (await desk.ask("PUT", "/agents/sue", {**sue, "role": "admin"})).status == 200
    assert (await desk.ask("GET", "/settings", who="sue")).status == 200
    return await desk.token("sue")


async def test_who_is_disabled_is_out_with_the_next_request(desk: Office):
    token = await second_admin(desk)
    assert (await desk.ask("POST", "/agents/sue/disable")).status == 204
    assert await everything_shut(desk, token)
    assert {"agent": "sue", "login": "disabled"} in await desk.get("/accounts")
    assert (await desk.ask("POST", "/agents/sue/enable")).status == 204
    assert await everything_shut(desk, token), "what was void stays void"


async def test_whose_password_changed_logs_in_anew(desk: Office):
    token = await second_admin(desk)
    assert (await desk.ask("POST", "/agents/sue/password", {"password": "short"})).code == (400, "bad_request")
    assert (await desk.ask("GET", "/settings", who="sue")).status == 200
    assert (await desk.ask("POST", "/agents/sue/password", {"password": "long enough"})).status == 204
    assert await everything_shut(desk, token)
    login = {"email": "sue@demo.example", "password": "long enough"}
    assert (await desk.ask("POST", "/login", login, who=None)).body["agent"]["role"] == "admin"
    assert {"agent": "sue", "login": "yes"} in await desk.get("/accounts")
    assert {"agent": "ben", "login": "no_password"} in await desk.get("/accounts")


async def test_who_is_removed_is_out(desk: Office):
    token = await second_admin(desk)
    assert (await desk.ask("DELETE", "/agents/sue")).status == 204
    assert await everything_shut(desk, token)


async def test_who_logged_out_is_out(desk: Office):
    token = await second_admin(desk)
    left = await desk.ask("POST", "/logout", {"agent": "sue"}, who=None, Cookie=f"frontdesk-agent-sue={token}")
    assert left.status == 204
    assert await everything_shut(desk, token)


async def test_who_is_no_admin_any_more_is_none_with_the_next_request(desk: Office):
    await second_admin(desk)
    sue = await desk.get("/agents/sue")
    await desk.ask("PUT", "/agents/sue", {**sue, "role": "agent"})
    assert (await desk.ask("GET", "/settings", who="sue")).code == (403, "forbidden")


@pytest.mark.parametrize("what", ["password", "disable", "enable"])
async def test_an_unknown_agent_is_not_found(desk: Office, what: str):
    body = {"password": "long enough"} if what == "password" else None
    assert (await desk.ask("POST", f"/agents/nobody/{what}", body)).code == (404, "not_found")


async def test_who_changed_what_is_in_the_log_and_no_password_is(desk: Office):
    with capture_logs() as logged:
        await desk.ask("GET", "/settings")
        await desk.ask("PUT", "/departments/billing", {})
        await desk.ask("PUT", "/departments/support", {"ring_seconds": 0})
        await desk.ask("POST", "/agents/ben/password", {"password": "a secret of ours"})
    asked = [(each["operation"], each["by"], each["path"]) for each in logged if each["event"] == "asked over the API"]
    assert asked == [
        ("putDepartment", "root", "/api/v1/departments/billing"),
        ("setPassword", "root", "/api/v1/agents/ben/password"),
    ]
    assert "a secret of ours" not in str(logged)
