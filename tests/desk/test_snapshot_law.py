"""Snapshot + later events = fresh snapshot, for everyone, whatever happened in between."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from router import commands, events, model
from tests.desk.support import bot_cases
from tests.desk.support.bench import DeskBench, settings
from tests.desk.support.cases import CASES, case
from tests.desk.support.story import (
    AUTO,
    RULED,
    WRAP_UP,
    Story,
    ada_available,
    both_available,
    ringing,
    ringing_softly,
    story,
    taken,
    talking,
    talking_ben_available,
    transfer_to,
    transferring,
    waiting,
    wrapping_up,
)

# Starting.


@case(events.ConversationStarted, events.OfferMade, given=ada_available)
async def start_with_text(it: Story) -> None:
    await it.desk.start_conversation(it.vera, "My order is late")
    assert it.ada.offer["text"] == "My order is late"


@case(events.ConversationStarted, events.OfferMade, given=ada_available)
async def start_without_text(it: Story) -> None:
    await it.desk.start_conversation(it.vera, None, form={"name": "Vera", "email": "vera@example.com"})


@case(events.ConversationStarted, events.NoticeDue)
async def start_when_nobody_is_there(it: Story) -> None:
    await it.desk.start_conversation(it.vera)


@case(events.NoticeDue, given=ringing)
async def start_behind_another(it: Story) -> None:
    await it.another()


@case(given=ringing)
async def start_onto_the_open_one(it: Story) -> None:
    reply = await it.vera.ask("conversation.start", client_id="again", text="And another thing", form={"name": "Vera"})
    assert reply["conversation"]["id"] == it.more["c"]


@case(given=waiting)
async def start_onto_the_open_one_with_a_name(it: Story) -> None:
    await it.vera.ask("conversation.start", client_id="again", form={"name": "Vera"})


@case(given=talking)
async def start_onto_the_running_one_with_a_name(it: Story) -> None:
    await it.vera.ask("conversation.start", client_id="again", form={"name": "Vera", "email": "vera@example.com"})


@case(events.OfferMade, given=both_available)
async def start_where_all_ring(it: Story) -> None:
    await it.desk.start_conversation(it.vera, department="sales")
    assert it.ada.offer["soft"]
    assert it.ben.offer["soft"]


@case(given=ringing)
async def write_while_it_rings(it: Story) -> None:
    await it.vera.ask("message.send", conversation=it.more["c"], client_id="m2", text="Please hurry")


@case(events.ConversationStarted, given=wrapping_up, file=WRAP_UP)
async def start_the_next_while_the_last_is_wrapped_up(it: Story) -> None:
    it.more["c"] = await it.desk.start_conversation(it.vera, form={"name": "Vera"})
    await it.ada.ask("offer.seen", offer=it.ada.offer["offer"])
    await it.desk.wait(29)
    await it.ada.ask("offer.decline", offer=it.ada.offer["offer"])
    await it.desk.wait(2)
    assert it.vera.reading().conversation_ids() == [it.more["c"]]


# Offers.


@case(events.OfferSeen, given=ringing)
async def see(it: Story) -> None:
    await it.ada.ask("offer.seen", offer=it.ada.offer["offer"])


@case(events.OfferEnded, events.ConversationAssigned, given=ringing)
async def accept(it: Story) -> None:
    await it.desk.accept(it.ada)
    taken(it, it.ada)


@case(events.OfferEnded, events.ConversationAssigned, given=ringing_softly)
async def accept_what_rings_at_both(it: Story) -> None:
    await it.desk.accept(it.ben)
    taken(it, it.ben)
    assert it.ada.told("offer.ended")[-1]["why"] == "taken"


@case(events.OfferEnded, given=ringing)
async def decline(it: Story) -> None:
    await it.ada.ask("offer.decline", offer=it.ada.offer["offer"], reason="lunch")


@case(events.OfferEnded, events.OfferMade, given=ringing)
async def decline_and_it_goes_on(it: Story) -> None:
    await it.ben.ask("status.set", status="available")
    await it.ada.ask("offer.decline", offer=it.ada.offer["offer"])
    assert it.ben.offer["conversation"]["id"] == it.more["c"]


@case(events.OfferEnded, given=ringing)
async def miss(it: Story) -> None:
    await it.ada.ask("offer.seen", offer=it.ada.offer["offer"])
    await it.desk.wait(31)
    assert it.ada.told("offer.ended")[0]["why"] == "missed"


@case(events.OfferMissCounted, given=ringing_softly)
async def miss_softly(it: Story) -> None:
    for agent in (it.ada, it.ben):
        await agent.ask("offer.seen", offer=agent.offer["offer"])
    await it.desk.wait(31)
    assert it.ada.offer


@case(events.AgentDeaf, events.OfferEnded, given=ringing)
async def not_confirmed(it: Story) -> None:
    await it.desk.wait(4)
    assert it.ada.told("offer.ended")[-1]["why"] == "withdrawn"


@case(events.AgentDeaf, events.AgentConnected, given=ringing)
async def not_confirmed_then_heard(it: Story) -> None:
    await it.desk.wait(4)
    await it.ada.ask("ping")
    assert it.ada.offer


@case(events.StatusChanged, given=ringing, file=settings(support={"miss_limit": 1}))
async def miss_too_many(it: Story) -> None:
    await it.ada.ask("offer.seen", offer=it.ada.offer["offer"])
    await it.desk.wait(31)
    assert it.ada.reading().state()["agent"]["reason"] == "missed offers"


@case(events.ConversationAssigned, given=ada_available, file=AUTO)
async def accepted_automatically(it: Story) -> None:
    it.more["c"] = await it.desk.start_conversation(it.vera)
    taken(it, it.ada)
    assert [offer["auto"] for offer in it.ada.told("offer")] == [True]
    await it.ada.ask("offer.seen", offer=it.ada.told("offer")[0]["offer"])
    await it.desk.wait(10)
    taken(it, it.ada)


@case(events.ConversationReturned, events.AgentDeaf, given=ada_available, file=AUTO)
async def accepted_automatically_without_confirming(it: Story) -> None:
    await it.desk.start_conversation(it.vera)
    await it.desk.wait(4)


# Picking, transferring.


@case(events.ConversationAssigned, given=waiting)
async def pick(it: Story) -> None:
    await it.ada.ask("status.set", status="busy")
    assert (await it.ada.ask("conversation.pick", conversation=it.more["c"]))["ok"]
    taken(it, it.ada)


@case(events.ConversationAssigned, events.OfferEnded, given=ringing)
async def pick_from_under_a_colleague(it: Story) -> None:
    await it.ben.ask("status.set", status="busy")
    assert (await it.ben.ask("conversation.pick", conversation=it.more["c"]))["ok"]
    taken(it, it.ben)


@case(events.ConversationAssigned, given=waiting)
async def pick_by_a_supervisor(it: Story) -> None:
    await it.sue.ask("status.set", status="busy")
    assert (await it.sue.ask("conversation.pick", conversation=it.more["c"]))["ok"]
    taken(it, it.sue)


@case(events.OfferMade, given=talking_ben_available)
async def transfer_to_an_agent(it: Story) -> None:
    assert (await transfer_to(it, agent="ben", note="Knows it all"))["ok"]
    assert it.ben.offer["note"] == "Knows it all"
    taken(it, it.ada)


@case(given=transferring)
async def talk_and_note_while_a_transfer_rings(it: Story) -> None:
    c = it.more["c"]
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="Still there?")
    await it.ada.ask("message.send", conversation=c, client_id="m2", text="Ben takes over")
    await it.ada.ask("note.add", conversation=c, client_id="n1", text="She is in a hurry")
    await it.vera.ask("conversation.start", client_id="again", form={"name": "Vera"})


@case(events.ConversationAssigned, given=transferring)
async def transfer_to_an_agent_accepted(it: Story) -> None:
    await it.desk.accept(it.ben)
    taken(it, it.ben)


@case(events.OfferEnded, given=transferring)
async def transfer_to_an_agent_declined(it: Story) -> None:
    await it.ben.ask("offer.decline", offer=it.ben.offer["offer"])
    taken(it, it.ada)


@case(events.OfferEnded, given=transferring)
async def transfer_to_an_agent_missed(it: Story) -> None:
    await it.ben.ask("offer.seen", offer=it.ben.offer["offer"])
    await it.desk.wait(31)
    taken(it, it.ada)


@case(events.ConversationClosed, given=transferring)
async def close_while_a_transfer_rings(it: Story) -> None:
    await it.ada.ask("conversation.close", conversation=it.more["c"])
    assert not it.ben.reading().offers


@case(given=talking)
async def transfer_refused(it: Story) -> None:
    assert (await transfer_to(it, agent="ben", note="Not told"))["error"]["code"] == "conflict"


@case(events.ConversationReturned, given=talking)
async def transfer_to_a_department(it: Story) -> None:
    assert (await transfer_to(it, department="sales", note="Wants to buy"))["ok"]


@case(events.ConversationReturned, events.OfferMade, given=talking_ben_available)
async def transfer_to_a_department_where_it_rings(it: Story) -> None:
    assert (await transfer_to(it, department="sales"))["ok"]
    assert it.ben.offer


# The end.


@case(events.ConversationClosed, given=talking)
async def close_by_the_agent(it: Story) -> None:
    await it.ada.ask("conversation.close", conversation=it.more["c"], outcome="solved", tags=["late"])


@case(events.ConversationClosed, given=talking)
async def close_by_the_supervisor(it: Story) -> None:
    await it.sue.ask("conversation.close", conversation=it.more["c"], outcome="solved")


@case(events.ConversationClosed, given=talking)
async def close_by_the_visitor(it: Story) -> None:
    await it.vera.ask("conversation.close", conversation=it.more["c"])


@case(events.ConversationClosed, events.OfferEnded, given=ringing)
async def close_while_it_rings(it: Story) -> None:
    await it.vera.ask("conversation.close", conversation=it.more["c"])


@case(events.ConversationClosed, given=talking, file=WRAP_UP)
async def wrap_up_begins(it: Story) -> None:
    await it.vera.ask("conversation.close", conversation=it.more["c"])
    await it.ada.ask("note.add", conversation=it.more["c"], client_id="n1", text="Was content")
    taken(it, it.ada)


@case(events.WrapUpEnded, given=wrapping_up, file=WRAP_UP)
async def wrap_up_ends_by_hand(it: Story) -> None:
    await it.ada.ask("wrap_up.end", conversation=it.more["c"], outcome="solved", tags=["late"])


@case(events.WrapUpEnded, given=wrapping_up, file=WRAP_UP)
async def wrap_up_ends_by_itself(it: Story) -> None:
    await it.desk.wait(31)


@case(events.IdleAsked, events.MessageWritten, given=talking)
async def asked_whether_still_there(it: Story) -> None:
    await it.ada.ask("message.send", conversation=it.more["c"], client_id="m1", text="Anything else?")
    await it.desk.wait(601)
    assert (await it.desk.entries(it.more["c"]))[-1][1] == "notice"


@case(events.ConversationClosed, given=talking)
async def closed_for_silence(it: Story) -> None:
    await it.ada.ask("message.send", conversation=it.more["c"], client_id="m1", text="Anything else?")
    await it.desk.wait(601)
    await it.desk.wait(301)
    assert (await it.desk.entries(it.more["c"]))[-1][1] == "closed"


# Writing.


@case(given=talking)
async def messages_and_notes(it: Story) -> None:
    c = it.more["c"]
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="One")
    await it.ada.ask("message.send", conversation=c, client_id="m1", text="Two")
    await it.ada.ask("note.add", conversation=c, client_id="n1", text="Three")
    await it.sue.ask("note.add", conversation=c, client_id="n1", text="Four")


# Presence and status.


@case(events.StatusChanged, given=ringing)
async def statuses(it: Story) -> None:
    for status in ("busy", "away", "available", "offline", "available"):
        assert (await it.ada.ask("status.set", status=status, reason="because"))["ok"]


@case(events.AgentDisconnected, events.OfferEnded, given=ringing)
async def agent_disconnects(it: Story) -> None:
    await it.gone(it.ada)


@case(events.AgentConnected, given=ringing)
async def agent_comes_back(it: Story) -> None:
    await it.gone(it.ada)
    it.ada = await it.desk.agent("ada")
    assert it.ada.offer


@case(events.AgentGone, events.ConversationReturned, given=talking)
async def grace_ends(it: Story) -> None:
    await it.gone(it.ada)
    await it.desk.wait(21)


@case(events.AgentGone, events.ConversationReturned, given=talking_ben_available)
async def grace_ends_and_a_colleague_rings(it: Story) -> None:
    await it.gone(it.ada)
    await it.desk.wait(21)
    assert it.ben.offer["conversation"]["previous_agent"]["key"] == "ada"


@case(events.AgentGone, given=talking)
async def grace_ends_when_offline(it: Story) -> None:
    await it.ada.ask("status.set", status="offline")
    await it.desk.wait(21)


@case(events.VisitorDisconnected, events.VisitorConnected, given=ringing)
async def visitor_navigates(it: Story) -> None:
    await it.gone(it.vera)
    await it.desk.wait(2)
    it.vera = await it.desk.visitor(it.vera.credentials["token"])
    await it.desk.wait(20)


@case(events.VisitorDisconnected, events.ConversationClosed, given=waiting)
async def place_given_up(it: Story) -> None:
    await it.gone(it.vera)
    await it.desk.wait(121)
    it.vera = await it.desk.visitor(it.vera.credentials["token"])
    assert it.vera.snapshot["conversation"]["state"] == "closed"


# Settings, restart, quarantine.


@case(events.Configured, given=talking)
async def settings_change(it: Story) -> None:
    await it.another()
    file = settings(support={"name": "Help"})
    agents = tuple(replace(each, name=each.name.upper(), max_slots=2) for each in file.agents)
    await it.desk.configure(replace(file, agents=agents))
    assert it.vera.reading().state()["conversation"]["agent"]["name"] == "ADA"


@case(events.Configured, events.ConversationMoved)
async def department_removed(it: Story) -> None:
    it.more["c"] = await it.desk.start_conversation(it.vera, department="sales")
    file = settings()
    agents = tuple(
        replace(each, members=tuple(member for member in each.members if member.department != "sales"))
        for each in file.agents
    )
    sites = (replace(file.sites[0], departments=("support",)),)
    await it.desk.configure(replace(file, departments=file.departments[:1], agents=agents, sites=sites))
    assert it.vera.reading().state()["conversation"]["department"]["key"] == "support"


@case(events.Restarted, events.PauseEnded, events.OfferEnded, given=ringing)
async def restart(it: Story) -> None:
    await it.desk.restart()
    # The server listens before the engine has told anything.
    client = it.desk.stranger("agent", it.ben.credentials)
    await client.identify()
    it.vera = it.desk.stranger("visitor", it.vera.credentials)
    await it.vera.identify()
    await it.desk.settle()
    it.ada = await it.desk.agent("ada")
    assert it.ada.offer["conversation"]["id"] == it.more["c"]


@case(events.Quarantined, events.QuarantineEnded, events.OfferMade, given=ringing)
async def quarantined(it: Story) -> None:
    it.desk.engine.tell(commands.Quarantine(conversation=model.ConversationId(it.more["c"])))
    await it.desk.settle()
    assert not it.ada.reading().offers
    await it.desk.wait(61)
    assert it.ada.offer


@case(events.ConversationWidened, events.ConversationStarted, events.OfferMade, given=ada_available, file=RULED)
async def widened(it: Story) -> None:
    """A rule asks for more than anybody knows; after a minute less is enough."""
    await it.desk.start_conversation(it.vera, "Hej")
    assert not it.ada.reading().offers
    await it.desk.wait(61)
    shown = it.ada.offer["conversation"]
    assert (shown["needs"], shown["tags"], shown["language"]) == ({"require": {"billing": 3}}, ["danish"], "da")
    assert it.ada.offer["why"]["widening_step"] == 1


@case(events.WaitPromised, events.ConversationStarted, given=ada_available)
async def promised(it: Story) -> None:
    """In the start's own commit, and in the reply to it."""
    reply = await it.vera.ask("conversation.start", client_id="s1", text="Hello")
    c, queue = reply["conversation"]["id"], reply["conversation"]["queue"]
    assert queue == {"place": 1, "ahead": 0, "wait": {"low_s": 0, "high_s": 60}, "serving": True}
    assert [type(event) for event in it.desk.commits[-1].events].count(events.WaitPromised) == 1
    record = it.desk.engine.router.conversation(model.ConversationId(c))
    assert record is not None
    assert record.promise is not None


