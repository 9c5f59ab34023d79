"""A bot's side of the protocol, frame by frame."""

from __future__ import annotations

import json

import pytest

from bots.actions import End, Forget
from bots.errors import Denied, Refused
from bots.events import Accepted, Closed, Failed, HandedOver, Message, Overheard, Returned, Started, Typing
from tests.bots.scripting import ADA, AT, PEOPLE, Stage, conversation, entry, joined


@pytest.fixture
def stage() -> Stage:
    return Stage()


def closed(seq: int) -> dict[str, object]:
    return entry(seq, "system", kind="closed", reason="visitor")


# Opening.


def test_it_says_who_it_is_after_the_hello(stage):
    identify = stage.open()
    assert identify == {"do": "identify", "id": "i", "protocol": 1, "token": "t", "name": "w1"}
    assert stage.session.me is not None
    assert stage.session.me.key == "faq"


def test_a_new_process_is_told_what_wants_an_answer(stage):
    stage.open(conversation(top=3), missed=(entry(1, text="a"), joined(2), entry(3, text="b")))
    first, started, second = stage.events
    assert isinstance(first, Message)
    assert isinstance(started, Started)
    assert isinstance(second, Message)
    assert (first.text, first.name, second.text, second.name) == ("a", "re-1", "b", "re-3")
    assert started.spoke is True
    assert first.conversation.department.key == "support"


def test_it_is_not_told_what_was_answered(stage):
    answer = entry(4, "bot", "A", client_id="re-3-0")
    stage.open(
        conversation(top=5), missed=(joined(1), entry(2, text="a"), entry(3, text="b"), answer, entry(5, text="c"))
    )
    assert stage.told() == ["Message c"]


def test_an_answer_names_what_it_answers(stage):
    # The bot answered 2; 3 came before the answer did.
    answer = entry(4, "bot", "A", client_id="re-2-0")
    stage.open(conversation(top=4), missed=(joined(1), entry(2, text="a"), entry(3, text="b"), answer))
    assert stage.told() == ["Message b"]


@pytest.mark.parametrize("role", ["bot", "agent"])
def test_what_has_no_such_name_answers_all_before(stage, role):
    stage.open(conversation(top=3), missed=(joined(1), entry(2, text="a"), entry(3, role, "A", client_id="x")))
    assert stage.told() == []


def test_only_what_is_its_own_wants_its_answer(stage):
    stage.open(missed=(entry(1, text="a"),))
    stage.changes(conversation("c_2", state="waiting", top=1))
    stage.tell(entry(1, text="b", name="c_2"))
    assert stage.told() == []


@pytest.mark.parametrize("code", range(4500, 4506))
def test_some_close_codes_are_the_end(stage, code):
    stage.open()
    stage.breaks(code)
    (end,) = [action for action in stage.actions if isinstance(action, End)]
    assert isinstance(end.error, Denied)
    assert end.error.code == code
    assert str(code) in str(end.error)


@pytest.mark.parametrize("code", [1006, 1001, 4000, 4003, 4005, 4008, 4499])
def test_others_are_not(stage, code):
    stage.open()
    stage.breaks(code)
    assert not [action for action in stage.actions if isinstance(action, End)]
    assert stage.now < stage.session.reconnecting.at <= stage.now + 8


def test_bad_credentials_are_the_end_also_when_only_said(stage):
    (identify,) = stage.hello()
    stage.refuses(identify, "unauthorised")
    assert isinstance(stage.actions[-1], End)


def test_a_server_that_is_busy_is_asked_again(stage):
    (identify,) = stage.hello()
    stage.refuses(identify, "unavailable", retry_after_ms=700)
    assert stage.dropped() == ["No."]
    stage.breaks()
    assert stage.session.reconnecting.at == pytest.approx(stage.now + 0.7)


def test_another_version_is_the_end(stage):
    assert stage.hello(protocol=2) == []
    assert isinstance(stage.actions[0], End)


