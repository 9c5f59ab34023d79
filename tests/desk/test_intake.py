"""How a conversation begins, decided from what is known of it. The clock of this workspace hangs in Copenhagen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import structlog.testing

from router import commands, model
from router.rules.model import Failure, Now
from server.desk import directory
from server.desk.directory import Directory
from server.desk.intake import NOBODY_YET, Asked, Earlier, History, Intake, Resolved, overflow_of
from server.settings.conditions import as_rule
from server.settings.workspace import Rule
from server.wire.codes import ErrorCode, Refused
from tests.desk.support.office import at, office

DAY = 86_400_000


MONDAY_NOON = at("2026-11-23 12:00")


def resolve(
    where: Directory, history: History = NOBODY_YET, *, now: int = MONDAY_NOON, site: str = "shop", **asked: Any
) -> Resolved:
    return Intake(lambda: where).resolve(Asked(site=site, **asked), history, now=now)


# Where it goes.


@pytest.mark.parametrize(
    ("asked", "site", "department"),
    [
        (None, "shop", "d_support"),
        ("sales", "shop", "d_sales"),
        ("d_sales", "shop", "d_sales"),
        (None, "bare", "d_support"),
    ],
)
def test_it_goes_where_the_visitor_asked(asked, site, department):
    found = resolve(office(), site=site, department=asked)
    assert (found.asked, found.routed, found.department) == (department,) * 3
    assert found.command(conversation="c_1", visitor="v_1") == commands.StartConversation(
        conversation=model.ConversationId("c_1"),
        visitor=model.VisitorId("v_1"),
        department=model.DepartmentId(department),
    )


@pytest.mark.parametrize(
    ("site", "asked", "field"),
    [("none", None, None), ("shop", "none", "department"), ("shop", "night", "department")],
)
def test_what_is_not_there_is_refused(site, asked, field):
    with pytest.raises(Refused) as caught:
        resolve(office(), site=site, department=asked)
    assert (caught.value.code, caught.value.field) == (ErrorCode.NOT_FOUND, field)


def test_every_action_of_a_rule_is_in_the_command():
    found = resolve(
        office(
            [
                {
                    "department": "sales",
                    "require": {"danish": 3},
                    "prefer": {"billing": 2},
                    "head_start": 60,
                    "language": "da",
                    "agent": "ada",
                    "agent_seconds": 45,
                    "first": "bot:faq",
                    "tags": ["pricing"],
                }
            ]
        )
    )
    assert found.command(conversation="c_1", visitor="v_1", left=True) == commands.StartConversation(
        conversation=model.ConversationId("c_1"),
        visitor=model.VisitorId("v_1"),
        department=model.DepartmentId("d_sales"),
        head_start_ms=60_000,
        needs=model.Needs(require=(("danish", 3),), prefer=(("billing", 2),)),
        reserve_for=(model.AgentId("a_ada"), model.AgentId("a_ben")),
        reserve_ms=45_000,
        rules=("r0",),
        left=True,
    )
    assert (found.asked, found.language, found.first, found.tags) == ("d_support", "da", "bot:faq", ("pricing",))


def test_a_rule_may_send_to_a_department_nobody_can_choose():
    assert resolve(office([{"department": "night"}])).department == "d_night"


def test_the_bot_that_comes_first_is_the_rules_else_the_departments():
    where = office([{"when": 'text == "no bot"', "first": ""}], support={"first": "bot:faq"})
    assert resolve(where, text="hello").first == "bot:faq"
    assert resolve(where, text="no bot").first == ""


# What rules see.


def test_the_facts_are_those_of_the_visitor_the_page_and_the_clock():
    found = resolve(
        office(),
        History(visits=2, name="Vera", email="vera@w.example"),
        now=at("2026-12-25 08:05"),
        department="sales",
        page={"url": "https://shop.example/pricing/team?utm=mail&utm=two&q=%C3%A6&e=#x", "title": "T", "referrer": "R"},
        language="da-DK",
        timezone="Europe/Copenhagen",
        country="DK",
        text="Hej",
        form={"topic": "x"},
    ).facts
    assert (found.page.path, dict(found.page.query)) == ("/pricing/team", {"utm": "mail", "q": "æ", "e": ""})
    assert (found.page.title, found.page.referrer) == ("T", "R")
    visitor = found.visitor
    assert (visitor.language, visitor.timezone, visitor.country) == ("da", "Europe/Copenhagen", "DK")
    assert (visitor.name, visitor.email, visitor.visits) == ("Vera", "vera@w.example", 3)
    assert (visitor.returning, visitor.repeat, visitor.verified, visitor.attributes) == (True, False, False, {})
    assert found.now == Now(weekday="fri", hour=8, minute=5, date="2026-12-25")
    assert (found.site, found.department, found.text, found.form) == ("shop", "sales", "Hej", {"topic": "x"})


def test_what_is_typed_now_counts_more_than_what_is_known():
    found = resolve(office(), History(visits=1, name="Vera", email="old@w.example"), name="V", email="new@w.example")
    assert (found.facts.visitor.name, found.facts.visitor.email) == ("V", "new@w.example")


@pytest.mark.parametrize(
    "url", ["", "not a url", "http://[::1", "//", "https://shop.example?" + "&".join(["a=1"] * 900)]
)
def test_an_address_that_is_none_is_only_a_text(url):
    found = resolve(office(), page={"url": url}).facts
    assert found.page.url == url
    assert not found.page.path.startswith("/")


@pytest.mark.parametrize(
    ("asked", "language", "seen"),
    [
        ({"language": "da-DK", "text": "Where is my order?"}, "da-DK", "da"),
        ({"language": "en", "form": {"language": "de"}}, "de", "de"),
        ({"language": "en", "form": {"language": "German, please"}}, "en", "en"),
        ({"text": "Where is my order?"}, "en", "en"),
        ({"language": "?", "text": "Jag har inte fått mitt paket"}, "sv", "sv"),
        ({"text": "Hi"}, "", ""),
        ({}, "", ""),
    ],
)
def test_the_language_is_the_forms_the_pages_or_that_of_the_words(asked, language, seen):
    found = resolve(office(), **asked)
    assert (found.language, found.facts.visitor.language) == (language, seen)


def test_a_rule_sets_the_language_after_it_has_seen_it():
    found = resolve(office([{"when": 'visitor.language == "en"', "language": "da"}]), language="en-GB")
    assert (found.facts.visitor.language, found.language) == ("en", "da")


@pytest.mark.parametrize(
    ("earlier", "asked", "repeat"),
    [
        ((), "support", False),
        ((Earlier(department="d_support", agent=None, at=MONDAY_NOON - 7 * DAY),), "support", True),
        ((Earlier(department="d_support", agent=None, at=MONDAY_NOON - 7 * DAY - 1),), "support", False),
        ((Earlier(department="d_support", agent=None, at=MONDAY_NOON),), "sales", False),
        (
            (
                Earlier(department="d_sales", agent=None, at=MONDAY_NOON),
                Earlier(department="d_support", agent=None, at=MONDAY_NOON - DAY),
            ),
            "support",
            True,
        ),
    ],
)
def test_who_comes_back_to_the_same_department_within_its_days_repeats(earlier, asked, repeat):
    found = resolve(office(), History(visits=len(earlier), earlier=earlier), department=asked)
    assert found.facts.visitor.repeat is repeat


# For whom it waits.


def spoke_with(*agents: str | None) -> History:
    """Newest first."""
    earlier = tuple(Earlier(department="d_support", agent=agent, at=MONDAY_NOON - DAY) for agent in agents)
    return History(visits=len(agents), earlier=earlier)


@pytest.mark.parametrize(
    ("rules", "support", "history", "agents", "seconds"),
    [
        ([], {}, spoke_with("a_ben"), (), 0),
        ([], {"prefer_last_agent": 30}, NOBODY_YET, (), 0),
        ([], {"prefer_last_agent": 30}, spoke_with("a_ben", "a_ada"), ("a_ben",), 30),
        ([], {"prefer_last_agent": 30}, spoke_with(None, "a_gone", "a_ben"), ("a_ben",), 30),
        # Cleo is on leave on that Monday; Dan too, and Ada serves in his place.
        ([], {"prefer_last_agent": 30}, spoke_with("a_ada"), ("a_ada", "a_ben"), 30),
        ([], {"prefer_last_agent": 30}, spoke_with("a_dan"), ("a_ada",), 30),
        ([], {"prefer_last_agent": 30}, spoke_with("a_cleo"), (), 0),
        ([{"agent": "ada"}], {"prefer_last_agent": 30}, spoke_with("a_ben"), ("a_ada", "a_ben"), 60),
        ([{"agent": "ben", "agent_seconds": 5}], {}, NOBODY_YET, ("a_ben",), 5),
        ([{"agent": "ben", "agent_seconds": 0}], {"prefer_last_agent": 30}, spoke_with("a_ada"), ("a_ben",), 0),
    ],
)
def test_for_whom_it_is_kept_and_how_long(rules, support, history, agents, seconds):
    found = resolve(office(rules, support=support), history)
    assert (found.reserve_for, found.reserve_ms) == (agents, seconds * 1000)


def test_leave_ends_on_the_day_the_wall_shows():
    where = office([{"agent": "cleo"}])
    assert resolve(where, now=at("2026-11-23 23:59")).reserve_for == ()
    assert resolve(where, now=at("2026-11-24 00:00")).reserve_for == ("a_cleo",)


def test_the_seconds_are_those_of_the_department_it_goes_to():
    where = office([{"department": "sales"}], support={"prefer_last_agent": 30}, sales={"prefer_last_agent": 90})
    assert resolve(where, spoke_with("a_ben")).reserve_ms == 90_000


# Hours and overflow.


def test_the_chain_is_its_own_list_then_theirs_nobody_twice():
    where = office(support={"overflow": ["sales", "night"]}, sales={"overflow": ["night"]})
    chain = overflow_of(where, where.departments["d_support"])
    assert [each.settings.key for each in chain] == ["sales", "night"]


def test_an_open_department_has_the_open_ones_of_its_chain_behind_it():
    where = office(
        support={"overflow": ["sales", "night"]},
        sales={"hours": ["sat 08:00-18:00"]},
    )
    found = resolve(where)
    assert (found.department, found.overflow, found.refusal) == ("d_support", ("d_night",), None)


def test_outside_its_hours_the_first_open_one_of_the_chain_takes_it():
    where = office(
        support={"hours": ["sat 08:00-18:00"], "overflow": ["sales"], "first": "bot:weekend"},
        sales={"hours": ["sun 08:00-18:00"], "overflow": ["night"]},
        night={"first": "bot:night"},
    )
    found = resolve(where)
    assert (found.asked, found.routed, found.department) == ("d_support", "d_support", "d_night")
    assert (found.overflow, found.first, found.refusal) == ((), "bot:night", None)


@pytest.mark.parametrize(
    ("hours", "holidays", "now", "words", "opens"),
    [
        (["mon-fri 13:00-18:00"], [], "2026-11-23 12:00", "It opens today at 13:00", "2026-11-23 13:00"),
        (["mon-fri 08:00-11:00"], [], "2026-11-23 12:00", "It opens tomorrow at 08:00", "2026-11-24 08:00"),
        (["mon-fri 08:00-11:00"], [], "2026-11-20 12:00", "It opens on Monday at 08:00", "2026-11-23 08:00"),
        (["mon 08:00-11:00"], [], "2026-11-23 12:00", "It opens on 2026-11-30 at 08:00", "2026-11-30 08:00"),
        ([], ["2026-11-23"], "2026-11-23 12:00", "It opens tomorrow at 00:00", "2026-11-24 00:00"),
        ([], ["2026-11-23/2030-12-31"], "2026-11-23 12:00", "", None),
    ],
)
def test_when_nothing_is_open_it_is_said_when(hours, holidays, now, words, opens):
    closed = {"hours": hours, "holidays": holidays}
    found = resolve(office(support={**closed, "name": "Support"}), now=at(now))
    assert found.refusal is not None
    assert found.refusal.code is ErrorCode.OUTSIDE_HOURS
    assert found.refusal.message == (
        f"Support is closed. {words} (Europe/Copenhagen)." if words else "Support is closed."
    )
    assert found.opens_at == (None if opens is None else at(opens))
    assert found.department == "d_support"


def test_the_hours_of_the_department_that_the_rules_chose_count():
    where = office([{"department": "sales"}], sales={"hours": ["sat 08:00-18:00"]})
    found = resolve(where)
    assert (found.routed, found.refusal is not None) == ("d_sales", True)


# Rules that fail.


def test_a_rule_that_fails_loses_nothing_and_is_counted_when_it_was_no_dry_run():
    where = office([{"when": 'form.missing == "x"', "tags": ["a"]}, {"tags": ["b"]}])
    intake = Intake(lambda: where)
    resolved = intake.resolve(Asked(site="shop", text="secret words"), NOBODY_YET, now=MONDAY_NOON)
    assert (resolved.tags, resolved.resolution.matched) == (("b",), ("r1",))
    assert resolved.resolution.failed == (Failure(rule="r0", reason="a key it asks for is not there"),)
    assert dict(intake.failures) == {}
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            intake.count(resolved)
    assert dict(intake.failures) == {"r0": 5}
    assert dict(intake.errors) == {"r0": "a key it asks for is not there"}
    assert [line["times"] for line in logs] == [1, 2, 4]
    assert "secret" not in str(logs)


def test_counts_begin_anew_when_the_rules_change():
    rules = [{"when": 'form.missing == "x"'}]
    where = [office(rules)]
    intake = Intake(lambda: where[0])
    resolved = intake.resolve(Asked(site="shop"), NOBODY_YET, now=MONDAY_NOON)
    intake.count(resolved)
    where[0] = office(rules, support={"wrap_up": 5})
    intake.count(resolved)
    assert dict(intake.failures) == {"r0": 2}
    where[0] = office([*rules, {"tags": ["a"]}])
    intake.count(resolved)
    assert dict(intake.failures) == {"r0": 1}


def test_a_stored_rule_that_compiles_no_more_is_left_out_and_logged():
    where = office([{"tags": ["a"]}, {"tags": ["b"]}])
    assert [rule.name for rule in where.rules.rules] == ["r0", "r1"]
    file = msgspec.convert({"name": "r9", "when": "gone(1)"}, Rule)
    with structlog.testing.capture_logs() as logs:
        usable = directory._usable([as_rule(file), *where.rules.rules])
    assert [rule.name for rule in usable.rules] == ["r0", "r1"]
    assert [line["rule"] for line in logs] == ["r9"]
