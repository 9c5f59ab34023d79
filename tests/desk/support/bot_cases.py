"""Stories with bots in them, for the law of snapshots."""

from __future__ import annotations

from msgspec.structs import replace

from router import events
from server.settings.workspace import Bot
from tests.desk.support.bench import settings
from tests.desk.support.cases import case
from tests.desk.support.client import Client
from tests.desk.support.story import Story

_OFFICE = settings(support={"first": "bot:faq", "max_line": 1})
WITH_BOT = replace(_OFFICE, bots=(Bot(key="faq", name="Fay"), Bot(key="other", name="Olaf")))


async def here(it: Story) -> None:
    """Fay is connected, and nobody else at work."""
    it.more["fay"] = await it.desk.bot()


async def asked(it: Story) -> None:
    """Vera asked Fay something, and Ada is there."""
    await here(it)
    await it.ada.ask("status.set", status="available")
    it.more["c"] = await it.desk.start_conversation(it.vera, "Where is my order?", form={"name": "Vera"})


async def alone(it: Story) -> None:
    """Vera asked Fay something, and nobody is there."""
    await here(it)
    it.more["c"] = await it.desk.start_conversation(it.vera)


async def handed(it: Story) -> None:
    """Ada has it from Fay."""
    await asked(it)
    await fay(it).ask("handoff", conversation=it.more["c"], summary="An order is late")
    await it.desk.accept(it.ada)


def fay(it: Story) -> Client:
    found: Client = it.more["fay"]
    return found


@case(events.BotConnected, events.ConversationStarted, file=WITH_BOT)
async def a_bot_comes_and_is_asked(it: Story) -> None:
    await asked(it)
    assert fay(it).reading().conversation_ids() == [it.more["c"]]


@case(events.ConversationStarted, given=here, file=WITH_BOT)
async def asked_without_a_text(it: Story) -> None:
    it.more["c"] = await it.desk.start_conversation(it.vera, None, form={"email": "vera@example.com"})
    await it.vera.ask("message.send", conversation=it.more["c"], client_id="m1", text="Hello")
    await fay(it).ask("message.send", conversation=it.more["c"], client_id="re-1", text="Hello", replies=["Bye"])


@case(events.ConversationStarted, events.HandoffFailed, given=here, file=WITH_BOT)
async def the_first_words_ask_for_a_person(it: Story) -> None:
    await it.desk.start_conversation(it.vera, "A human, please")
    assert fay(it).told("handoff.failed")[-1]["reason"] == "nobody"


@case(events.ConversationHandedOver, events.OfferMade, given=asked, file=WITH_BOT)
async def a_bot_hands_over(it: Story) -> None:
    await fay(it).ask("handoff", conversation=it.more["c"], summary="An order is late")
    await it.desk.accept(it.ada)
    await it.ada.ask("message.send", conversation=it.more["c"], client_id="m1", text="I look into it")
    assert fay(it).reading().state()["conversations"][it.more["c"]]["agent"]["key"] == "ada"


@case(events.ConversationHandedOver, given=asked, file=WITH_BOT)
async def a_bot_hands_over_to_an_agent(it: Story) -> None:
    await it.ben.ask("status.set", status="available")
    await fay(it).ask("handoff", conversation=it.more["c"], to={"agent": "ben"})
    assert it.ben.offer["conversation"]["id"] == it.more["c"]


@case(events.ConversationHandedOver, given=asked, file=WITH_BOT)
async def a_bot_hands_over_to_another_department(it: Story) -> None:
    await fay(it).ask("handoff", conversation=it.more["c"], to={"department": "sales"})
    assert it.vera.reading().state()["conversation"]["department"]["key"] == "sales"


@case(events.HandoffFailed, given=asked, file=WITH_BOT)
async def the_line_is_full(it: Story) -> None:
    await it.ada.ask("status.set", status="busy")
    await it.ben.ask("status.set", status="available")
    await it.ben.ask("status.set", status="busy")
    nils = await it.desk.visitor()
    d = await it.desk.start_conversation(nils)
    reply = await fay(it).ask("handoff", conversation=d)
    assert reply["handoff"] == "failed"


@case(events.HandoffFailed, given=alone, file=WITH_BOT)
async def asked_for_a_person_and_nobody_is_there(it: Story) -> None:
    reply = await it.vera.ask("conversation.human", conversation=it.more["c"])
    assert (reply["handoff"], reply["reason"]) == ("failed", "nobody")


@case(events.ConversationHandedOver, given=asked, file=WITH_BOT)
async def asked_for_a_person(it: Story) -> None:
    await it.vera.ask("conversation.human", conversation=it.more["c"])
    await it.desk.accept(it.ada)


@case(events.ConversationHandedOver, events.OfferMade, given=asked, file=WITH_BOT)
async def summarised_while_it_rings(it: Story) -> None:
    await it.vera.ask("conversation.human", conversation=it.more["c"])
    await fay(it).ask("handoff", conversation=it.more["c"], summary="An order is late")
    assert it.ada.offer["note"] == "An order is late"


@case(events.ConversationGivenToBot, given=handed, file=WITH_BOT)
async def given_back(it: Story) -> None:
    await it.ada.ask("conversation.transfer", conversation=it.more["c"], to={"bot": "faq"}, note="Only the address")
    await fay(it).ask("message.send", conversation=it.more["c"], client_id="re-9", text="Me again")
    assert it.ada.reading().conversation_ids() in ([], [it.more["c"]])


