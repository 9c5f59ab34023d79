from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given

from server.settings.change import merge, with_named_bots
from server.settings.check import check, placeholders
from server.settings.demo import demo
from server.settings.parse import parse
from server.settings.workspace import WorkspaceFile
from tests.settings.generated import files, law

EXAMPLE = parse(Path(__file__).with_name("workspace.toml").read_text(encoding="utf-8"))


def workspace(**tables: Any) -> WorkspaceFile:
    """A sound workspace of two departments and two agents, with these tables in place of its own."""
    sound: dict[str, Any] = {
        "workspace": {"key": "w", "default_department": "support"},
        "site": [{"key": "shop", "origins": ["https://shop.example"], "departments": ["support"]}],
        "department": [{"key": "support"}, {"key": "sales", "method": "ring_all"}],
        "agent": [
            {"key": "ada", "email": "ada@w.example", "member": [{"department": "support"}]},
            {"key": "ben", "email": "ben@w.example", "substitutes": ["ada"]},
        ],
        "rule": [
            {"name": "r", "when": "true", "department": "sales"} | ({} if "agent" in tables else {"agent": "ada"})
        ],
    }
    return msgspec.convert(sound | tables, WorkspaceFile)


def support(**keys: Any) -> WorkspaceFile:
    return workspace(department=[{"key": "support", **keys}, {"key": "sales", "method": "ring_all"}])


def sales(**keys: Any) -> WorkspaceFile:
    return workspace(department=[{"key": "support"}, {"key": "sales", "method": "ring_all", **keys}])


def rule(when: str, **actions: Any) -> WorkspaceFile:
    return workspace(rule=[{"name": "r", "when": when, **actions}])


def message(text: dict[str, str]) -> WorkspaceFile:
    return support(message=[{"when": "queued", "text": text}])


def ada(**keys: Any) -> WorkspaceFile:
    return workspace(agent=[{"key": "ada", "email": "ada@w.example", **keys}, {"key": "ben", "email": "ben@w.example"}])


@pytest.mark.parametrize(
    "file",
    [
        EXAMPLE,
        workspace(),
        demo(origins=["http://127.0.0.1:8080"]),
        WorkspaceFile(workspace=EXAMPLE.workspace.__class__(key="empty")),
        support(overflow=["sales"]),
        support(hours=["mon-fri 08:00-18:00"], holidays=["2026-12-25"]),
        with_named_bots(support(first="bot:faq")),
        support(widen=[{"after": 60, "drop_preferred": True}, {"after": 60, "add_departments": ["sales"]}]),
        sales(ring_waves=[[0, 1], [15, 3], [30, 0]]),
        message({"de": "{place} {wait} {name} {agent} {department} {"}),
        ada(leave=["2026-12-01/2026-12-14"]),
    ],
)
def test_sound_workspaces_pass(file):
    assert check(file) == ()