@pytest.mark.parametrize(("status", "over"), [(403, True), (404, True), (429, False), (502, False), (503, False)])
def test_a_refused_upgrade(stage, status, over):
    actions = stage.session.not_upgraded(stage.now, status)
    assert [type(action) for action in actions] == [End] * over


def test_a_server_that_was_there_is_waited_for(stage):
    stage.open()
    stage.breaks()
    assert stage.session.not_upgraded(stage.now, 404) == []


# Coming back.


def test_a_bot_of_another_name_is_still_itself(stage):
    stage.open()
    renamed = {"id": "b_1", "key": "questions", "name": "Fay"}
    stage.hear({"on": "bot", "v": 11, "bot": {**renamed, "reply_seconds": 30, "connections": 1, "conversations": 0}})
    assert stage.session.me is not None
    assert (stage.session.me.key, stage.session.me.name) == ("questions", "Fay")
    for name, bot in (("c_1", renamed), ("c_2", {**renamed, "name": "Not heard of yet"})):
        stage.changes(conversation(name, top=2, bot=bot))
        stage.tell(entry(1, text="a", name=name))
        stage.tell(joined(2, name=name))
    assert stage.told() == ["Message a", "Started re-2"] * 2


def test_it_comes_back_with_as_many_positions_as_a_frame_holds(stage):
    names = [f"c_{n:020}" for n in range(3_000)]
    stage.open(*(conversation(name, top=1) for name in names), missed=tuple(entry(1, name=name) for name in names))
    stage.changes(conversation(names[0], top=1, state="active"))
    stage.breaks()
    identify = stage.open(*(conversation(name, top=1) for name in names[1:]))
    assert 50_000 < len(json.dumps(identify, separators=(",", ":"))) <= 65_536
    positions = identify["resume"]["positions"]
    assert names[0] not in positions  # the bot's own come first
    assert positions[names[1]] == {"entries": 1}


def test_it_resumes_with_what_it_read(stage):
    stage.open(conversation(top=2), missed=(joined(1), entry(2, text="a")))
    stage.breaks()
    identify = stage.open(conversation(top=3), missed=(entry(3, text="b"),))
    assert identify["resume"] == {"epoch": "e1", "positions": {"c_1": {"entries": 2}}}
    assert stage.told() == ["Started re-1", "Message a", "Message b"]


def test_what_comes_twice_is_told_once(stage):
    stage.open(conversation(top=2), missed=(joined(1), entry(2, text="a")))
    stage.tell(entry(2, text="a"))
    stage.tell(entry(3, text="b"))
    stage.tell(entry(3, text="b"))
    assert stage.told() == ["Started re-1", "Message a", "Message b"]


def test_another_history_makes_it_forget(stage):
    stage.open(conversation(top=2), missed=(joined(1), entry(2, text="a")))
    stage.breaks()
    stage.open(conversation(top=2), missed=(joined(1), entry(2, text="other")), reset=True, epoch="e2")
    assert [action for action in stage.actions if isinstance(action, Forget)]
    assert stage.told()[-1] == "Message other"


def test_what_moved_to_another_worker_is_left_to_it(stage):
    stage.open(conversation(top=2), missed=(joined(1), entry(2, text="a")))
    message = stage.events[-1]
    assert stage.session.begins(message)
    stage.breaks()
    stage.open(dropped=["c_1"])
    assert not stage.session.begins(message)
    # And it comes back with all that was said.
    stage.changes(conversation(top=3))
    for frame in (joined(1), entry(2, text="a"), entry(3, text="b")):
        stage.tell(frame)
    assert stage.told() == ["Started re-1", "Message a", "Message b"]


def test_what_was_answered_elsewhere_does_not_begin(stage):
    stage.open(conversation(top=2), missed=(joined(1), entry(2, text="a")))
    _, message = stage.events
    stage.tell(entry(3, "bot", "A", client_id="re-2-0"))
    assert not stage.session.begins(message)


# As it happens.