@case(events.ConversationGivenToBot, given=handed, file=WITH_BOT)
async def given_to_another_bot(it: Story) -> None:
    olaf = await it.desk.bot("other")
    await it.ada.ask("conversation.transfer", conversation=it.more["c"], to={"bot": "other"})
    assert next(entry["seq"] for entry in olaf.told("entry")) == 1
    refused = await fay(it).ask("message.send", conversation=it.more["c"], client_id="re-9", text="Hello")
    assert refused["error"]["code"] == "not_found"
    assert fay(it).told("dropped") == [{"on": "dropped", "conversation": it.more["c"]}]
    assert fay(it).reading().conversation_ids() == []


@case(events.BotDisconnected, events.BotGone, events.ConversationHandedOver, given=asked, file=WITH_BOT)
async def a_bot_is_gone(it: Story) -> None:
    await it.desk.leave(fay(it))
    await it.desk.wait(21)
    assert it.ada.offer["conversation"]["id"] == it.more["c"]


@case(events.BotDisconnected, events.BotConnected, given=asked, file=WITH_BOT)
async def a_bot_is_back_in_time(it: Story) -> None:
    await it.desk.leave(fay(it))
    await it.vera.ask("message.send", conversation=it.more["c"], client_id="m2", text="Hello?")
    await it.desk.wait(5)
    it.more["fay"] = await it.desk.bot()
    assert fay(it).reading().conversation_ids() == [it.more["c"]]


@case(events.ConversationStarted, given=asked, file=WITH_BOT)
async def two_connections_and_one_is_gone(it: Story) -> None:
    second = await it.desk.bot()
    nils = await it.desk.visitor()
    d = await it.desk.start_conversation(nils)
    assert second.reading().conversation_ids() == [d]
    await it.desk.leave(fay(it))
    assert set(second.reading().conversation_ids()) == {it.more["c"], d}


@case(events.ConversationHandedOver, given=asked, file=WITH_BOT)
async def a_bot_does_not_answer(it: Story) -> None:
    await it.desk.wait(31)
    assert it.ada.offer["conversation"]["id"] == it.more["c"]


@case(events.BotWorked, given=asked, file=WITH_BOT)
async def a_bot_takes_its_time(it: Story) -> None:
    await it.desk.wait(20)
    await fay(it).ask("thinking", conversation=it.more["c"], active=True, title="Looking")
    await it.desk.wait(20)
    await fay(it).ask("stream", conversation=it.more["c"], stream_id="s1", delta="It is ")
    await it.desk.wait(20)
    await fay(it).ask("stream", conversation=it.more["c"], stream_id="s1", delta="on its way", final=True)
    await it.desk.wait(40)
    assert it.vera.reading().state()["conversation"]["state"] == "bot"


@case(events.ConversationClosed, given=asked, file=WITH_BOT)
async def a_bot_closes(it: Story) -> None:
    await fay(it).ask("message.send", conversation=it.more["c"], client_id="re-1", text="It came yesterday")
    await fay(it).ask("conversation.close", conversation=it.more["c"], outcome="answered", tags=["order"])
    assert it.vera.reading().state()["conversation"]["bot"]["key"] == "faq"


@case(events.ConversationClosed, given=asked, file=WITH_BOT)
async def a_visitor_closes_what_a_bot_has(it: Story) -> None:
    await it.vera.ask("conversation.close", conversation=it.more["c"])


@case(events.ConversationAssigned, given=asked, file=WITH_BOT)
async def picked_from_a_bot(it: Story) -> None:
    assert (await it.ada.ask("conversation.pick", conversation=it.more["c"]))["ok"]
    assert fay(it).told("handoff.accepted")[-1]["agent"]["key"] == "ada"


@case(events.Restarted, events.BotConnected, given=asked, file=WITH_BOT)
async def a_restart_with_a_bot(it: Story) -> None:
    await it.desk.restart()
    it.more["fay"] = await it.desk.bot()
    it.vera = await it.desk.visitor(it.vera.credentials["token"])
    it.ada = await it.desk.agent("ada")
    assert fay(it).reading().conversation_ids() == [it.more["c"]]
    await fay(it).ask("message.send", conversation=it.more["c"], client_id="re-1", text="Here I am")


@case(events.Configured, given=asked, file=WITH_BOT)
async def a_bot_has_another_name(it: Story) -> None:
    bots = (Bot(key="faq", name="Fred"), Bot(key="other", name="Olaf"))
    await it.desk.configure(replace(WITH_BOT, bots=bots))
    assert it.vera.reading().state()["conversation"]["bot"]["name"] == "Fred"


@case(events.Configured, events.ConversationHandedOver, given=asked, file=WITH_BOT)
async def a_bot_is_removed(it: Story) -> None:
    departments = tuple(replace(each, first="") for each in WITH_BOT.departments)
    await it.desk.configure(replace(WITH_BOT, departments=departments, bots=WITH_BOT.bots[1:]))
    assert it.ada.offer["conversation"]["id"] == it.more["c"]
    await it.desk.leave(fay(it))


@case(events.ConversationStarted, events.ConversationClosed, given=here, file=WITH_BOT)
async def a_try_out(it: Story) -> None:
    ticket = it.desk.bots.trial(it.desk.engine.directory.bot_ids["faq"], "demo")
    page = it.desk.stranger("visitor", {"site": "demo"})
    assert (await page.identify(trial=ticket))["ok"]
    await it.ada.ask("status.set", status="available")
    c = await it.desk.start_conversation(page, "A human, please")
    assert page.reading().state()["conversation"]["trial"] is True
    assert page.told("entry")[-1]["text"] == "Here a person would take over."
    reply = await fay(it).ask("handoff", conversation=c)
    assert (reply["handoff"], reply["reason"]) == ("failed", "trial")
    await it.desk.leave(fay(it))
    await it.desk.wait(21)
    assert page.reading().state()["conversation"]["state"] == "closed"
    assert it.ada.told("offer") == []