assert bot_cases.WITH_BOT.bots  # its cases are among the others


@pytest.mark.parametrize("name", CASES)
async def test_snapshot_and_later_events_are_a_fresh_snapshot(tmp_path: Path, name: str):
    found = CASES[name]
    async with story(tmp_path, found.file) as it:
        if found.given is not None:
            await found.given(it)
        watching = [await it.desk.again(client) for client in (it.ada, it.ben, it.sue, it.vera)]
        begin = len(it.desk.commits)
        handled = _recorded(it.desk)
        await found.deed(it)
        assert watching
        await it.desk.check_law()
        await it.desk.check_router()
        await it.desk.check_numbers()
        it.desk.check_memory()
        happened = {type(event) for told in it.desk.commits[begin:] for event in told.events} | set(handled)
        assert found.produces <= happened, f"missing {found.produces - happened}"


def _recorded(desk: DeskBench) -> Iterable[type]:
    """The kinds of all events of the router from now on, committed or not."""
    kinds: list[type] = []
    follow = desk.engine._follow

    def recording(happened: tuple[events.Event, ...]) -> tuple[events.Event, ...]:
        kinds.extend(map(type, happened))
        return follow(happened)

    desk.engine._follow = recording  # type: ignore[method-assign]
    return kinds


def test_every_event_of_the_router_is_in_some_story():
    assert set(get_args(events.Event)) == set().union(*(found.produces for found in CASES.values()))
