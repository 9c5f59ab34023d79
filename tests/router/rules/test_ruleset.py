from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.rules.checking import MOST, check
from router.rules.kinds import MAP_SIZE, TEXT_SIZE
from router.rules.model import Failure, Page, Resolution, Rule, RuleProblem, Visitor
from router.rules.ruleset import RuleSet, compile_rules, sort_out
from router.rules.syntax import parse
from tests.router.rules.facts import ask, facts


@pytest.mark.parametrize(
    "when",
    [
        "true",
        'page.path.startsWith("/pricing")',
        'page.url.endsWith("q=") && page.title == "Prices" && page.referrer.contains("search.example")',
        'page.query.utm == "mail" && page.query["q"] == ""',
        '"utm" in page.query && !("gclid" in page.query)',
        "has(page.query.utm) && !has(page.query.gclid)",
        'visitor.language == "da" && visitor.country == "DK" && visitor.timezone == "Europe/Copenhagen"',
        'visitor.name == "Vera" && visitor.email.endsWith("@shop.example")',
        "visitor.visits > 2 && visitor.returning && visitor.repeat && !visitor.verified",
        'visitor.attributes.plan == "gold" && visitor.attributes.seats >= 10',
        '"beta" in visitor.attributes.tags && visitor.attributes.tags.exists(t, t.startsWith("e"))',
        'form.topic == "billing" && form.all(field, field.size() > 0)',
        'text.matches("(?i)refund|return") && text.contains("please") && size(text) < 100',
        'now.weekday in ["fri", "sat"] && now.hour * 60 + now.minute >= 18 * 60 + 30',
        'now.date >= "2026-12-24" && now.date <= "2026-12-26"',
        'site == "shop" && department == "support"',
        '["refund", "cancel"].exists(word, text.matches("(?i)refund") && word.size() > 3)',
        "[1, 2, 3].filter(n, n > 1).map(n, n * 2) == [4, 6]",
        '(visitor.visits > 100 ? "many" : "few") == "few"',
        "1 < 2.5 && -1 < 0 && 7 % 4 == 3 && 7 / 2 == 3",
        'string(visitor.visits) + "!" == "3!" && int("42") == 42 && double("1.5") > 1.0',
        'timestamp(now.date + "T00:00:00Z").getDayOfYear() > 300 && duration("90m") > duration("1h")',
        '{"a": 1, "b": 2}["b"] == 2 && {"a": 1}.a == 1',
        "// what friends get\ntrue // always",
        'text.matches(r"\\bRefund\\b")',
    ],
)
def test_conditions_that_are_true_of_the_visitor(when):
    assert ask(when) == Resolution(matched=("r",))


@pytest.mark.parametrize(
    "when",
    [
        "false",
        'page.path.startsWith("/help")',
        'visitor.country == ""',
        "visitor.verified",
        "form.all(field, form[field].size() > 100)",
        'now.weekday == "sat" || now.hour < 8',
        "has(visitor.attributes.company)",
        'text.matches("refund")',  # capitals count unless the pattern says otherwise
    ],
)
def test_conditions_that_are_not(when):
    assert ask(when) == Resolution()


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ('form.size == "x"', "a key it asks for is not there"),
        ('page.query["gclid"] != ""', "a key it asks for is not there"),
        ("visitor.attributes.age > 3", "a key it asks for is not there"),
        ("10 / (visitor.visits - 3) == 1", "a division by zero"),
        ("10 % (visitor.visits - 3) == 1", "a division by zero"),
        ("visitor.attributes.plan > 3", "values of kinds that do not go together"),
        ("visitor.attributes.plan", "it came to neither true nor false"),
        ("visitor.attributes.tags[7] == ''", "a list is shorter than it expects"),
        ("9223372036854775807 + visitor.visits > 0", "a number too large"),
        ("int(form.topic) == 1", "a value it cannot use"),
        ("int(double(visitor.visits) * 1.0e300) == 1", "a number too large"),
    ],
)
def test_a_rule_that_fails_is_passed_over_and_says_why(when, reason):
    rules = compile_rules([Rule(name="bad", when=when, tags=("a",)), Rule(name="good", when="true", tags=("b",))])
    assert rules.evaluate(facts()) == Resolution(
        tags=("b",), matched=("good",), failed=(Failure(rule="bad", reason=reason),)
    )


def test_no_word_of_the_visitors_is_in_a_reason():
    secret = "SECRET-4711"
    conditions = [
        "int(text) == 1",
        "form[text] == ''",
        "visitor.attributes[text] == ''",
        "timestamp(text) > timestamp('2026-01-01T00:00:00Z')",
        "duration(text) > duration('1h')",
        "visitor.attributes.plan + 1 == 1",
        "double(text) > 0.5",
    ]
    found = compile_rules(Rule(name=str(n), when=when) for n, when in enumerate(conditions)).evaluate(
        facts(text=secret, visitor=Visitor(attributes={"plan": secret}))
    )
    assert [failure.rule for failure in found.failed] == [str(n) for n in range(len(conditions))]
    assert not any(secret in failure.reason for failure in found.failed)


