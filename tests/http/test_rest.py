"""Log in, trade the cookie for a ticket, log out; and everything another site's page might try instead."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import pytest

from tests.http.front import PASSWORD, Front, front

GOOD = {"email": "ada@demo.example", "password": PASSWORD}


@pytest.fixture
async def house(tmp_path) -> AsyncIterator[Front]:
    async with front(tmp_path) as made:
        yield made


async def test_a_login_gives_a_token_a_cookie_and_who_one_is(house):
    status, headers, answer = await house.post("/api/v1/login", GOOD)
    assert 200 == status
    assert {"id": "a_ada", "key": "ada", "name": "Ada", "role": "agent"} == answer["agent"]
    assert "a_ada" == (await house.people.accounts.redeem(answer["token"])).agent
    cookie = SimpleCookie(headers["Set-Cookie"])["frontdesk-agent-ada"]
    assert answer["token"] == cookie.value
    assert (True, "Strict", "/", "") == (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"])
    assert "no-store" == headers["Cache-Control"]


async def test_over_https_the_cookie_is_bound_to_this_host(tmp_path):
    async with front(tmp_path, proxies=["127.0.0.1"]) as house:
        _, headers, _ = await house.post("/api/v1/login", GOOD, X_Forwarded_Proto="https")
        [(name, cookie)] = SimpleCookie(headers["Set-Cookie"]).items()
        assert "__Host-frontdesk-agent-ada" == name
        assert (True, "/", "") == (cookie["secure"], cookie["path"], cookie["domain"])
        sent = headers["Set-Cookie"].partition(";")[0]
        assert 401 == (await house.post("/api/v1/ticket", {"agent": "ada"}, Cookie=sent))[0]
        secure = {"Cookie": sent, "X_Forwarded_Proto": "https"}
        assert 200 == (await house.post("/api/v1/ticket", {"agent": "ada"}, **secure))[0]
        _, headers, _ = await house.post("/api/v1/logout", {"agent": "ada"}, **secure)
        assert "secure" in headers["Set-Cookie"].lower()


async def test_two_agents_sit_in_one_browser(house):
    _, ada = await house.log_in("ada")
    _, ben = await house.log_in("ben")
    for name in ("ada", "ben"):
        status, _, answer = await house.post("/api/v1/ticket", {"agent": name}, Cookie=f"{ada}; {ben}")
        assert 200 == status
        assert f"a_{name}" == (await house.people.accounts.redeem(answer["token"])).agent


async def test_a_logout_takes_the_cookie_back_and_ends_the_sockets_of_this_login(house):
    answer, cookie = await house.log_in()
    other, _ = await house.log_in()
    status, headers, _ = await house.post("/api/v1/logout", {"agent": "ada"}, Cookie=cookie)
    assert 204 == status
    assert "Max-Age=0" in headers["Set-Cookie"]
    assert ["a_ada"] == [admission.agent for admission in house.desk.gone]
    assert await house.people.accounts.redeem(answer["token"]) is None
    assert await house.people.accounts.redeem(other["token"]) is not None
    assert 401 == (await house.post("/api/v1/ticket", {"agent": "ada"}, Cookie=cookie))[0]
    assert 204 == (await house.post("/api/v1/logout", {"agent": "ada"}, Cookie=cookie))[0]


async def test_a_program_logs_out_with_its_token(house):
    answer, cookie = await house.log_in()
    other, _ = await house.log_in()
    bearer = {"Authorization": f"Bearer {answer['token']}"}
    assert 204 == (await house.post("/api/v1/logout", b"", **bearer))[0]
    assert ["a_ada"] == [admission.agent for admission in house.desk.gone]
    assert await house.people.accounts.redeem(answer["token"]) is None
    assert await house.people.accounts.redeem(other["token"]) is not None
    for void in (bearer, {"Authorization": "Basic YTpi"}):
        status, _, refused = await house.post("/api/v1/logout", {"agent": "ada"}, Cookie=cookie, **void)
        assert (401, "unauthorised") == (status, refused["error"]["code"])


async def test_a_logout_that_names_nobody_ends_every_agent_of_this_browser(house):
    ada, first = await house.log_in("ada")
    ben, second = await house.log_in("ben")
    assert 204 == (await house.post("/api/v1/logout", {}, Cookie=f"{first}; {second}"))[0]
    assert ["a_ada", "a_ben"] == sorted(admission.agent for admission in house.desk.gone)
    for gone in (ada, ben):
        assert await house.people.accounts.redeem(gone["token"]) is None


async def test_a_wrong_password_is_refused_without_a_cookie(house):
    status, headers, answer = await house.post("/api/v1/login", {**GOOD, "password": "wrong"})
    assert (401, "unauthorised") == (status, answer["error"]["code"])
    assert "Set-Cookie" not in headers


async def test_an_agent_who_is_configured_no_more_cannot_log_in(house):
    del house.desk.agents["a_ada"]
    assert 401 == (await house.post("/api/v1/login", GOOD))[0]


async def test_too_many_attempts_are_told_when_to_come_back(house):
    for _ in range(10):
        await house.post("/api/v1/login", {**GOOD, "password": "wrong"})
    status, headers, answer = await house.post("/api/v1/login", GOOD)
    assert (429, "rate_limited", "1") == (status, answer["error"]["code"], headers["Retry-After"])
    assert 900 <= answer["error"]["retry_after_ms"] <= 1000


@pytest.mark.parametrize(("said", "status"), [("", 429), ("203.0.113.9", 200)])
async def test_whoever_guesses_behind_a_forgotten_proxy_shuts_nobody_else_out(house, said: str, status: int):
    through = {"X_Forwarded_For": said} if said else {}
    for number in range(35):
        await house.post("/api/v1/login", {"email": f"n{number}@demo.example", "password": "wrong"}, **through)
    assert (await house.post("/api/v1/login", GOOD, **through))[0] == status


@pytest.mark.parametrize("path", ["/api/v1/login", "/api/v1/ticket", "/api/v1/logout"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1:1.evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
)
async def test_another_sites_page_cannot_ask(house, path, headers):
    _, cookie = await house.log_in()
    status, answered, answer = await house.post(path, {**GOOD, "agent": "ada"}, Cookie=cookie, **headers)
    assert (403, "forbidden") == (status, answer["error"]["code"])
    assert not {name for name in answered if name.lower().startswith("access-control")}
    assert "Set-Cookie" not in answered


async def test_our_own_page_can_ask(house):
    status, _, _ = await house.post("/api/v1/login", GOOD, Origin=house.url, Sec_Fetch_Site="same-origin")
    assert 200 == status


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx"]
)
async def test_a_form_cannot_ask(house, kind):
    status, _, answer = await house.post("/api/v1/login", json.dumps(GOOD).encode(), Content_Type=kind)
    assert (415, "bad_request") == (status, answer["error"]["code"])


async def test_a_compressed_body_is_refused(house):
    packed = gzip.compress(json.dumps(GOOD).encode())
    status, _, _ = await house.post("/api/v1/login", packed, Content_Type="application/json", Content_Encoding="gzip")
    assert 415 == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b'{"email":', 400),
        (b"[" * 60_000, 400),
        (b'{"email":{"$gt":""},"password":"x"}', 400),
        (b'{"email":"a@b","password":5}', 400),
        (b'{"email":"a@b"}', 400),
        (b'{"email":"a@b","password":"x","role":"admin"}', 400),
        (b'{"email":"' + b"x" * 70_000 + b'"}', 413),
    ],
)
async def test_a_wrong_body_is_refused(house, body, status):
    answered, _, answer = await house.post("/api/v1/login", body, Content_Type="application/json")
    assert status == answered
    assert "Traceback" not in str(answer)


@pytest.mark.parametrize("agent", ["", "ADA", "ada;x", "ada\n", "../ada", "a" * 65, "ada=1", None, 5])
async def test_an_agent_is_named_by_a_key(house, agent):
    _, cookie = await house.log_in()
    for path in ("/api/v1/ticket", "/api/v1/logout"):
        assert 400 == (await house.post(path, {"agent": agent}, Cookie=cookie))[0]


@pytest.mark.parametrize(
    "cookie", ["frontdesk-agent-ada=", "frontdesk-agent-ada=x", "frontdesk-agent-ben=x", "=", ";;"]
)
async def test_a_cookie_that_is_no_good_is_no_login(house, cookie):
    status, _, answer = await house.post("/api/v1/ticket", {"agent": "ada"}, Cookie=cookie)
    assert (401, "unauthorised") == (status, answer["error"]["code"])


async def test_there_is_nothing_else(house):
    for path in ("/api/v1/nothing", "/api/"):
        assert (404, "not_found") == (await _code(house, path))
    status, headers, answer = await house.post("/api/v1/nothing", {})
    assert (404, "not_found") == (status, answer["error"]["code"])
    assert "nosniff" == headers["X-Content-Type-Options"]


async def _code(house: Front, path: str) -> tuple[int, str]:
    status, _, body = await house.get(path)
    return status, json.loads(body)["error"]["code"]


async def test_a_fault_of_ours_tells_nothing(house, monkeypatch):
    async def fail(*_args: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(house.people.accounts, "login", fail)
    status, _, answer = await house.post("/api/v1/login", GOOD)
    assert (500, "internal") == (status, answer["error"]["code"])
    assert "42" not in str(answer)


# Health.


async def test_health_is_about_the_process_and_readiness_about_the_work(house):
    assert [200, 200] == [(await house.get(path))[0] for path in ("/healthz", "/readyz")]
    house.desk.ready["engine"] = False
    status, _, body = await house.get("/readyz")
    assert (503, {"ok": False, "store": True, "engine": False, "accepting": True}) == (status, json.loads(body))
    assert 200 == (await house.get("/healthz"))[0]
    house.desk.living = False
    assert 503 == (await house.get("/healthz"))[0]
