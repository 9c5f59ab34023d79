"""The description says what is there: all of it, in a form that tools read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import hdrs
from openapi_spec_validator import OpenAPIV31SpecValidator

from server.http.api.operation import PREFIX
from tests.http.api.table import operations
from tests.http.front import front
from tests.http.office import Office

METHODS = {"get", "put", "post", "delete"}


@pytest.fixture
async def said(desk: Office) -> dict[str, Any]:
    found: dict[str, Any] = await desk.get("/openapi.json", who=None)
    return found


def described(said: dict[str, Any]) -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, ways in said["paths"].items() for method in ways}


async def test_it_is_openapi(said: dict[str, Any]):
    assert said["openapi"] == "3.1.0"
    assert [str(error) for error in OpenAPIV31SpecValidator(said).iter_errors()] == []


async def test_it_describes_every_route_and_no_other(said: dict[str, Any], tmp_path):
    async with front(tmp_path / "front") as house:
        routes = {
            (route.method, route.resource.canonical)
            for route in house.app.router.routes()
            if route.resource is not None and route.resource.canonical.startswith(f"{PREFIX}/")
        }
    assert described(said) == {each for each in routes if each[0] not in {hdrs.METH_HEAD, hdrs.METH_ANY}}


async def test_what_has_braces_is_a_parameter_of_the_path(said: dict[str, Any]):
    for path, ways in said["paths"].items():
        for way in ways.values():
            named = {each["name"] for each in way.get("parameters", []) if each["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))


async def test_every_request_that_needs_somebody_says_how_and_how_it_is_refused(said: dict[str, Any]):
    for each in operations():
        way = said["paths"][each.path][each.method.lower()]
        assert bool(way["security"]) == (each.who is not None)
        if each.who is not None:
            assert {"401", "403", "500", "503"} <= set(way["responses"])
        if each.body is not None:
            assert {"400", "413", "415"} <= set(way["responses"])
        assert any(status.startswith("2") for status in way["responses"])


async def test_names_are_unique_and_everything_is_explained(said: dict[str, Any]):
    ways = [way for path in said["paths"].values() for way in path.values()]
    assert len({way["operationId"] for way in ways}) == len(ways)
    assert all(way["summary"].endswith(".") for way in ways)
    schemas = said["components"]["schemas"]
    assert {"WorkspaceFile", "Department", "Agent", "Rule", "ErrorAnswer", "Checked"} <= set(schemas)
    assert [name for name, schema in schemas.items() if "." in name] == []


async def test_no_pattern_is_pythons_alone(said: dict[str, Any]):
    assert "\\\\A" not in str(said)
    assert "\\\\Z" not in str(said)


# How the API answers what it does not have.


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/nothing", 404, None),
        ("DELETE", "/nothing", 404, None),
        ("PATCH", "/nothing", 404, None),
        ("PATCH", "/departments/support", 405, "DELETE, GET, HEAD, PUT"),
        ("POST", "/settings", 405, "GET, HEAD, PUT"),
        ("DELETE", "/rules", 405, "GET, HEAD, PUT"),
        ("GET", "/login", 405, "POST"),
        ("OPTIONS", "/settings", 405, "GET, HEAD, PUT"),
        ("GET", "/settings/check", 405, "POST"),
    ],
)
async def test_what_is_not_there_is_told_in_the_same_shape(
    desk: Office, method: str, path: str, status: int, allowed: str | None
):
    answer = await desk.ask(method, path, who=None)
    assert answer.status == status
    assert answer.body["error"]["message"]
    assert answer.headers.get("Allow") == allowed
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_head_is_get_without_a_body(desk: Office):
    head, get = await desk.ask("HEAD", "/settings"), await desk.ask("GET", "/settings")
    assert (head.status, head.body, head.tag) == (200, None, get.tag)