def test_what_is_no_value_fails_every_rule_and_raises_nothing():
    rules = compile_rules([Rule(name="one", when="true"), Rule(name="two", when="false")])
    found = rules.evaluate(facts(text="half a character: \ud83d"))
    assert found == Resolution(
        failed=tuple(Failure(rule=name, reason="a value no condition can look at") for name in ("one", "two"))
    )


def test_one_side_that_is_true_is_enough_though_the_other_fails():
    assert ask('visitor.repeat || form.missing == "x"').matched == ("r",)
    assert ask('form.missing == "x" || visitor.repeat').matched == ("r",)
    assert ask('form.missing == "x" && false').failed == ()


def test_of_each_action_the_first_and_of_tags_all():
    rules = compile_rules(
        [
            Rule(name="no", when="false", department="never", tags=("never",)),
            Rule(name="one", when="true", require={"danish": 3, "billing": 2}, head_start=0, tags=("a", "b")),
            Rule(name="two", when="true", department="sales", require={"german": 1}, head_start=60, language="da"),
            Rule(name="three", when="true", department="billing", agent="ada", prefer={"vip": 5}, tags=("b", "c")),
            Rule(name="four", when="true", agent="ben", agent_seconds=300, first="", language="de"),
            Rule(name="five", when="true", first="bot:faq"),
        ]
    )
    assert rules.evaluate(facts()) == Resolution(
        department="sales",
        require=(("billing", 2), ("danish", 3)),
        prefer=(("vip", 5),),
        head_start_s=0,
        language="da",
        agent="ada",
        agent_seconds=60,
        first="",
        tags=("a", "b", "c"),
        matched=("one", "two", "three", "four", "five"),
    )


def test_the_seconds_are_those_of_the_rule_that_names_the_agent():
    rules = compile_rules(
        [
            Rule(name="one", when="true", agent_seconds=5),
            Rule(name="two", when="true", agent="ada", agent_seconds=300),
        ]
    )
    found = rules.evaluate(facts())
    assert (found.agent, found.agent_seconds) == ("ada", 300)


def test_without_rules_nothing_is_said():
    assert RuleSet().evaluate(facts()) == Resolution()


def test_a_rule_set_remembers_nothing_of_what_it_was_asked():
    rules = compile_rules([Rule(name="r", when='text.contains("a")')])
    asked = [facts(text="a"), facts(text="b"), facts(text="a")]
    assert [bool(rules.evaluate(each).matched) for each in asked] == [True, False, True]


def test_what_a_condition_sees_is_bounded():
    long = "x" * (TEXT_SIZE + 1)
    many = {f"k{n:03}": long for n in range(MAP_SIZE + 1)}
    sizes = f"size(text) == {TEXT_SIZE} && size(page.url) == {TEXT_SIZE} && size(form) == {MAP_SIZE}"
    found = ask(
        f"{sizes} && size(visitor.attributes.list) == {MAP_SIZE} && form.all(k, size(form[k]) == {TEXT_SIZE})",
        text=long,
        page=Page(url=long),
        form=many,
        visitor=Visitor(attributes={"list": [long] * (MAP_SIZE + 1)}),
    )
    assert found == Resolution(matched=("r",))


def test_the_first_problem_is_raised_and_all_are_sorted_out():
    rules = [
        Rule(name="good", when="true"),
        Rule(name="bad", when='true &&\n  page.pth == "x"'),
        Rule(name="worse", when="text"),
    ]
    with pytest.raises(RuleProblem) as caught:
        compile_rules(rules)
    problem = caught.value
    assert (problem.rule, problem.position) == ("bad", (2, 8))
    assert (problem.message, problem.hint) == ('unknown field "pth" of page', 'did you mean "path"?')
    assert str(problem) == 'unknown field "pth" of page at line 2, column 8, did you mean "path"?'
    usable, problems = sort_out(rules)
    assert [rule.name for rule in usable.rules] == ["good"]
    assert [each.rule for each in problems] == ["bad", "worse"]


texts = st.text(max_size=50)


@given(text=texts, name=texts, key=texts, value=texts)
def test_any_words_of_a_visitor_are_only_words(text, name, key, value):
    conditions = {
        "same": f"text == {json.dumps(text, ensure_ascii=True)}",
        "holds": "form[text] == form[text] || true",
        "empty": 'text == ""',
    }
    usable, problems = sort_out(Rule(name=rule, when=when) for rule, when in conditions.items())
    assert {problem.rule for problem in problems} <= {"same"}  # a lone half of a surrogate pair is no character
    found = usable.evaluate(facts(text=text, form={key: value}, visitor=Visitor(name=name)))
    assert found.failed == ()
    assert ("empty" in found.matched) == (text == "")


def test_all_conditions_share_what_one_may_cost():
    """Every rule is asked at every start, on the thread that serves everybody."""
    dear = 'text.matches("a{60}")'
    alone = check(parse(dear))
    many = [Rule(name=f"rule {number}", when=dear) for number in range(MOST // alone + 1)]
    _ready, problems = sort_out(many)
    assert [problem.rule for problem in problems] == [many[-1].name]
    assert "together" in str(problems[0])
    with pytest.raises(RuleProblem):
        compile_rules(many)
