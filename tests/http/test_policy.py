"""A handler without a policy does not start."""

from __future__ import annotations

import pytest
from aiohttp import web

from server.http.policy import OWN_PAGES, PUBLIC, Doors, UndeclaredPolicy, is_own_origin


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_a_route_registered_past_the_policies_stops_the_start():
    app, doors = web.Application(), Doors()
    doors.add("GET", "/declared", hello, policy=PUBLIC)
    doors.install(app)
    app.router.add_get("/sneaky", hello)
    runner = web.AppRunner(app)
    with pytest.raises(UndeclaredPolicy, match="/sneaky"):
        await runner.setup()
    await runner.cleanup()


async def test_declared_routes_start():
    app, doors = web.Application(), Doors()
    doors.add("GET", "/declared", hello, policy=PUBLIC)
    doors.add("POST", "/declared", hello, policy=OWN_PAGES)
    doors.install(app)
    runner = web.AppRunner(app)
    await runner.setup()
    assert {"GET", "HEAD", "POST"} == {route.method for route in app.router.routes()}
    await runner.cleanup()


@pytest.mark.parametrize(("method", "policy"), [("POST", PUBLIC), ("DELETE", PUBLIC), ("GET", OWN_PAGES)])
def test_a_policy_must_be_made_for_the_method(method, policy):
    with pytest.raises(UndeclaredPolicy):
        Doors().add(method, "/x", hello, policy=policy)


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://desk.example", "desk.example", True),
        ("https://desk.example", "desk.example", True),
        ("https://DESK.example", "desk.Example", True),
        ("http://desk.example:8080", "desk.example:8080", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://desk.example:8080", "desk.example", False),
        ("http://desk.example.evil.example", "desk.example", False),
        ("http://evil.example/desk.example", "desk.example", False),
        ("http://desk.example@evil.example", "desk.example", False),
        ("ftp://desk.example", "desk.example", False),
        ("null", "desk.example", False),
        ("", "", False),
        ("desk.example", "desk.example", False),
    ],
)
def test_own_origin_is_equality_and_nothing_else(origin, host, own):
    assert own is is_own_origin(origin, host)
