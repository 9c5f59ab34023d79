"""What the tests of the house's shape know about a Python file: its module name, its imports, its dotted names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FIRST_PARTY = frozenset({"router", "server", "bots", "tests", "bench"})
_NEVER = frozenset({"__pycache__", "built", "built.new", "built.old", "node_modules"})


@dataclass(frozen=True)
class Import:
    """`module` is what is asked for as one would write it with dots; `line` is where."""

    module: str
    line: int
    under_type_checking: bool = False

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Source:
    path: str
    text: str

    @property
    def module(self) -> str:
        dotted = self.path.removesuffix(".py").replace("/", ".")
        return dotted.removesuffix(".__init__")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every import, also those inside functions; `from a import b` counts as `a.b`."""
        return tuple(self._imports(self.tree, under_type_checking=False))

    def _imports(self, node: ast.AST, *, under_type_checking: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, under_type_checking)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield Import(f"{self._absolute(node)}.{alias.name}", node.lineno, under_type_checking)
        hidden = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for child in ast.iter_child_nodes(node):
            yield from self._imports(child, under_type_checking=under_type_checking or hidden)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if node.level == 0:
            return node.module or ""
        package = self.module.split(".") if self.path.endswith("__init__.py") else self.module.split(".")[:-1]
        base = package[: len(package) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])

    @cached_property
    def names(self) -> tuple[tuple[str, ast.expr], ...]:
        """Each use of an imported name, spelled out: with `from datetime import datetime as d`, `d.now` is
        `datetime.datetime.now`."""
        known = self._known_names()
        inner = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)}
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner:
                head, *rest = _dotted(node)
                if head in known:
                    found.append((".".join([known[head], *rest]), node))
        return tuple(found)

    def _known_names(self) -> dict[str, str]:
        known: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    known[alias.asname or name] = name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    known[alias.asname or alias.name] = f"{self._absolute(node)}.{alias.name}"
        return known


def _dotted(node: ast.expr) -> list[str]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id if isinstance(node, ast.Name) else "", *reversed(parts)]


def sources(*folders: str) -> list[Source]:
    """The Python files below these folders of the project; a folder that does not exist yet has none."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    wanted = [path for path in paths if not _NEVER & set(path.relative_to(ROOT).parts)]
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in wanted]
