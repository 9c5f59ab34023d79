"""Whether a condition can mean something: names that exist, values of kinds that go together, an end in sight.

Every part of the tree gets a `Value`: its type, how large it can be and what it can cost. The checker refuses what the
library would only find out when a visitor comes; where a type cannot be known (`visitor.attributes.plan`), it lets pass
and the rule fails at run time if it must.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from router.rules import kinds
from router.rules.kinds import ANY, BOOL, TEXT, Kind, Signature, Type
from router.rules.lexer import BadCondition
from router.rules.patterns import pattern_cost
from router.rules.program import pattern_complaint
from router.rules.syntax import Binary, Call, Either, Index, ListOf, Literal, MapOf, Name, Node, Select, Unary

MOST = 50_000
"""What a condition may cost, in about microseconds at worst: a step counts one, 1,000 characters another."""

_LITERALS = {
    "bool": kinds.BOOL,
    "null": kinds.NULL,
    "string": kinds.TEXT,
    "bytes": kinds.BYTES,
    "int": kinds.INT,
    "uint": kinds.UINT,
    "double": kinds.DOUBLE,
}
_ADDED = kinds.NUMBERS | {Kind.TEXT, Kind.BYTES, Kind.LIST}
_ORDERED = (
    kinds.NUMBERS,
    frozenset({Kind.TEXT}),
    frozenset({Kind.BYTES}),
    frozenset({Kind.BOOL}),
    frozenset({Kind.TIME}),
    frozenset({Kind.DURATION}),
)


@dataclass(frozen=True, slots=True)
class Value:
    """What a part of a condition comes to: `size` in characters or entries at most, `cost` to get it."""

    type: Type
    size: int
    cost: int


Names = Mapping[str, Type]


def check(tree: Node) -> int:
    """What the condition may cost, in about microseconds at worst.

    Raises:
        BadCondition: a name nobody knows, values that do not go together, no true or false at the end, or too dear.
    """
    found = _value(tree, kinds.VARIABLES)
    _want(found, BOOL, tree, "the condition")
    if found.cost > MOST:
        raise BadCondition(0, "the condition could take too long: fewer or shorter lists, texts or patterns are needed")
    return found.cost


def _value(node: Node, names: Names) -> Value:  # noqa: C901, PLR0911 - one line per kind of node
    match node:
        case Literal():
            return Value(_LITERALS[node.kind], len(node.value), 1)
        case Name():
            return _named(node, names)
        case Select():
            return _selected(node, names)
        case Index():
            return _indexed(node, names)
        case Call():
            return _called(node, names)
        case Unary():
            return _unary(node, names)
        case Binary():
            return _binary(node, names)
        case Either():
            return _either(node, names)
        case ListOf():
            items = [_value(each, names) for each in node.items]
            return Value(kinds.list_of(kinds.joined([each.type for each in items])), len(items), 1 + _cost(items))
        case MapOf():
            return _map(node, names)
        case _:
            assert_never(node)


def _cost(values: Iterable[Value]) -> int:
    return sum(each.cost for each in values)


def _of(kind: Type, cost: int) -> Value:
    """A value out of the facts, which are cut to size."""
    match kind.kind:
        case Kind.TEXT | Kind.BYTES | Kind.ANY:
            return Value(kind, kinds.TEXT_SIZE, cost)
        case Kind.LIST | Kind.MAP | Kind.RECORD:
            return Value(kind, kinds.MAP_SIZE, cost)
        case _:
            return Value(kind, 1, cost)


def _named(node: Name, names: Names) -> Value:
    found = names.get(node.name)
    if found is None:
        known = [*names, "true", "false", *kinds.FUNCTIONS, *kinds.MACROS]
        raise BadCondition(node.at, f'unknown variable "{node.name}"', _nearest(node.name, known))
    return _of(found, 1)


def _selected(node: Select, names: Names) -> Value:
    of = _value(node.of, names)
    return _of(_field(of.type, node.field, node, node.of), of.cost + 1)


def _field(of: Type, field: str, node: Node, whole: Node) -> Type:
    match of.kind:
        case Kind.RECORD:
            known = of.fields or {}
            if field not in known:
                name = f" of {whole.name}" if isinstance(whole, Name) else ""
                hint = _nearest(field, known) or f"known are {', '.join(known)}"
                raise BadCondition(node.at, f'unknown field "{field}"{name}', hint)
            return known[field]
        case Kind.MAP:
            return of.item or ANY
        case Kind.ANY:
            return ANY
        case _:
            raise BadCondition(node.at, f'{of.kind} has no field "{field}"')


def _indexed(node: Index, names: Names) -> Value:
    of, key = _value(node.of, names), _value(node.key, names)
    cost = of.cost + key.cost + 1
    match of.type.kind:
        case Kind.LIST:
            _want(key, kinds.INT, node.key, "the place in a list")
            return _of(of.type.item or ANY, cost)
        case Kind.RECORD | Kind.MAP:
            _want(key, TEXT, node.key, "the key of a map")
            if isinstance(node.key, Literal):
                return _of(_field(of.type, node.key.value, node.key, node.of), cost)
            return _of(of.type.item or ANY, cost)
        case Kind.ANY:
            return _of(ANY, cost)
        case _:
            raise BadCondition(node.at, f"{of.type.kind} has no parts to ask for")


def _map(node: MapOf, names: Names) -> Value:
    values: list[Value] = []
    cost = 1
    for key, value in node.pairs:
        found = _value(key, names)
        _want(found, TEXT, key, "the key of a map")
        values.append(_value(value, names))
        cost += found.cost
    return Value(kinds.map_of(kinds.joined([each.type for each in values])), len(values), cost + _cost(values))


def _unary(node: Unary, names: Names) -> Value:
    operand = _value(node.operand, names)
    if node.operator == "!":
        _want(operand, BOOL, node.operand, 'what follows "!"')
        return Value(BOOL, 1, operand.cost + 1)
    if operand.type.kind not in kinds.NUMBERS | {Kind.ANY, Kind.DURATION}:
        raise BadCondition(node.at, f'"-" needs a number, not {operand.type.kind}')
    return Value(operand.type, 1, operand.cost + 1)


def _either(node: Either, names: Names) -> Value:
    condition, yes, no = (_value(each, names) for each in (node.condition, node.yes, node.no))
    _want(condition, BOOL, node.condition, 'what stands before "?"')
    kind = kinds.joined([yes.type, no.type])
    return Value(kind, max(yes.size, no.size), condition.cost + yes.cost + no.cost + 1)


def _binary(node: Binary, names: Names) -> Value:
    left, right = _value(node.left, names), _value(node.right, names)
    cost = left.cost + right.cost + 1 + min(left.size, right.size) // 1_000
    one, other = left.type, right.type
    match node.operator:
        case "&&" | "||" as operator:
            _want(left, BOOL, node.left, f'each side of "{operator}"')
            _want(right, BOOL, node.right, f'each side of "{operator}"')
            return Value(BOOL, 1, cost)
        case "==" | "!=":
            if not kinds.comparable(one, other):
                hint = 'what is not known is ""' if Kind.NULL in {one.kind, other.kind} else ""
                raise BadCondition(node.at, f"{one.kind} and {other.kind} are never equal", hint)
            return Value(BOOL, 1, cost)
        case "in":
            return _in(node, left, right, cost)
        case "<" | "<=" | ">" | ">=":
            if not any(_within(one, group) and _within(other, group) for group in _ORDERED):
                raise BadCondition(node.at, f"{one.kind} and {other.kind} have no order")
            return Value(BOOL, 1, cost)
        case operator:
            size = left.size + right.size
            return Value(_computed(node, operator, one, other), size, cost + size // 1_000)


def _within(kind: Type, group: frozenset[Kind]) -> bool:
    return kind.kind is Kind.ANY or kind.kind in group


def _in(node: Binary, left: Value, right: Value, cost: int) -> Value:
    match right.type.kind:
        case Kind.LIST:
            if not kinds.comparable(left.type, right.type.item or ANY):
                raise BadCondition(node.at, f"{left.type.kind} is never in this list")
        case Kind.MAP | Kind.RECORD:
            _want(left, TEXT, node.left, "a key")
        case Kind.ANY:
            pass
        case Kind.TEXT:
            raise BadCondition(node.at, '"in" looks into lists and maps', "use a.contains(b) for texts")
        case kind:
            raise BadCondition(node.at, f'"in" looks into lists and maps, not {kind}')
    return Value(BOOL, 1, cost + right.size)


def _computed(node: Binary, operator: str, one: Type, other: Type) -> Type:
    if Kind.ANY in {one.kind, other.kind}:
        return ANY
    if Kind.TIME in {one.kind, other.kind} or Kind.DURATION in {one.kind, other.kind}:
        return _moved(node, operator, one, other)
    allowed = _ADDED if operator == "+" else kinds.NUMBERS
    if one.kind not in allowed or one.kind is not other.kind:
        hint = "use string(…) to make a text" if operator == "+" and Kind.TEXT in {one.kind, other.kind} else ""
        raise BadCondition(node.at, f'"{operator}" does not go with {one.kind} and {other.kind}', hint)
    return one if one == other else kinds.list_of(ANY)


def _moved(node: Binary, operator: str, one: Type, other: Type) -> Type:
    match operator, one.kind, other.kind:
        case (("+" | "-"), Kind.TIME, Kind.DURATION):
            return kinds.TIME
        case "+", Kind.DURATION, Kind.TIME:
            return kinds.TIME
        case (("+" | "-"), Kind.DURATION, Kind.DURATION):
            return kinds.DURATION
        case "-", Kind.TIME, Kind.TIME:
            return kinds.DURATION
        case _:
            raise BadCondition(node.at, f'"{operator}" does not go with {one.kind} and {other.kind}')


def _called(node: Call, names: Names) -> Value:
    if node.function == "has" and node.target is None:
        return _has(node, names)
    if node.function in kinds.MACROS:
        return _macro(node, names)
    signatures = kinds.FUNCTIONS.get(node.function)
    if signatures is None:
        known = [*kinds.FUNCTIONS, *kinds.MACROS, "has"]
        raise BadCondition(node.at, f'unknown function "{node.function}"', _nearest(node.function, known))
    target = None if node.target is None else _value(node.target, names)
    arguments = [_value(each, names) for each in node.arguments]
    found = next((each for each in signatures if _takes(each, target, arguments)), None)
    if found is None:
        raise BadCondition(node.at, _misused(node.function, signatures, target, arguments))
    everything = arguments if target is None else [target, *arguments]
    cost = _cost(everything) + 1 + sum(each.size for each in everything) // 1_000
    if node.function == "matches":
        cost += _pattern(node.arguments[-1], everything[0].size)
    size = everything[0].size + 64 if found.result is TEXT else 1
    return Value(found.result, size, cost)


def _takes(signature: Signature, target: Value | None, arguments: list[Value]) -> bool:
    if (target is None) != (signature.target is None) or len(arguments) != len(signature.arguments):
        return False
    if target is not None and signature.target is not None and not kinds.fits(target.type, signature.target):
        return False
    return all(kinds.fits(one.type, wanted) for one, wanted in zip(arguments, signature.arguments, strict=True))


def _misused(name: str, signatures: tuple[Signature, ...], target: Value | None, arguments: list[Value]) -> str:
    said = ", ".join(each.type.kind for each in arguments) or "nothing"
    on = f" of {target.type.kind}" if target is not None else ""
    ways = " or ".join(dict.fromkeys(_way(name, each) for each in signatures if Kind.ANY not in _kinds(each)))
    return f"{name}{on} does not take {said}; it is {ways}"


def _kinds(signature: Signature) -> set[Kind]:
    return {each.kind for each in signature.arguments}


def _way(name: str, signature: Signature) -> str:
    arguments = ", ".join(each.kind for each in signature.arguments)
    return f"{name}({arguments})" if signature.target is None else f"{signature.target.kind}.{name}({arguments})"


def _pattern(node: Node, size: int) -> int:
    """The pattern must be written down: one out of a visitor's words could be anything."""
    if not isinstance(node, Literal):
        raise BadCondition(_start(node), "the pattern of matches must be a text in quotes")
    if pattern_cost(node.value) <= MOST and (complaint := pattern_complaint(node.value)):
        raise BadCondition(node.at, f"the pattern cannot be used: {complaint}")
    return pattern_cost(node.value) + size // 40


