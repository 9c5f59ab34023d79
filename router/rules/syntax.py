"""From tokens to a tree: the grammar of CEL, with a bound on nesting.

    expr    = or [ "?" or ":" expr ]
    or      = and { "||" and }              and     = compare { "&&" compare }
    compare = sum { ("<" | "<=" | ">=" | ">" | "==" | "!=" | "in") sum }
    sum     = product { ("+" | "-") product }       product = unary { ("*" | "/" | "%") unary }
    unary   = { "!" } member | { "-" } member
    member  = primary { "." NAME [ "(" list ")" ] | "[" expr "]" }
    primary = NAME [ "(" list ")" ] | "(" expr ")" | "[" list "]" | "{" pairs "}" | literal

Messages (protobuf) cannot be made: there is no use for them here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from router.rules.lexer import BadCondition, Token, text_of, tokens

T = TypeVar("T")

DEEPEST = 32
"""How deep brackets, macros and conditional expressions may nest."""

_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"<", "<=", ">=", ">", "==", "!=", "in"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
_WORDS = frozenset({"true", "false", "null", "in"})


@dataclass(frozen=True, slots=True)
class Literal:
    """`kind` as in `lexer.Token`, or "bool" and "null"; `value` is the text of a string, else the token's."""

    at: int
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """`of.field`; `at` is where the field's name stands."""

    at: int
    of: Node
    field: str


@dataclass(frozen=True, slots=True)
class Index:
    at: int
    of: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)` or `target.function(arguments)`; `at` is where the function's name stands."""

    at: int
    function: str
    target: Node | None
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    at: int
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """`at` is where the operator stands."""

    at: int
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Either:
    """`condition ? yes : no`."""

    at: int
    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class ListOf:
    at: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    at: int
    pairs: tuple[tuple[Node, Node], ...]


Node = Literal | Name | Select | Index | Call | Unary | Binary | Either | ListOf | MapOf


def parse(source: str) -> Node:
    """The tree of a condition.

    Raises:
        BadCondition: it is not of the grammar, or nested too deeply.
    """
    return _Parser(source).whole()


class _Parser:
    """One pass over the tokens; `_token` is the one to be looked at."""

    def __init__(self, source: str) -> None:
        self._tokens = tokens(source)
        self._token = next(self._tokens)
        self._depth = 0

    def whole(self) -> Node:
        found = self._expression()
        if self._token.kind != "end":
            raise self._unexpected("an operator or the end")
        return found

    def _next(self) -> Token:
        behind = self._token
        if behind.kind != "end":
            self._token = next(self._tokens)
        return behind

    def _is(self, mark: str) -> bool:
        return self._token.kind in {"mark", "name"} and self._token.text == mark

    def _skip(self, mark: str) -> bool:
        found = self._is(mark)
        if found:
            self._next()
        return found

    def _need(self, mark: str) -> None:
        if not self._skip(mark):
            raise self._unexpected(f'"{mark}"')

    def _unexpected(self, wanted: str) -> BadCondition:
        found = "the end" if self._token.kind == "end" else f'"{self._token.text}"'
        return BadCondition(self._token.at, f"expected {wanted}, not {found}")

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadCondition(self._token.at, f"nested more than {DEEPEST} deep")
        found = self._level(0)
        at = self._token.at
        if self._skip("?"):
            yes = self._level(0)
            self._need(":")
            found = Either(at, found, yes, self._expression())
        self._depth -= 1
        return found

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        found = self._level(level + 1)
        while self._token.kind in {"mark", "name"} and self._token.text in _LEVELS[level]:
            operator = self._next()
            found = Binary(operator.at, operator.text, found, self._level(level + 1))
        return found

    def _unary(self) -> Node:
        for mark in ("!", "-"):
            if self._is(mark):
                at, times = self._token.at, 0
                while self._skip(mark):
                    times += 1
                found = self._member()
                # Twice is nothing: the tree does not grow with them.
                return found if times % 2 == 0 and mark == "-" else Unary(at, mark, found)
        return self._member()

    def _member(self) -> Node:
        found = self._primary()
        while True:
            at = self._token.at
            if self._skip("."):
                found = self._dotted(found)
            elif self._skip("["):
                found = Index(at, found, self._expression())
                self._need("]")
            else:
                return found

    def _dotted(self, of: Node) -> Node:
        if self._token.kind != "name" or self._token.text in _WORDS:
            raise self._unexpected("a name")
        name = self._next()
        if self._skip("("):
            return Call(name.at, name.text, of, self._list(")", self._expression))
        return Select(name.at, of, name.text)

    def _primary(self) -> Node:
        token = self._token
        if token.kind == "name" and token.text not in _WORDS:
            self._next()
            if self._skip("("):
                return Call(token.at, token.text, None, self._list(")", self._expression))
            return Name(token.at, token.text)
        if self._skip("("):
            found = self._expression()
            self._need(")")
            return found
        if self._skip("["):
            return ListOf(token.at, self._list("]", self._expression))
        if self._skip("{"):
            return MapOf(token.at, self._list("}", self._pair))
        return self._literal()

    def _pair(self) -> tuple[Node, Node]:
        key = self._expression()
        self._need(":")
        return key, self._expression()

    def _list(self, end: str, one: Callable[[], T]) -> tuple[T, ...]:
        """Up to the closing mark; a comma may stand behind the last."""
        found: list[T] = []
        while not self._is(end):
            found.append(one())
            if not self._skip(","):
                break
        self._need(end)
        return tuple(found)

    def _literal(self) -> Node:
        token = self._token
        match token.kind, token.text:
            case "string", _:
                found = Literal(token.at, "string", text_of(token))
            case (("bytes" | "double" | "uint" | "int"), text):
                found = Literal(token.at, token.kind, text)
            case "name", ("true" | "false") as text:
                found = Literal(token.at, "bool", text)
            case "name", "null":
                found = Literal(token.at, "null", "null")
            case _:
                raise self._unexpected("a value")
        self._next()
        return found
