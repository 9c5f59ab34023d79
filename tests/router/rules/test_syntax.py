"""One grammar, read twice: here, for messages a person understands, and by the library that runs it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.rules.lexer import BadCondition, text_of, tokens
from router.rules.program import Program, UnusableCondition
from router.rules.syntax import DEEPEST, Binary, Call, Either, Index, ListOf, Literal, MapOf, Name, Select, Unary, parse

VOCABULARY = (
    *("page", "text", "x", "size", "has", "in", "true", "false", "null"),
    *("||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "!", "?", ":", ".", ","),
    *("(", ")", "[", "]", "{", "}", '"a"', "'b'", "1", "2.5", "3u", "0x1F", "b'c'", 'r"\\d"', "// no\n", " "),
)


def test_tokens_know_where_they_stand():
    found = [(token.kind, token.text, token.at) for token in tokens('a&&"b" // c\n >= 1.5')]
    assert found == [
        ("name", "a", 0),
        ("mark", "&&", 1),
        ("string", '"b"', 3),
        ("mark", ">=", 13),
        ("double", "1.5", 16),
        ("end", "", 19),
    ]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ('"a"', "a"),
        ("'it\\'s'", "it's"),
        ('"\\n\\t\\\\\\""', '\n\t\\"'),
        ('"\\x41\\u00e9\\U0001F600\\101"', "Aé😀A"),
        ('r"\\d+"', "\\d+"),
        ('"""two\nlines"""', "two\nlines"),
        ("R'''it's'''", "it's"),
        ('""', ""),
    ],
)
def test_what_a_text_stands_for(said, text):
    (token, _end) = tokens(said)
    assert (token.kind, text_of(token)) == ("string", text)


A, B, C, D, E = (Name(at, name) for at, name in ((0, "a"), (4, "b"), (8, "c"), (12, "d"), (16, "e")))


def number(at: int, value: str) -> Literal:
    return Literal(at, "int", value)


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        ("a|| b&& c", Binary(1, "||", A, Binary(5, "&&", B, C))),
        ("1 + 2 * 3", Binary(2, "+", number(0, "1"), Binary(6, "*", number(4, "2"), number(8, "3")))),
        ("a - b - c", Binary(6, "-", Binary(2, "-", A, B), C)),
        ("!a.b", Unary(0, "!", Select(3, Name(1, "a"), "b"))),
        ("!!a", Unary(0, "!", Name(2, "a"))),
        ("--1", number(2, "1")),
        ("a ? b : c ? d : e", Either(2, A, B, Either(10, C, D, E))),
        ("f(a, 1)", Call(0, "f", None, (Name(2, "a"), number(5, "1")))),
        ("a . g()[0]", Index(7, Call(4, "g", A, ()), number(8, "0"))),
        ("[1,] in 2", Binary(5, "in", ListOf(0, (number(1, "1"),)), number(8, "2"))),
        ("{'k' : a,}", MapOf(0, ((Literal(1, "string", "k"), Name(7, "a")),))),
    ],
)
def test_what_binds_how(condition, tree):
    assert parse(condition) == tree


@pytest.mark.parametrize(
    ("condition", "at", "message"),
    [
        ("", 0, "expected a value, not the end"),
        ("a &&", 4, "expected a value, not the end"),
        ("a b", 2, 'expected an operator or the end, not "b"'),
        ("(a", 2, 'expected ")", not the end'),
        ("f(a b)", 4, 'expected ")", not "b"'),
        ("[1 2]", 3, 'expected "]", not "2"'),
        ("{'a' 1}", 5, 'expected ":", not "1"'),
        ("a ? b", 5, 'expected ":", not the end'),
        ("a.1", 1, 'expected an operator or the end, not ".1"'),
        ("a. + b", 3, 'expected a name, not "+"'),
        ("a = b", 2, 'a lone "="; equality is "=="'),
        ("a & b", 2, 'a lone "&"; "and" is "&&"'),
        ("a | b", 2, 'a lone "|"; "or" is "||"'),
        ('a == "b', 5, "a text that does not end"),
        ("a == 'b\nc'", 5, "a text that does not end"),
        ("a # b", 2, "'#' has no meaning here"),
        ("page{}", 4, 'expected an operator or the end, not "{"'),
        ("page.in", 5, 'expected a name, not "in"'),
        ("page.true()", 5, 'expected a name, not "true"'),
        ("(" * (DEEPEST + 1), DEEPEST, f"nested more than {DEEPEST} deep"),
    ],
)
def test_what_is_no_condition(condition, at, message):
    with pytest.raises(BadCondition) as caught:
        parse(condition)
    assert (caught.value.at, caught.value.message) == (at, message)


@pytest.mark.parametrize("deep", ["(" * 4_000, "[" * 4_000, "!" * 4_000, "-" * 4_000, "a?" * 2_000, "f(" * 2_000])
def test_nesting_without_an_end_is_refused_and_not_a_crash(deep):
    with pytest.raises(BadCondition):
        parse(deep)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=12))
def test_both_readers_take_the_same(words):
    """What is read here is what runs. Only what nobody needs is left out: messages (`a{}`) and roots (`.a`)."""
    condition = " ".join(words)
    try:
        parse(condition)
    except BadCondition:
        here = False
    else:
        here = True
    try:
        Program(condition)
    except UnusableCondition:
        there = False
    else:
        there = True
    assert here == there or (there and not {"{", "."}.isdisjoint(words)), condition