def _has(node: Call, names: Names) -> Value:
    if len(node.arguments) != 1 or not isinstance(node.arguments[0], Select):
        raise BadCondition(node.at, "has asks for a field, as in has(form.topic)")
    return Value(BOOL, 1, _value(node.arguments[0], names).cost + 1)


def _macro(node: Call, names: Names) -> Value:
    wanted = kinds.MACROS[node.function]
    if node.target is None or len(node.arguments) not in wanted:
        raise BadCondition(node.at, f"{node.function} is written list.{node.function}(each, …)")
    bound = node.arguments[0]
    if not isinstance(bound, Name):
        raise BadCondition(bound.at, f"the first argument of {node.function} must be a new name")
    of = _value(node.target, names)
    match of.type.kind:
        case Kind.LIST:
            item = of.type.item or ANY
        case Kind.MAP | Kind.RECORD:
            item = TEXT
        case Kind.ANY:
            item = ANY
        case kind:
            raise BadCondition(node.at, f"{node.function} goes through lists and maps, not {kind}")
    inner = {**names, bound.name: item}
    bodies = [_value(each, inner) for each in node.arguments[1:]]
    size = min(of.size, kinds.MAP_SIZE) if of.type.kind is Kind.ANY else of.size
    return _gone_through(node, of, bodies, size)


def _gone_through(node: Call, of: Value, bodies: list[Value], size: int) -> Value:
    cost = of.cost + size * (_cost(bodies) + 1)
    if node.function != "map":
        _want(bodies[0], BOOL, node.arguments[1], f"what {node.function} asks")
        return Value(of.type, size, cost) if node.function == "filter" else Value(BOOL, 1, cost)
    if len(bodies) > 1:
        _want(bodies[0], BOOL, node.arguments[1], "what map asks")
    return Value(kinds.list_of(bodies[-1].type), size, cost)


def _want(value: Value, wanted: Type, node: Node, what: str) -> None:
    if not kinds.fits(value.type, wanted):
        raise BadCondition(_start(node), f"{what} must be {wanted.kind}, not {value.type.kind}")


def _start(node: Node) -> int:
    """Where a part of the condition begins."""
    match node:
        case Select(of=of) | Index(of=of):
            return _start(of)
        case Call(target=target) if target is not None:
            return _start(target)
        case Binary(left=left):
            return _start(left)
        case Either(condition=condition):
            return _start(condition)
        case _:
            return node.at


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1)
    return f'did you mean "{found[0]}"?' if found else ""