def test_a_new_conversation_is_judged_when_all_of_it_is_here(stage):
    stage.open()
    stage.changes(
        conversation(top=3, language="da", tags=["vip"], form={"name": "Vera"}, page={"url": "https://a.example/"})
    )
    stage.tell(entry(1, text="a"))
    stage.tell(joined(2))
    assert stage.told() == []
    stage.tell(entry(3, "bot", "A", client_id="re-1-0"))
    assert stage.told() == []
    stage.tell(entry(4, text="b"))
    (message,) = stage.events
    held = message.conversation
    assert (held.language, held.tags, held.form, held.page.url) == (
        "da",
        ("vip",),
        {"name": "Vera"},
        "https://a.example/",
    )


def test_one_that_moved_comes_with_its_last_entries(stage):
    stage.open()
    stage.changes(conversation(top=80))
    for seq in range(31, 81):
        stage.tell(
            entry(seq, text=f"m{seq}", client_id="x") if seq > 79 else entry(seq, "bot", client_id=f"re-{seq - 1}-0")
        )
    assert stage.told() == ["Message m80"]
    assert len(stage.session.entries("c_1")) == 50


def test_a_gap_is_filled_by_history(stage):
    stage.open(conversation(top=1), missed=(joined(1),))
    assert stage.told() == ["Started re-1"]
    (asked,) = stage.hear({"on": "entry", **entry(4, text="c")})
    assert (asked["do"], asked["after"]) == ("history", 1)
    stage.tell(entry(5, text="d"))
    assert stage.told() == []
    stage.answers(asked, entries=[entry(2, text="a"), entry(3, "bot", client_id="re-2-0")], notes=[])
    assert stage.told() == ["Message c", "Message d"]


def test_a_gap_that_is_none_does_not_stop_it(stage):
    stage.open(conversation(top=1), missed=(joined(1),))
    (asked,) = stage.hear({"on": "entry", **entry(4, text="c")})
    stage.answers(asked, entries=[], notes=[])
    assert stage.told() == ["Started re-1", "Message c"]


def test_what_is_missing_at_the_end_is_asked_for_a_little_later(stage):
    stage.open()
    stage.changes(conversation(top=2))
    stage.tell(joined(1))
    assert stage.session.due == stage.now + 1
    (asked,) = stage.after(1)
    assert (asked["do"], asked["after"]) == ("history", 1)
    stage.refuses(asked, "rate_limited", retry_after_ms=500)
    assert stage.after(0.4) == []
    (asked,) = stage.after(0.1)
    stage.answers(asked, entries=[entry(2, text="a")], notes=[])
    assert stage.told() == ["Started re-1", "Message a"]


def test_more_than_an_opening_holds_is_fetched(stage):
    stage.hello()
    stage.identified(conversation(top=3), missed=(joined(1),), more=["c_1"])
    (asked,) = [json.loads(action.text) for action in stage.actions if "history" in getattr(action, "text", "")]
    (asked,) = stage.answers(asked, entries=[entry(2, text="a")], notes=[])
    stage.answers(asked, entries=[entry(3, "bot", client_id="re-2-0")], notes=[])
    assert stage.told() == []


def test_a_ping_finds_a_lost_last_entry(stage):
    stage.open(conversation(top=1), missed=(joined(1),))
    (ping,) = stage.after(25)
    assert ping == {"do": "ping", "id": "p"}
    (asked,) = stage.answers(ping, positions={"c_1": {"entries": 2}, "c_9": {"entries": 9}})
    assert (asked["do"], asked["after"]) == ("history", 1)


def test_somebody_elses_time_ends(stage):
    stage.open(conversation(top=1), missed=(joined(1),))
    stage.changes(conversation(state="waiting", top=2))
    stage.tell(entry(2, "bot", kind="left", reason="handoff"))
    stage.hear({"on": "handoff.queued", "v": stage.v, "conversation": "c_1", "reason": "asked"})
    stage.tell(entry(3, text="are you there?"))
    stage.changes(conversation(state="active", top=4, agent=ADA))
    stage.tell(entry(4, "agent", kind="joined"))
    stage.hear({"on": "handoff.accepted", "v": stage.v, "conversation": "c_1", "agent": ADA})
    _, queued, accepted = stage.events
    assert isinstance(queued, HandedOver)
    assert isinstance(accepted, Accepted)
    assert (queued.reason, accepted.agent.key) == ("asked", "ada")
    # Given back before anybody had answered: that is the bot's to do now.
    stage.changes(conversation(top=5))
    stage.tell(joined(5))
    message, returned = stage.events
    assert isinstance(message, Message)
    assert isinstance(returned, Returned)
    assert (message.text, returned.agent, returned.name) == ("are you there?", "Ada", "re-5")


