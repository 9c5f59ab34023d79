"""The description says what is there: all of it, in a form that tools read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import hdrs
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from server.http.answers import JSON
from server.http.api.operation import PREFIX, Operation
from tests.http.api.table import addressed, operations
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


# What really comes is what is described.


def validator(said: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": said["components"]})


def answered(said: dict[str, Any], operation: Operation, status: int) -> dict[str, Any]:
    way = said["paths"][operation.path][operation.method.lower()]["responses"][str(status)]
    found: dict[str, Any] = way["content"]["application/json"]["schema"]
    return found


READING = [each for each in operations() if each.method == "GET" and "{" not in each.path and each.name != "openapi"]
NEEDED = {"findVisitors": "?email=nobody@example.org"}
RECORD = {"sites": "demo", "departments": "support", "agents": "ada"}


@pytest.mark.parametrize("operation", READING, ids=lambda each: each.name)
async def test_what_is_read_is_what_is_described(desk: Office, said: dict[str, Any], operation: Operation):
    answer = await desk.ask("GET", addressed(operation) + NEEDED.get(operation.name, ""))
    assert answer.status == 200
    validator(said, answered(said, operation, 200)).validate(answer.body)


@pytest.mark.parametrize("kind", RECORD)
async def test_a_record_is_what_is_described_both_ways(desk: Office, said: dict[str, Any], kind: str):
    path = f"{PREFIX}/{kind}/{{key}}"
    by_method = {each.method: each for each in operations() if each.path == path}
    read = await desk.ask("GET", f"/{kind}/{RECORD[kind]}")
    validator(said, answered(said, by_method["GET"], 200)).validate(read.body)
    way = said["paths"][path]["put"]["requestBody"]["content"]["application/json"]["schema"]
    validator(said, way).validate(read.body)
    written = await desk.ask("PUT", f"/{kind}/{RECORD[kind]}", read.body)
    validator(said, answered(said, by_method["PUT"], 200)).validate(written.body)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("route", {"page": {"url": "https://shop.example/"}, "text": "Hello"}),
        ("checkSettings", {"workspace": {"key": "demo"}, "department": [{"key": "support", "overflow": ["x"]}]}),
    ],
)
async def test_what_is_asked_is_answered_as_described(desk: Office, said: dict[str, Any], name: str, body: Any):
    (operation,) = [each for each in operations() if each.name == name]
    answer = await desk.ask(operation.method, addressed(operation), body)
    assert answer.status == 200
    validator(said, answered(said, operation, 200)).validate(answer.body)


async def test_every_refusal_is_what_is_described(desk: Office, said: dict[str, Any]):
    for operation in operations():
        for body, who in ((b"[", "root"), (b"{}", "ada"), (b"{}", None)):
            sent = body if operation.body is not None else None
            answer = await desk.ask(operation.method, addressed(operation), sent, who=who, Content_Type=JSON)
            if answer.status >= 400:
                validator(said, answered(said, operation, answer.status)).validate(answer.body)


async def test_a_description_can_be_wrong(desk: Office, said: dict[str, Any]):
    (operation,) = [each for each in operations() if each.name == "getWorkspace"]
    wrong = {**await desk.get("/workspace"), "grace_seconds": "soon"}
    assert not validator(said, answered(said, operation, 200)).is_valid(wrong)