@pytest.mark.parametrize(
    ("file", "path", "described"),
    [
        (
            workspace(workspace={"key": "w", "default_department": "suport"}),
            ("workspace", "default_department"),
            'workspace: department "suport" does not exist, did you mean "support"?',
        ),
        (
            workspace(workspace={"key": "w"}),
            ("workspace", "default_department"),
            "workspace: default_department must name a department",
        ),
        (
            workspace(workspace={"key": "w", "default_department": "sales", "timezone": "Europe/Kobenhavn"}),
            ("workspace", "timezone"),
            'workspace: there is no time zone "Europe/Kobenhavn"',
        ),
        (
            workspace(site=[{"key": "shop", "origins": ["https://ok.example", "https://shop.example/x"]}]),
            ("site", 0, "origins", 1),
            'site "shop": origin "https://shop.example/x" has more than scheme, host and port',
        ),
        (
            workspace(site=[{"key": "shop", "origins": ["*"]}]),
            ("site", 0, "origins", 0),
            'site "shop": origin "*" would let every website in; name the ones that may embed the widget',
        ),
        (
            workspace(site=[{"key": "shop", "departments": ["sales", "billing"]}]),
            ("site", 0, "departments", 1),
            'site "shop": department "billing" does not exist',
        ),
        (
            workspace(site=[{"key": "shop", "departments": ["sales", "sales"]}]),
            ("site", 0, "departments", 1),
            'site "shop": department "sales" is named twice',
        ),
        (
            workspace(site=[{"key": "shop"}, {"key": "shop"}]),
            ("site", 1, "key"),
            'site "shop": the key is used twice',
        ),
        (
            workspace(department=[{"key": "support"}, {"key": "sales"}, {"key": "support"}]),
            ("department", 2, "key"),
            'department "support": the key is used twice',
        ),
        (
            support(ring_waves=[[0, 1]]),
            ("department", 0, "ring_waves"),
            'department "support": ring_waves need method = "ring_all"',
        ),
        (
            sales(ring_waves=[[0, 1], [0, 2]]),
            ("department", 1, "ring_waves", 1),
            'department "sales": ring_waves must come one after another',
        ),
        (
            sales(ring_waves=[[0, 1], [15, 0], [30, 5]]),
            ("department", 1, "ring_waves", 2),
            'department "sales": ring_waves must each ring more agents',
        ),
        (
            sales(ring_waves=[[0, 3], [15, 3]]),
            ("department", 1, "ring_waves", 1),
            'department "sales": ring_waves must each ring more agents',
        ),
        (
            support(overflow=["billing"]),
            ("department", 0, "overflow", 0),
            'department "support": department "billing" does not exist',
        ),
        (
            support(overflow=["support"]),
            ("department", 0, "overflow"),
            'department "support": overflow leads in a circle: "support" to "support"',
        ),
        (
            workspace(
                department=[
                    {"key": "support", "overflow": ["sales"]},
                    {"key": "sales", "overflow": ["third"]},
                    {"key": "third", "overflow": ["sales"]},
                ]
            ),
            ("department", 1, "overflow"),
            'department "sales": overflow leads in a circle: "sales" to "third" to "sales"',
        ),
        (
            support(hours=["mon 09:00-09:00"]),
            ("department", 0, "hours"),
            (
                'department "support": hours: "mon 09:00-09:00" is never open: hours end after they begin '
                "(a whole day is 00:00-24:00)"
            ),
        ),
        (
            support(holidays=["christmas"]),
            ("department", 0, "holidays"),
            'department "support": holidays: "christmas" is no date such as "2026-12-25" or "2026-12-01/2026-12-14"',
        ),
        (
            support(widen=[{"after": 60}]),
            ("department", 0, "widen", 0, "after"),
            'department "support", widen 1: the step opens nothing',
        ),
        (
            support(widen=[{"after": 60, "any_agent": True}, {"after": 30, "lower_levels": 1}]),
            ("department", 0, "widen", 1, "after"),
            'department "support", widen 2: steps must stand in the order of their time',
        ),
        (
            support(widen=[{"after": 60, "add_departments": ["sails"]}]),
            ("department", 0, "widen", 0, "add_departments", 0),
            'department "support", widen 1: department "sails" does not exist, did you mean "sales"?',
        ),
        (
            message({}),
            ("department", 0, "message", 0, "text"),
            'department "support", message 1: text is needed in at least one language',
        ),
        (
            message({"en": "fine", "da": "{plads}"}),
            ("department", 0, "message", 0, "text", "da"),
            (
                'department "support", message 1: unknown placeholder {plads}; '
                "known are {agent}, {department}, {name}, {place}, {wait}"
            ),
        ),
        (
            workspace(
                agent=[
                    {"key": "ada", "email": "a@w.example"},
                    {"key": "ben", "email": "A@w.example"},
                ]
            ),
            ("agent", 1, "email"),
            'agent "ben": email "A@w.example" is that of agent "ada" too',
        ),
        (
            workspace(agent=[{"key": "ada", "email": "ada@w.example"}] * 2, rule=[]),
            ("agent", 1, "key"),
            'agent "ada": the key is used twice',
        ),
        (
            ada(member=[{"department": "suport"}]),
            ("agent", 0, "member", 0, "department"),
            'agent "ada", member "suport": department "suport" does not exist, did you mean "support"?',
        ),
        (
            ada(member=[{"department": "support"}, {"department": "support", "priority": 1}]),
            ("agent", 0, "member", 1, "department"),
            'agent "ada", member "support": the agent is a member twice',
        ),
        (
            ada(substitutes=["cleo"]),
            ("agent", 0, "substitutes", 0),
            'agent "ada": agent "cleo" does not exist',
        ),
        (
            ada(substitutes=["ada"]),
            ("agent", 0, "substitutes"),
            'agent "ada": nobody can be their own substitute',
        ),
        (
            ada(leave=["2026-12-14/2026-12-01"]),
            ("agent", 0, "leave"),
            'agent "ada": leave: "2026-12-14/2026-12-01" ends before it begins',
        ),
        (
            workspace(rule=[{"name": "r", "when": "true", "department": "billing"}]),
            ("rule", 0, "department"),
            'rule "r": department "billing" does not exist',
        ),
        (
            rule('page.pth == "/"'),
            ("rule", 0, "when"),
            'rule "r": when: unknown field "pth" of page at column 6, did you mean "path"?',
        ),
        (
            rule("form.topic == 'x' &&\n  vistor.repeat"),
            ("rule", 0, "when"),
            'rule "r": when: unknown variable "vistor" at line 2, column 3, did you mean "visitor"?',
        ),
        (
            rule("text.contains('a'"),
            ("rule", 0, "when"),
            'rule "r": when: expected ")", not the end at column 18',
        ),
        (
            rule("true", agent="ben"),
            ("rule", 0, "agent"),
            'rule "r": agent "ben" is in no department, so nothing can be kept for them',
        ),
        (
            support(widen=[{"after": 60, "add_departments": ["salse"]}]),
            ("department", 0, "widen", 0, "add_departments", 0),
            'department "support", widen 1: department "salse" does not exist, did you mean "sales"?',
        ),
        (
            workspace(rule=[{"name": "r", "when": "true", "agent": "bem"}]),
            ("rule", 0, "agent"),
            'rule "r": agent "bem" does not exist, did you mean "ben"?',
        ),
        (
            workspace(rule=[{"name": "r", "when": "true"}, {"name": "r", "when": "false"}]),
            ("rule", 1, "name"),
            'rule "r": the name is used twice',
        ),
    ],
)
def test_what_does_not_fit_is_named(file, path, described):
    problems = check(file)
    assert [(problem.path, problem.describe()) for problem in problems] == [(path, described)]