def test_a_failed_hand_over_is_told(stage):
    stage.open(conversation(top=1), missed=(joined(1),))
    stage.v += 1
    stage.hear({"on": "handoff.failed", "v": stage.v, "conversation": "c_1", "reason": "nobody"})
    failed = stage.events[-1]
    assert isinstance(failed, Failed)
    assert (failed.reason, failed.name) == ("nobody", "handoff.failed-11")


def test_what_the_snapshot_holds_is_not_told_again(stage):
    stage.open(conversation(top=1), missed=(joined(1),))
    assert stage.told() == ["Started re-1"]
    stage.hear({"on": "handoff.failed", "v": stage.v, "conversation": "c_1", "reason": "nobody"})
    stage.hear({"on": "conversation", "v": stage.v, "conversation": conversation(state="waiting", top=1)})
    assert stage.told() == []
    assert stage.session.owns("c_1")


def test_what_was_taken_away_before_it_began_comes_again_when_it_is_given_back(stage):
    stage.open(conversation(top=2), missed=(joined(1), entry(2, text="a")))
    _, message = stage.events
    stage.changes(conversation(state="waiting", top=2))
    assert not stage.session.begins(message)
    stage.changes(conversation(top=2))
    assert stage.told() == ["Message a"]


def test_a_beginning_that_nobody_looked_at_is_over_with_the_next(stage):
    stage.open(conversation(top=1), missed=(joined(1),))
    (started,) = stage.events
    stage.changes(conversation(state="waiting", top=2))
    stage.tell(entry(2, "bot", kind="left", reason="asked"))
    assert not stage.session.begins(started)
    stage.changes(conversation(top=3))
    stage.tell(joined(3))
    assert [type(event) for event in stage.events] == [Returned]


def test_the_end_is_told_and_forgotten(stage):
    stage.open(conversation(top=1), missed=(joined(1),))
    stage.changes(conversation(state="closed", top=2))
    stage.tell(closed(2))
    assert isinstance(stage.events[-1], Closed)
    stage.breaks()
    assert stage.open()["resume"]["positions"] == {}


def test_what_few_want_is_told_to_them_only():
    for also in (frozenset(), frozenset({Typing, Overheard})):
        stage = Stage(also=also)
        stage.open(conversation(top=1), missed=(joined(1),))
        stage.events.clear()
        typing = {"on": "typing", "conversation": "c_1", "active": True}
        stage.hear({**typing, "from": PEOPLE["visitor"], "text": "He"})
        stage.hear({**typing, "from": PEOPLE["agent"]})
        stage.tell(entry(2, "system", kind="notice"))
        assert [type(event) for event in stage.events] == ([Typing, Overheard] if also else [])


def test_what_is_erased_is_forgotten(stage):
    stage.open(conversation(top=2), missed=(joined(1), entry(2, text="a")))
    stage.hear({"on": "erased", "v": 11, "visitor": "v_1", "conversations": ["c_1", "c_7"]})
    assert stage.session.entries("c_1") == ()


@pytest.mark.parametrize(
    "frame", [{"on": "new.thing", "v": 99}, {"on": "site"}, {"re": "who"}, {"re": None, "ok": False}]
)
def test_what_it_does_not_know_it_lets_pass(stage, frame):
    stage.open()
    stage.hear(frame)
    assert stage.dropped() == []


# Writing.


def test_answers_find_their_requests(stage):
    stage.open(conversation(top=1), missed=(joined(1),))
    first, (sent,) = stage.asks("a")
    second, (other,) = stage.asks("b")
    stage.refuses(other, "not_owner")
    stage.answers(sent, seq=2, at=AT)
    settled = stage.settled()
    assert settled[first]["seq"] == 2
    assert isinstance(settled[second], Refused)
    assert settled[second].code == "not_owner"


