from __future__ import annotations

from pathlib import Path

import pytest

from server.settings.parse import parse
from server.settings.problem import SettingsError
from server.settings.workspace import Member, RingWave, WaitMessage, WidenStep

EXAMPLE = Path(__file__).with_name("workspace.toml").read_text(encoding="utf-8")
HEAD = '[workspace]\nkey = "w"\n'


def refused(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        parse(text)
    return caught.value


def test_the_example_says_what_it_says():
    file = parse(EXAMPLE)
    support, sales = file.departments
    assert file.workspace.timezone == "Europe/Copenhagen"
    assert file.sites[0].departments == ("support", "sales")
    assert support.widen == (WidenStep(after=60, drop_preferred=True),)
    assert support.messages == (
        WaitMessage(
            when="queued",
            text={
                "en": "You are number {place} in line. {wait}",
                "da": "Du er nummer {place} i køen. {wait}",
            },
        ),
    )
    assert sales.method == "ring_all"
    assert file.agents[0].skills == {"danish": 8, "billing": 5}
    assert file.agents[0].members == (Member(department="support", priority=50, max_slots=0),)
    assert file.rules[0].when == 'page.path.startsWith("/pricing")'
    assert file.rules[0].agent is None


def test_waves_are_pairs():
    text = HEAD + '[[department]]\nkey = "d"\nring_waves = [[0, 1], [15, 3], [30, 0]]\n'
    assert parse(text).departments[0].ring_waves == (RingWave(0, 1), RingWave(15, 3), RingWave(30, 0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            EXAMPLE.replace("ring_seconds", "ring_second"),
            'line 25: department "support": unknown key "ring_second", did you mean "ring_seconds"?',
        ),
        (HEAD + "[[departments]]\n", 'line 3: unknown key "departments", did you mean "department"?'),
        (
            HEAD + "xyz = 1\n",
            (
                'line 3: workspace: unknown key "xyz"; known are key, name, timezone, language, '
                "default_department, grace_seconds, blip_seconds, hold_place_seconds, reoffer_seconds, "
                "mask_cards, retention_days, addresses"
            ),
        ),
        (
            HEAD + '\n[[department]]\nkey = "d"\n  [[department.message]]\n  whem = "queued"\n  when = "place"\n',
            'line 7: department "d", message 1: unknown key "whem", did you mean "when"?',
        ),
        (
            HEAD + '[[agent]]\nkey = "a"\nemail = "a@w.example"\n'
            '[[agent.member]]\ndepartment = "d"\n\npriority = 101\n',
            'line 9: agent "a", member "d": priority must be a whole number from 1 to 100, not 101',
        ),
        (
            HEAD + '[[agent]]\nkey = "a"\nemail = "a@w.example"\nmax_slots = 0',
            'line 6: agent "a": max_slots must be a whole number from 1 to 1000, not 0',
        ),
        (HEAD + '[[agent]]\nkey = "a"\n', 'line 3: agent "a": email is missing'),
        (HEAD + "\n[[department]]\n", "line 4: department 1: key is missing"),
        (
            HEAD + '[[department]]\nkey = "Sales"\n',
            'line 4: department "Sales": key must be 1 to 64 characters of a-z, 0-9 and -, not "Sales"',
        ),
        (
            HEAD + '[[department]]\nkey = "d"\nmethod = "ring_al"\n',
            (
                'line 5: department "d": method must be one of average_utilization, longest_idle, max_utilization, '
                'priority, random, ring_all, round_robin, not "ring_al", did you mean "ring_all"?'
            ),
        ),
        (
            HEAD + '[[department]]\nkey = "d"\nring_seconds = 2.5\n',
            'line 5: department "d": ring_seconds must be a whole number from 1 to 31536000, not 2.5',
        ),
        (
            HEAD + '[[department]]\nkey = "d"\ntiers = "yes"\n',
            'line 5: department "d": tiers must be true or false, not "yes"',
        ),
        (
            HEAD + '[[department]]\nkey = "d"\nholidays = [2026-12-25]\n',
            'line 5: department "d": holidays must be a list of texts, not [2026-12-25]',
        ),
        (
            HEAD + '[[department]]\nkey = "d"\nservice_level = [1.5, 60]\n',
            (
                'line 5: department "d": service_level must be [share above 0 and at most 1, whole seconds above 0], '
                "not [1.5, 60]"
            ),
        ),
        (
            HEAD + '[[department]]\nkey = "d"\nring_waves = [[0, 1, 2]]\n',
            (
                'line 5: department "d": ring_waves must be a list of [seconds, agents] pairs of whole numbers, '
                "not [[0, 1, 2]]"
            ),
        ),
        (
            HEAD + '[[department]]\nkey = "d"\nfirst = "faq"\n',
            'line 5: department "d": first must be "" or "bot:" and a key, not "faq"',
        ),
        (
            HEAD + '[[rule]]\nname = "r"\nwhen = "true"\nrequire = { danish = 11 }\n',
            'line 6: rule "r": require must be a table of levels from 1 to 10, not { danish = 11 }',
        ),
        (
            HEAD + '[[rule]]\nname = "r"\nwhen = "true"\nhead_start = -1\n',
            'line 6: rule "r": head_start must be a whole number from 0 to 86400, not -1',
        ),
        (
            HEAD + '[department]\nkey = "d"\n',
            "line 3: department must be a list of tables, each written [[department]]",
        ),
        (
            HEAD + '[[department]]\nkey = "d"\nwiden = 3\n',
            'line 5: department "d": widen must be a list of tables, each written [[department.widen]]',
        ),
        ('[[workspace]]\nkey = "w"\n', "line 1: workspace must be one table, written [workspace]"),
        ('[[department]]\nkey = "d"\n', "workspace is missing"),
        ("", "workspace is missing"),
        (HEAD + "name = \n", "line 3: not TOML: invalid value, column 8"),
        (HEAD + "key = 'v'\n", "line 3: not TOML: cannot overwrite a value, column 10"),
        (HEAD + 'name = "x', "line 3: not TOML: unterminated string at the end of the file"),
    ],
)
def test_a_refusal_says_where_and_what(text, message):
    assert str(refused(text)) == message


def test_a_refusal_carries_line_and_key():
    error = refused(HEAD + '[[department]]\nkey = "d"\nring_second = 3\n')
    assert (error.line, error.key) == (5, "ring_second")
    assert error.message == 'department "d": unknown key "ring_second", did you mean "ring_seconds"?'


def test_all_that_is_wrong_is_collected_in_the_order_of_the_text():
    error = refused(HEAD + '[[agent]]\nkey = "a"\nmax_slots = 0\n[[department]]\nkey = "d"\ntiers = 1\nwrap = 1\n')
    assert str(error) == 'line 3: agent "a": email is missing (and 3 more problems)'
    assert [(problem.line, problem.key) for problem in error.problems] == [
        (3, "email"),
        (5, "max_slots"),
        (8, "tiers"),
        (9, "wrap"),
    ]


def test_what_is_shown_of_a_value_is_short():
    error = refused(HEAD + f'[[department]]\nkey = "d"\ntiers = "{"x" * 100}"\n')
    assert error.message == f'department "d": tiers must be true or false, not "{"x" * 56}...'


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "1" * 5_000])
def test_hostile_text_is_refused_like_any_other(text):
    assert str(refused(text)).startswith("not TOML: ")


def test_no_depth_of_nesting_gets_through():
    for depth in range(1, 600):
        refused(f"{HEAD}name = {'[' * depth}{']' * depth}\n")
