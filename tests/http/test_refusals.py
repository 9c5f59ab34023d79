"""Whatever is refused is coded and counted, says what a browser may do with it, and nothing of what we are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.http.policy import ALWAYS
from server.wire.codes import ErrorCode
from tests.http.front import Front, front

PLACES = ("/", "/console", "/chat/demo", "/widget.js", "/healthz", "/ws/visitor", "/ws/agent", "/demo/kill", "/nothing")
API = "/api/v1/login"
METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
READ = "GET, HEAD"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Front]:
    async with front(tmp_path) as made:
        yield made


async def test_a_page_is_read_and_nothing_else(house: Front):
    for place in PLACES:
        for method in METHODS:
            async with house.http.request(method, house.url + place, data=b"x") as answer:
                assert (405, READ) == (answer.status, answer.headers["Allow"]), (method, place)
                assert "bad_request" == (await answer.json())["error"]["code"]
                assert ALWAYS.items() <= answer.headers.items()
    assert house.bounds.refusals.counts == {("http", ErrorCode.BAD_REQUEST): len(PLACES) * len(METHODS)}


async def test_only_to_go_on_can_be_expected(house: Front):
    for place in (*PLACES, API):
        async with house.http.post(house.url + place, headers={"Expect": "a-miracle"}, data=b"{}") as answer:
            assert (417, "bad_request") == (answer.status, (await answer.json())["error"]["code"]), place
            assert ALWAYS.items() <= answer.headers.items()
    assert house.bounds.refusals.counts == {("http", ErrorCode.BAD_REQUEST): len(PLACES) + 1}


async def test_a_body_is_asked_for(house: Front):
    body = {"email": "nobody@demo.example", "password": "wrong"}
    async with house.http.post(house.url + API, json=body, expect100=True) as answer:
        assert 401 == answer.status


async def test_what_is_not_there_is_counted(house: Front):
    for place in ("/nothing", "/chat/nowhere"):
        status, headers, body = await house.get(place)
        assert (404, "text/plain; charset=utf-8") == (status, headers["Content-Type"]), place
        assert body.startswith(b"There is ")
        assert ALWAYS.items() <= headers.items()
    assert house.bounds.refusals.counts == {("http", ErrorCode.NOT_FOUND): 2}


async def test_a_refused_upgrade_is_no_exception(house: Front):
    status, headers, _ = await house.get("/ws/agent")
    assert 400 == status
    assert ALWAYS.items() <= headers.items()
    assert house.bounds.refusals.counts == {("upgrade", ErrorCode.BAD_REQUEST): 1}
