"""What is too long wants to be two things: modules end at 500 lines, functions at 60."""

from __future__ import annotations

import ast

from tests.arch.source import ROOT, sources

MODULE_LINES = 500
FUNCTION_LINES = 60

# Path, or path::function -> why it may be longer. A row whose reason is gone fails the test too.
LONGER: dict[str, str] = {}

GENERATED = frozenset({"widget/client/generated.ts"})

PYTHON = [*sources("router", "server", "bots", "bench", "tests")]


def long_modules() -> set[str]:
    lengths = {source.path: source.text.count("\n") for source in PYTHON}
    for folder in ("widget", "static", "tools"):
        for path in (ROOT / folder).rglob("*"):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in {".ts", ".tsx", ".mjs"} and name not in GENERATED:
                lengths[name] = path.read_text(encoding="utf-8").count("\n")
    return {path for path, length in lengths.items() if length > MODULE_LINES}


def long_functions() -> set[str]:
    return {
        f"{source.path}::{node.name}"
        for source in PYTHON
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES
    }


def test_modules_and_functions_stay_short():
    assert set() == (long_modules() | long_functions()) - set(LONGER)


def test_no_exception_outlives_its_reason():
    assert set() == set(LONGER) - (long_modules() | long_functions())
