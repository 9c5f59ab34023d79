from __future__ import annotations

import pytest

from router.rules import kinds
from router.rules.kinds import Kind, Signature, Type
from router.rules.model import Rule, RuleProblem
from router.rules.patterns import pattern_cost
from router.rules.ruleset import compile_rules
from tests.router.rules.facts import ask

LONG = "the condition could take too long: fewer or shorter lists, texts or patterns are needed at column 1"


def complaint(when: str) -> str:
    try:
        compile_rules([Rule(name="r", when=when)])
    except RuleProblem as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize(
    ("when", "said"),
    [
        # Names.
        ('pgae.path == "/"', 'unknown variable "pgae" at column 1, did you mean "page"?'),
        ("repeat", 'unknown variable "repeat" at column 1'),
        ("page.pth == '/'", 'unknown field "pth" of page at column 6, did you mean "path"?'),
        ('page["pth"] == "/"', 'unknown field "pth" of page at column 6, did you mean "path"?'),
        ("has(visitor.cuntry)", 'unknown field "cuntry" of visitor at column 13, did you mean "country"?'),
        (
            "now.zzz == 1",
            'unknown field "zzz" of now at column 5, known are weekday, hour, minute, date',
        ),
        ("text.startWith('a')", 'unknown function "startWith" at column 6, did you mean "startsWith"?'),
        ("lenght(text) > 1", 'unknown function "lenght" at column 1'),
        ("dyn(1) == 1", 'unknown function "dyn" at column 1'),
        ("text.lowerAscii() == 'a'", 'unknown function "lowerAscii" at column 6'),
        ("form.topic.first == 'a'", 'a text has no field "first" at column 12'),
        ("[1].exists(n, m > 1)", 'unknown variable "m" at column 15'),
        ("[1].exists(n, n > 1) || n > 1", 'unknown variable "n" at column 25'),
        # What it comes to.
        ("text", "the condition must be true or false, not a text at column 1"),
        ("page.query", "the condition must be true or false, not a map at column 1"),
        ("visitor.repeat ? 1 : 2", "the condition must be true or false, not a whole number at column 1"),
        # Kinds.
        ("visitor.visits == '3'", "a whole number and a text are never equal at column 16"),
        ("visitor.name != null", 'a text and null are never equal at column 14, what is not known is ""'),
        ("page.query == 'a'", "a map and a text are never equal at column 12"),
        ("visitor.visits > '3'", "a whole number and a text have no order at column 16"),
        ("page.query < page.query", "a map and a map have no order at column 12"),
        ("text && true", 'each side of "&&" must be true or false, not a text at column 1'),
        ("true || 1", 'each side of "||" must be true or false, not a whole number at column 9'),
        ("!visitor.visits", 'what follows "!" must be true or false, not a whole number at column 2'),
        ("-text == 'a'", '"-" needs a number, not a text at column 1'),
        ("text ? true : false", 'what stands before "?" must be true or false, not a text at column 1'),
        (
            "text + 1 == 'a'",
            '"+" does not go with a text and a whole number at column 6, use string(…) to make a text',
        ),
        ("1 + 1.5 > 2.0", '"+" does not go with a whole number and a number with a point at column 3'),
        ("'a' * 2 == 'aa'", '"*" does not go with a text and a whole number at column 5'),
        (
            "timestamp('2026-01-01T00:00:00Z') * duration('1h') == 1",
            '"*" does not go with a time and a duration at column 35',
        ),
        ("'a' in text", '"in" looks into lists and maps at column 5, use a.contains(b) for texts'),
        ("1 in 2", '"in" looks into lists and maps, not a whole number at column 3'),
        ("1 in ['a', 'b']", "a whole number is never in this list at column 3"),
        ("1 in form", "a key must be a text, not a whole number at column 1"),
        ("text[0] == 'a'", "a text has no parts to ask for at column 5"),
        ("[1]['a'] == 1", "the place in a list must be a whole number, not a text at column 5"),
        ("form[1] == 'a'", "the key of a map must be a text, not a whole number at column 6"),
        ("{1: 2} == {}", "the key of a map must be a text, not a whole number at column 2"),
        # Functions.
        (
            "text.contains(1)",
            "contains of a text does not take a whole number; it is a text.contains(a text) at column 6",
        ),
        (
            "visitor.visits.contains('1')",
            "contains of a whole number does not take a text; it is a text.contains(a text) at column 16",
        ),
        ("startsWith(text)", "startsWith does not take a text; it is a text.startsWith(a text) at column 1"),
        ("has(text)", "has asks for a field, as in has(form.topic) at column 1"),
        ("has(form.a, form.b)", "has asks for a field, as in has(form.topic) at column 1"),
        ("[1].all(n)", "all is written list.all(each, …) at column 5"),
        ("all([1], n)", "all is written list.all(each, …) at column 1"),
        ("[1].all(1, true)", "the first argument of all must be a new name at column 9"),
        ("[1].all(n, n)", "what all asks must be true or false, not a whole number at column 12"),
        ("[1].map(n, n, n) == [1]", "what map asks must be true or false, not a whole number at column 12"),
        ("text.all(c, true)", "all goes through lists and maps, not a text at column 6"),
        # Patterns.
        ("text.matches('(')", "the pattern cannot be used: unclosed group at column 14"),
        (
            "text.matches('(?=a)')",
            (
                "the pattern cannot be used: look-around, including look-ahead and look-behind, "
                "is not supported at column 14"
            ),
        ),
        ("text.matches(form.topic)", "the pattern of matches must be a text in quotes at column 14"),
        ("text.matches('a' + 'b')", "the pattern of matches must be a text in quotes at column 14"),
        # What only the library sees.
        ("9223372036854775808 > 1", "invalid int literal at column 1"),
        ('"\\q" == ""', "token recognition error at: '\"\\q' at column 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(when, said):
    assert complaint(when) == said


@pytest.mark.parametrize(
    "when",
    [
        "+".join(["text"] * 400) + " == ''",  # copies of copies
        "form.all(a, form.all(b, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].all(c, true)))",
        "form.all(a, form.all(b, form.all(c, a + b + c != '')))",
        "text.matches('(\\\\w{100}){100}')",
        "text.matches('" + "\\\\w" * 300 + "')",
        " || ".join(f"text.matches('\\\\pL{{20}}{n}')" for n in range(10)),
    ],
)
def test_what_could_take_long_is_refused(when):
    assert len(when) <= 4_000
    assert complaint(when) == LONG


@pytest.mark.parametrize(
    "when",
    [
        "form.all(a, form.all(b, a == b))",
        "[" + ",".join(f"'word{n}'" for n in range(300)) + "].exists(word, text.contains(word))",
        " || ".join(f"text.matches('(?i)\\\\bword{n}\\\\b')" for n in range(20)),
        "+".join(["'a'"] * 300) + " == text",
        "(" * 30 + "true" + ")" * 30,
    ],
)
def test_what_is_large_and_quick_is_taken(when):
    assert complaint(when) == ""


@pytest.mark.parametrize(
    ("pattern", "cost"),
    [
        ("", 100),
        ("refund", 160),
        ("a{5}", 150),
        ("a{2,7}", 170),
        ("\\d{4}", 1_300),
        ("(ab){3}", 160),
        ("((a{2}){2}){2}", 180),
        ("[a-z]", 400),
        ("a.b", 420),
        ("\\.", 110),
        ("a|b", 130),
    ],
)
def test_the_cost_of_a_pattern(pattern, cost):
    assert pattern_cost(pattern) == cost


VALUES = {
    Kind.TEXT: '"1"',
    Kind.BYTES: 'b"1"',
    Kind.LIST: "[1]",
    Kind.MAP: '{"a": 1}',
    Kind.INT: "1",
    Kind.UINT: "1u",
    Kind.DOUBLE: "1.5",
    Kind.TIME: 'timestamp("2026-01-02T03:04:05Z")',
    Kind.DURATION: 'duration("1s")',
    Kind.ANY: "visitor.attributes.seats",
}
TIMED = {"timestamp": '"2026-01-02T03:04:05Z"', "duration": '"1s"'}


def _call(name: str, signature: Signature) -> str:
    def value(kind: Type) -> str:
        return TIMED[name] if name in TIMED else VALUES[kind.kind]

    arguments = ", ".join(map(value, signature.arguments))
    return f"{name}({arguments})" if signature.target is None else f"{value(signature.target)}.{name}({arguments})"


@pytest.mark.parametrize(
    "call", [_call(name, signature) for name, ways in kinds.FUNCTIONS.items() for signature in ways]
)
def test_the_library_knows_every_function_that_is_offered(call):
    found = ask(f"{call} == {call}")
    assert (found.matched, found.failed) == (("r",), ())
