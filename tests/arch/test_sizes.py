"""What is too long wants to be two things: modules end at 500 lines, functions at 60."""

from __future__ import annotations

import ast

import pytest

from tests.arch.source import ROOT, Source, sources

MODULE_LINES = 500
FUNCTION_LINES = 60

# Path, or path::function -> why it may be longer. A row whose reason is gone fails the test too.
LONGER: dict[str, str] = {}

GENERATED = frozenset({"widget/client/generated.ts"})


@pytest.fixture(scope="module")
def too_long() -> set[str]:
    python = sources("router", "server", "bots", "bench", "tests")
    return long_modules(python) | long_functions(python)


def long_modules(python: list[Source]) -> set[str]:
    lengths = {source.path: source.text.count("\n") for source in python}
    for folder in ("widget", "static", "tools"):
        for path in (ROOT / folder).rglob("*"):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in {".ts", ".tsx", ".mjs"} and name not in GENERATED:
                lengths[name] = path.read_text(encoding="utf-8").count("\n")
    return {path for path, length in lengths.items() if length > MODULE_LINES}


def long_functions(python: list[Source]) -> set[str]:
    return {
        f"{source.path}::{node.name}"
        for source in python
        for node in ast.walk(ast.parse(source.text))  # not kept: the trees of all files are millions of nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES
    }


def test_modules_and_functions_stay_short(too_long):
    assert set() == too_long - set(LONGER)


def test_no_exception_outlives_its_reason(too_long):
    assert set() == set(LONGER) - too_long
