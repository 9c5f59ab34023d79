"""Imports run downwards only, each library has its home, and the router touches nothing of the world."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

import pytest

from tests.arch import house
from tests.arch.source import FIRST_PARTY, Source, sources

_SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|"
    r"(CREATE|DROP|ALTER)\s+(TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s+\w+|VACUUM\b|(BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b)",
    re.DOTALL,
)


@pytest.fixture(scope="module")
def code() -> list[Source]:
    """Parsed once for this module, then let go: millions of nodes, which every later look for rubbish would pass."""
    return sources("router", "server", "bots")


def wrong_direction(source: Source) -> Iterator[str]:
    part = house.part_of(source.module)
    if part is None:
        yield f"{source.path}: tests/arch/house.py has no row for {source.module}"
        return
    for wanted in source.imports:
        if wanted.top not in FIRST_PARTY or house.is_within(wanted.module, part):
            continue
        if wanted.top in {"tests", "bench"}:
            yield f"{source.path}:{wanted.line}: imports {wanted.module}, which is not part of the product"
        elif house.is_within(wanted.module, "server.app") and part not in house.STARTS_THE_APP:
            yield f"{source.path}:{wanted.line}: nothing but {sorted(house.STARTS_THE_APP)} imports server.app"
        elif not any(house.is_within(wanted.module, allowed) for allowed in house.MAY_IMPORT[part]):
            yield f"{source.path}:{wanted.line}: {part} must not import {wanted.module}"


def away_from_home(source: Source) -> Iterator[str]:
    for wanted in source.imports:
        homes = house.HOMES.get(wanted.top)
        if homes is not None and not any(house.is_within(source.module, home) for home in homes):
            yield f"{source.path}:{wanted.line}: {wanted.top} is at home in {', '.join(homes)}"


def impure(source: Source) -> Iterator[str]:
    for wanted in source.imports:
        if wanted.top in FIRST_PARTY or wanted.top in house.ROUTER_LIBRARIES:
            continue
        if wanted.top not in house.ROUTER_STDLIB:
            yield f"{source.path}:{wanted.line}: the router must not import {wanted.module}"
    for name, use in source.names:
        if name.startswith("random.") and name != "random.Random":
            yield f"{source.path}:{use.lineno}: {name} has no seed of its own; use random.Random"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            yield f"{source.path}:{node.lineno}: nothing in the router waits"
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in house.ROUTER_BUILTINS_AWAY:
            yield f"{source.path}:{node.lineno}: {node.id}() reaches out of the router, or differs from run to run"


def foreign_to_the_wire(source: Source) -> Iterator[str]:
    for wanted in source.imports:
        known = wanted.top in FIRST_PARTY or wanted.top in house.WIRE_LIBRARIES
        if not known and wanted.top not in sys.stdlib_module_names:
            yield f"{source.path}:{wanted.line}: the wire must not import {wanted.module}"


def hidden_cycle(source: Source) -> Iterator[str]:
    for wanted in source.imports:
        if wanted.under_type_checking and wanted.top in FIRST_PARTY:
            yield f"{source.path}:{wanted.line}: {wanted.module} under TYPE_CHECKING hides a cycle"


def sql_text(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and _SQL.match(_text(node)):
            yield f"{source.path}:{node.lineno}: SQL lives in server/store"


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) for value in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "?"


def homeless_name(source: Source) -> Iterator[str]:
    for piece in source.module.split("."):
        if set(piece.split("_")) & house.NO_PLACE:
            yield f"{source.path}: '{piece}' says nothing; name the thing"


def test_imports_run_downwards(code):
    assert [fault for source in code for fault in wrong_direction(source)] == []


def test_libraries_stay_at_home(code):
    assert [fault for source in code for fault in away_from_home(source)] == []


def test_the_router_is_pure():
    assert [fault for source in sources("router") for fault in impure(source)] == []


def test_the_wire_knows_only_its_codec():
    assert [fault for source in sources("server/wire") for fault in foreign_to_the_wire(source)] == []


def test_no_first_party_import_under_type_checking(code):
    everything = [*code, *sources("tests", "bench")]
    assert [fault for source in everything for fault in hidden_cycle(source)] == []


def test_sql_lives_in_the_store(code):
    outside = [source for source in code if not house.is_within(source.module, "server.store")]
    assert [fault for source in outside for fault in sql_text(source)] == []


def test_every_module_has_a_telling_name(code):
    everything = [*code, *sources("tests", "bench")]
    assert [fault for source in everything for fault in homeless_name(source)] == []


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (wrong_direction, "server/wire/frames.py", "from server.session import protocol"),
        (wrong_direction, "server/store/sqlite.py", "from server import bus"),
        (wrong_direction, "server/bus/memory.py", "import server.store.base"),
        (wrong_direction, "server/desk/engine.py", "from server.store.sqlite import SqliteStore"),
        (wrong_direction, "server/desk/engine.py", "from ..store import sqlite"),
        (wrong_direction, "server/http/rest.py", "def late():\n    from server.app import App"),
        (wrong_direction, "router/line.py", "from server.clock import Clock"),
        (wrong_direction, "server/desk/engine.py", "from tests.support import build"),
        (wrong_direction, "server/novelty.py", ""),
        (wrong_direction, "server/novelty/thing.py", ""),
        (away_from_home, "server/session/protocol.py", "from aiohttp import web"),
        (away_from_home, "server/desk/engine.py", "import apsw"),
        (away_from_home, "server/app.py", "import redis.asyncio"),
        (impure, "router/line.py", "import logging"),
        (impure, "router/line.py", "import asyncio"),
        (impure, "router/line.py", "import random\nx = random.random()"),
        (impure, "router/line.py", "from random import choice\nx = choice([1])"),
        (impure, "router/line.py", "async def f(): ..."),
        (impure, "router/line.py", "x = sorted([1], key=hash)"),
        (foreign_to_the_wire, "server/wire/frames.py", "import aiohttp"),
        (hidden_cycle, "server/desk/a.py", "import typing\nif typing.TYPE_CHECKING:\n    from server.desk import b"),
        (sql_text, "server/desk/a.py", "q = f'SELECT {1} FROM entry '"),
        (sql_text, "server/desk/a.py", "q = '''\n  UPDATE conversation SET version = 1 '''"),
        (homeless_name, "server/desk/offer_utils.py", ""),
    ],
)
def test_each_check_finds_its_fault(check, path, text):
    assert list(check(Source(path, text)))


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (wrong_direction, "server/desk/engine.py", "from server.store.base import Store\nimport router.model"),
        (wrong_direction, "server/http/rest.py", "from server.desk import engine"),
        (wrong_direction, "server/cli.py", "from server.app import run"),
        (away_from_home, "server/http/rest.py", "from aiohttp import web"),
        (impure, "router/line.py", "import random\nfrom msgspec import Struct\nx = random.Random(1)"),
        (sql_text, "server/desk/a.py", "'Begin with the oldest. Select one from the line.'"),
    ],
)
def test_each_check_lets_the_right_thing_pass(check, path, text):
    assert list(check(Source(path, text))) == []
