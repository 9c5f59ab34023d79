"""The router as a whole: one step, its clock, its records, its timer."""

from __future__ import annotations

import json
from typing import get_args

import msgspec
import pytest

from router import CommandRejected, Rejection, Router, Snapshot
from router import commands as c
from router.events import Event, OfferEnded
from router.evolve import FOLDS
from router.model import AgentId, ConversationId, Method, OfferId, Status, Writer
from tests.router.building import Desk, agent, all_of, bot, department, kinds, workspace


def busy_desk() -> Desk:
    """Something of everything."""
    desk = Desk(
        department(wrap_up_ms=60_000, reject_delay_ms=1_000),
        department("sales", method=Method.RING_ALL),
        agent("ada", "support", "sales", max_slots=5, breathing_ms=500),
        agent("ben", "support", "sales", max_slots=2, rings_at_once=2),
        agent("cleo", "sales"),
        bot(),
    )
    desk.bot_comes()
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wait(500)
    desk.served_by("ada", "c_2")
    desk.close("c_2")
    desk.comes("ben", "cleo")
    for name, to in (("c_3", "support"), ("c_4", "sales"), ("c_5", "support"), ("c_6", "sales")):
        desk.start(name, to)
    desk.decline("cleo", "c_4")
    desk.leaves("c_5")
    desk.asks_bot("c_7")
    desk.bot_goes()
    desk.do(c.Quarantine(conversation=desk.of("c_6").id))
    return desk


def test_every_kind_of_event_has_its_fold():
    assert set(FOLDS) == set(get_args(Event))


def test_a_snapshot_is_plain_values_and_comes_back_from_json():
    desk = busy_desk()
    snapshot = desk.router.snapshot()
    again = msgspec.json.decode(msgspec.json.encode(snapshot), type=Snapshot)
    assert again == snapshot
    assert json.loads(msgspec.json.encode(snapshot))["counters"]["arrival"] == 7


def test_a_rebuilt_router_equals_the_original_and_goes_on_like_it():
    desk = busy_desk()
    again = Router.rebuild(desk.router.settings, desk.router.snapshot(), seed=1)
    assert again.snapshot() == desk.router.snapshot()
    assert again.next_deadline() == desk.router.next_deadline()
    later = desk.now + 120_000
    assert again.advance(later) == desk.router.advance(later)
    assert again.snapshot() == desk.router.snapshot()


def test_records_of_before_waiting_was_noted_go_on_under_their_key():
    desk = Desk(department(), agent("ada"))
    desk.start("c_1", head_start=60_000)
    told = json.loads(msgspec.json.encode(desk.router.snapshot()))
    for record in told["conversations"]:
        del record["since_at"], record["said"], record["returned"]
    old = msgspec.json.decode(json.dumps(told), type=Snapshot)
    again = Router.rebuild(desk.router.settings, old, seed=1)
    assert again.conversation(ConversationId("c_1")) == desk.of("c_1")


def test_time_never_runs_backwards():
    desk = Desk(department(), agent("ada"))
    desk.start("c_1")
    desk.now -= 5_000
    desk.start("c_2")
    assert desk.of("c_2").entered_line_at == desk.of("c_1").entered_line_at == desk.router.now


def test_the_next_deadline_is_when_something_happens():
    desk = Desk(department(ring_ms=30_000), agent("ada"), confirm_ms=3_000)
    assert desk.router.next_deadline() is None
    desk.comes("ada")
    desk.start("c_1")
    assert desk.router.next_deadline() == desk.now + 3_000
    desk.sees("ada")
    assert desk.router.next_deadline() == desk.now + 30_000
    desk.accept("ada")
    assert desk.router.next_deadline() is None


def test_what_was_due_happens_before_the_command_and_is_told_when_it_is_refused():
    desk = Desk(department(ring_ms=30_000, miss_delay_ms=0), agent("ada"), agent("ben"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1")
    desk.comes("ben")
    desk.now += 30_000
    with pytest.raises(CommandRejected) as rejected:
        desk.do(c.AcceptOffer(agent=AgentId("ada"), offer=OfferId("o_1-1")))
    assert rejected.value.code is Rejection.GONE
    assert kinds(rejected.value.events) == ["OfferEnded", "OfferMade"]
    assert desk.ringing() == {"ben": {"c_1"}}


def test_a_router_that_slept_acts_now_and_not_in_the_past():
    desk = Desk(department(ring_ms=1_000, miss_delay_ms=0), agent("ada"), agent("ben"), confirm_ms=0)
    desk.comes("ada", "ben")
    desk.start("c_1")
    desk.now += 3_600_000
    happened = desk.do(c.Tick())
    assert [event.at for event in all_of(happened, OfferEnded)] == [desk.now]
    assert sum(desk.who(name).misses for name in ("ada", "ben")) == 1
    assert len(desk.ringing()) == 1


def test_changes_name_the_records_to_store_and_to_delete():
    desk = Desk(department(), agent("ada"), agent("ben"))
    desk.router.take_changes()
    desk.comes("ada")
    desk.start("c_1")
    changes = desk.router.take_changes()
    assert (changes.agents, changes.conversations) == (("ada",), ("c_1",))
    assert desk.router.take_changes().agents == ()
    desk.close("c_1")
    changes = desk.router.take_changes()
    assert changes.conversations == ("c_1",)
    assert desk.router.conversation(changes.conversations[0]) is None


def test_of_those_in_which_somebody_only_wrote_as_many_are_named_as_one_asks_for():
    desk = Desk(department(), agent("ada", max_slots=3))
    desk.comes("ada")
    for name in ("c_1", "c_2", "c_3"):
        desk.served_by("ada", name)
    desk.router.take_changes()
    for name in ("c_2", "c_1", "c_3", "c_2"):
        desk.wrote(name, Writer.AGENT)
    desk.close("c_1")
    changes = desk.router.take_changes(written=1)
    assert (changes.conversations, changes.written) == (("c_1",), ("c_2",))
    desk.wrote("c_2", Writer.AGENT)
    assert desk.router.take_changes(written=1).written == ("c_3",)
    assert desk.router.take_changes().written == ("c_2",)
    assert desk.router.take_changes().written == ()


def test_whoever_confirms_by_writing_has_changed_more_than_who_wrote_last():
    desk = Desk(department(accept="auto"), agent("ada"), confirm_ms=10_000)
    desk.comes("ada")
    desk.start("c_1")
    desk.router.take_changes()
    assert desk.of("c_1").unconfirmed is not None
    desk.wrote("c_1", Writer.AGENT)
    assert desk.router.take_changes(written=0).conversations == ("c_1",)


def test_a_new_router_has_everybody_to_store():
    router = Router(workspace(department(), agent("ada"), agent("ben")), seed=1)
    assert router.take_changes().agents == ("ada", "ben")


def test_unknown_names_are_refused():
    desk = Desk(department(), agent("ada"))
    for command in (
        c.ConnectAgent(agent=AgentId("nobody")),
        c.SetStatus(agent=AgentId("nobody"), status=Status.AWAY),
        c.AcceptOffer(agent=AgentId("nobody"), offer=OfferId("o_1-1")),
    ):
        with pytest.raises(CommandRejected) as rejected:
            desk.do(command)
        assert rejected.value.code is Rejection.NOT_FOUND