@pytest.mark.parametrize("zone", ["", "Europe", "/etc/passwd", "../Europe/Berlin", "Mars/Olympus", "a\0b"])
def test_only_time_zones_are_time_zones(zone):
    file = workspace(workspace={"key": "w", "default_department": "support", "timezone": zone})
    assert [problem.path for problem in check(file)] == [("workspace", "timezone")]


def test_the_demo_may_allow_every_origin():
    file = demo(origins=["*"])
    assert check(file, any_origin=True) == ()
    assert [problem.key for problem in check(file)] == ["origins"]


def test_a_value_made_by_code_is_held_to_the_form_too():
    odd = msgspec.structs.replace(EXAMPLE.departments[0], ring_seconds=0)
    file = msgspec.structs.replace(EXAMPLE, departments=(odd,))
    assert [problem.describe() for problem in check(file)] == [
        'department "support": ring_seconds must be a whole number from 1 to 31536000, not 0'
    ]


def test_nothing_stops_at_the_first():
    file = support(overflow=["a", "b"], hours=["never"])
    assert [problem.key for problem in check(file)] == ["overflow", "overflow", "hours"]


def test_placeholders_are_what_stands_in_braces():
    assert placeholders("{place} of {} {not this") == ("place", "")


@law
@given(files())
def test_any_file_can_be_checked(file):
    for problem in check(merge(None, file)):
        assert problem.describe()
        assert problem.key