def test_without_a_connection_it_waits_and_goes_first(stage):
    stage.open()
    _, (sent,) = stage.asks("a")
    stage.breaks()
    assert stage.asks("b")[1] == []
    stage.hello()
    assert stage.asks("c")[1] == []
    before = len(stage.actions)
    stage.identified()
    again = [json.loads(action.text) for action in stage.actions[before:] if hasattr(action, "text")]
    assert [frame["text"] for frame in again] == ["a", "b", "c"]
    assert again[0] == sent


def test_what_was_refused_for_now_goes_again_in_order(stage):
    stage.open()
    a, b, c = (stage.asks(text)[1][0] for text in "abc")
    stage.refuses(a, "rate_limited", retry_after_ms=400)
    assert stage.after(0.5) == []  # the others are under way still
    stage.refuses(b, "rate_limited", retry_after_ms=400)
    assert stage.asks("d")[1] == []
    stage.refuses(c, "rate_limited", retry_after_ms=400)
    assert stage.session.due == pytest.approx(stage.now + 0.4)
    assert stage.after(0.3) == []
    assert [frame["text"] for frame in stage.after(0.11)] == ["a", "b", "c", "d"]
    assert stage.settled() == {}


def test_what_the_server_always_fails_at_is_given_up(stage):
    stage.open()
    ticket, (sent,) = stage.asks("a")
    for _ in range(4):
        stage.refuses(sent, "internal")
        (sent,) = stage.after(5)
    stage.refuses(sent, "internal")
    assert stage.settled()[ticket].code == "internal"


def test_only_so_many_are_under_way(stage):
    stage.open()
    sent = [frame for number in range(200) for frame in stage.asks(str(number))[1]]
    assert len(sent) == 128
    assert [frame["text"] for frame in stage.answers(sent[0], seq=1, at=AT)] == ["128"]


def test_a_frame_that_is_too_large_does_not_leave(stage):
    stage.open()
    ticket, sent = stage.asks("æ" * 40000)
    assert sent == []
    assert stage.settled()[ticket].code == "too_large"


def test_what_is_lossy_is_lost_without_a_connection(stage):
    assert stage.session.tell("typing", "c_1", {"active": True}) == []
    stage.open()
    (sent,) = stage.does(stage.session.tell("typing", "c_1", {"active": True}))
    assert sent == {"do": "typing", "conversation": "c_1", "active": True}


# Time.


def test_silence_is_asked_about_and_then_taken_for_death(stage):
    stage.open()
    assert stage.after(24.9) == []
    assert [frame["do"] for frame in stage.after(0.1)] == ["ping"]
    assert stage.after(9.9) == []
    assert stage.dropped() == []
    stage.after(0.1)
    assert stage.dropped() == ["the server does not answer"]


def test_anything_heard_is_life(stage):
    stage.open(conversation(top=1), missed=(joined(1),))
    stage.after(25)
    stage.tell(entry(2, "system", kind="notice"))
    stage.after(10)
    assert stage.dropped() == []


def test_an_opening_that_takes_too_long_is_given_up(stage):
    stage.session.opened(stage.now)
    stage.after(10)
    assert len(stage.dropped()) == 1


def test_a_draining_server_says_when_to_come_back(stage):
    stage.open()
    stage.hear({"on": "drain", "reconnect_in_ms": 1500})
    stage.now += 1
    stage.breaks(4005)
    assert stage.session.reconnecting.at == pytest.approx(stage.now + 0.5)


def test_a_draining_server_that_stays_is_left(stage):
    stage.open()
    stage.hear({"on": "drain", "reconnect_in_ms": 1000})
    stage.after(16)
    assert len(stage.dropped()) == 1


def test_words_that_are_no_json_end_the_connection(stage):
    stage.open()
    stage.does(stage.session.received("{", stage.now))
    assert len(stage.dropped()) == 1
