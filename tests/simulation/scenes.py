"""What visitors, agents, supervisors and bots ask, each as a scene of its own: every request of the protocol."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import WebSocketError, WSCloseCode, WSMsgType

from tests.simulation.stage import Part, Scene, Stage, nothing

SCENES: list[Scene] = []


def scene(
    *, given: Part = nothing, then: Part = nothing, wrap_up: int = 0, bots: bool = False, parts: bool = False
) -> Callable[[Part], Part]:
    """What is decorated is what is asked."""

    def note(when: Part) -> Part:
        name = getattr(when, "__name__", "")
        SCENES.append(Scene(name=name, given=given, when=when, then=then, wrap_up=wrap_up, bots=bots, parts=parts))
        return when

    return note


# How it comes to that.


async def come(it: Stage) -> None:
    """Vera looks at the page, Ada is there."""
    it.vera, it.ada = it.visitor(), it.agent()
    await it.rest()
    it.ada.want("status.set", status="available")
    await it.rest()


async def alone(it: Stage) -> None:
    """Vera looks at the page, and nobody is there."""
    it.vera = it.visitor()


async def waiting(it: Stage) -> None:
    """Vera waits in line; Ada is there and looks on."""
    it.vera, it.ada = it.visitor(), it.agent()
    await it.rest()
    it.ada.want("status.set", status="busy")
    await it.rest()
    it.vera.want("conversation.start", department="support", text="Hello")
    await it.rest()


async def ringing(it: Stage) -> None:
    """It rings at Ada."""
    await come(it)
    it.vera.want("conversation.start", department="support", text="Hello")
    await it.until(lambda: it.ada.offers)


async def talking(it: Stage) -> None:
    """Vera talks with Ada."""
    await ringing(it)
    it.ada.want("offer.accept", offer=it.offer(it.ada))
    await it.rest()


async def long_talk(it: Stage) -> None:
    """And Ada has said a lot."""
    await talking(it)
    for _ in range(40):
        it.ada.want("message.send", conversation=it.c, text="perhaps, " * 400)


async def three(it: Stage) -> None:
    """The same, and Ben is there."""
    await talking(it)
    it.ben = it.agent("ben")
    await it.rest()
    it.ben.want("status.set", status="available")


async def supervised(it: Stage) -> None:
    """The same, and Sue is there."""
    await talking(it)
    it.sue = it.agent("sue")


async def closed(it: Stage) -> None:
    """Vera and Ada are done."""
    await talking(it)
    it.ada.want("conversation.close", conversation=it.c, outcome="solved")


async def bot_is_asked(it: Stage) -> None:
    """A bot answers Vera; Ada is there."""
    it.fay = it.bot()
    await come(it)
    it.vera.want("conversation.start", department="support", text="Hello")
    await it.rest()


# Coming and going.


@scene(given=come, parts=True)
async def a_visitor_comes(it: Stage) -> None:
    it.visitor("vito")


@scene(given=talking)
async def a_visitor_comes_back(it: Stage) -> None:
    it.vera.go(politely=False)


async def back_again(it: Stage) -> None:
    """Vera came back once, and has another token now."""
    await talking(it)
    it.vera.go(politely=False)


@scene(given=back_again)
async def a_visitor_comes_back_with_the_next_token(it: Stage) -> None:
    it.vera.go(politely=False)


@scene(given=talking)
async def a_visitor_opens_another_page(it: Stage) -> None:
    it.visitor("vera2", token=it.vera.credentials["token"])


@scene(given=talking)
async def a_visitor_goes(it: Stage) -> None:
    it.leaves(it.vera)


@scene(given=talking)
async def a_visitor_is_cut_off_in_the_middle_of_writing(it: Stage) -> None:
    it.vera.want("message.send", conversation=it.c, text="One")
    it.vera.want("message.send", conversation=it.c, text="Two")
    await it.loop.advance(0.0015)
    it.vera.go(politely=False)


@scene(given=alone)
async def an_agent_comes(it: Stage) -> None:
    it.agent()


@scene(given=talking)
async def an_agent_comes_back(it: Stage) -> None:
    it.ada.go(politely=True)


@scene(given=ringing)
async def an_agent_goes(it: Stage) -> None:
    it.leaves(it.ada)


@scene(given=talking)
async def too_large_a_frame(it: Stage) -> None:
    it.expects("vera is closed for good with 4505")
    if it.vera.line is not None:
        it.vera.line.send(WSMsgType.ERROR, WebSocketError(WSCloseCode.MESSAGE_TOO_BIG, "too big"))
    await it.loop.advance(0.5)
    it.vera.go(politely=False)


@scene(given=talking)
async def many_frames_while_the_server_is_at_work(it: Stage) -> None:
    it.vera.want("conversation.close", conversation=it.c)
    for _ in range(33):
        it.vera.tell("typing", conversation=it.c, active=True)


@scene(given=long_talk)
async def a_slow_reader(it: Stage) -> None:
    if it.vera.line is not None:
        it.vera.line.cable.bytes_a_second = 40_000
    for _ in range(3):
        it.vera.ask("history", conversation=it.c)


@scene(given=long_talk)
async def a_slow_reader_goes(it: Stage) -> None:
    if it.vera.line is not None:
        it.vera.line.cable.bytes_a_second = 40_000
    it.vera.ask("history", conversation=it.c)
    it.vera.ask("history", conversation=it.c)
    await it.loop.advance(0.2)
    it.vera.go(politely=True)


@scene(given=come)
async def a_commit_fails(it: Stage) -> None:
    it.vera.want("conversation.start", department="support", text="Hello")
    await it.in_bad_weather(0.02)


# Visitors.


@scene(given=come)
async def a_start(it: Stage) -> None:
    it.vera.want("conversation.start", department="support", text="Hello", form={"name": "Vera"})


@scene(given=alone)
async def a_start_that_waits(it: Stage) -> None:
    it.vera.want("conversation.start", department="support", text="Hello")


@scene(given=talking)
async def a_start_onto_an_open_one(it: Stage) -> None:
    it.vera.want("conversation.start", department="support", text="Hello again")


@scene(given=talking)
async def a_visitor_writes(it: Stage) -> None:
    it.vera.want("message.send", conversation=it.c, text="How are you?")


@scene(given=talking)
async def a_visitor_writes_and_closes_at_once(it: Stage) -> None:
    it.vera.want("message.send", conversation=it.c, text="One")
    it.vera.want("message.send", conversation=it.c, text="Two")
    it.vera.want("conversation.close", conversation=it.c)


@scene(given=talking)
async def a_visitor_reads_types_and_asks(it: Stage) -> None:
    it.vera.tell("typing", conversation=it.c, active=True)
    it.vera.tell("read", conversation=it.c, seq=2)
    it.vera.ask("history", conversation=it.c)
    it.vera.ask("ping")


@scene(given=talking)
async def a_visitor_closes(it: Stage) -> None:
    it.vera.want("conversation.close", conversation=it.c)


@scene(given=closed)
async def a_visitor_rates(it: Stage) -> None:
    it.vera.want("conversation.rate", conversation=it.c, score=5, comment="Good")


@scene(given=waiting)
async def a_visitor_leaves_a_message(it: Stage) -> None:
    it.vera.want("message.leave", form={"email": "vera@example.com"}, text="Call me")


# Agents.


@scene(given=waiting)
async def a_status(it: Stage) -> None:
    it.ada.want("status.set", status="available")


@scene(given=ringing)
async def an_offer_is_seen(it: Stage) -> None:
    it.ada.ask("offer.seen", offer=it.offer(it.ada))


@scene(given=ringing)
async def an_offer_is_accepted(it: Stage) -> None:
    it.ada.want("offer.accept", offer=it.offer(it.ada))


@scene(given=ringing)
async def an_offer_is_declined(it: Stage) -> None:
    it.ada.want("offer.decline", offer=it.offer(it.ada), reason="lunch")


@scene(given=waiting)
async def a_pick(it: Stage) -> None:
    it.ada.want("conversation.pick", conversation=it.c)


@scene(given=three)
async def a_transfer_to_a_colleague(it: Stage) -> None:
    it.ada.want("conversation.transfer", conversation=it.c, to={"agent": "ben"}, note="please")


@scene(given=talking)
async def a_transfer_to_a_department(it: Stage) -> None:
    it.ada.want("conversation.transfer", conversation=it.c, to={"department": "sales"}, note="please")


@scene(given=talking, wrap_up=30)
async def an_agent_closes(it: Stage) -> None:
    it.ada.want("conversation.close", conversation=it.c, outcome="solved", tags=["order"])


@scene(given=closed, wrap_up=30)
async def a_wrap_up_ends(it: Stage) -> None:
    it.ada.want("wrap_up.end", conversation=it.c, outcome="solved", tags=["order"])


@scene(given=talking)
async def an_agent_writes_and_notes(it: Stage) -> None:
    it.ada.want("message.send", conversation=it.c, text="Hello")
    it.ada.want("note.add", conversation=it.c, text="She is kind")


@scene(given=talking)
async def an_agent_reads_types_and_asks(it: Stage) -> None:
    it.ada.tell("typing", conversation=it.c, active=True)
    it.ada.tell("read", conversation=it.c, seq=1)
    it.ada.ask("history", conversation=it.c)
    it.ada.ask("ping")


# Supervisors.


@scene(given=supervised)
async def a_supervisor_looks_on(it: Stage) -> None:
    it.sue.ask("conversation.watch", conversation=it.c, active=True)
    await it.rest()
    it.vera.want("message.send", conversation=it.c, text="How are you?")
    it.sue.ask("conversation.watch", conversation=it.c, active=False)


@scene(given=supervised)
async def a_supervisor_takes_over(it: Stage) -> None:
    it.sue.want("conversation.take_over", conversation=it.c)


@scene(given=supervised)
async def a_supervisor_sets_a_status(it: Stage) -> None:
    it.sue.want("agent.set_status", agent="ada", status="away")


@scene(given=supervised)
async def a_supervisor_whispers(it: Stage) -> None:
    it.is_complete = False  # the judge knows of no whispers
    it.sue.ask("whisper", conversation=it.c, text="Say hello")


# Bots.


@scene(given=bot_is_asked, bots=True)
async def a_bot_comes_back(it: Stage) -> None:
    it.fay.go(politely=False)


@scene(given=come, bots=True)
async def a_bot_comes(it: Stage) -> None:
    it.bot()


@scene(given=bot_is_asked, bots=True)
async def a_second_bot_comes(it: Stage) -> None:
    it.bot("faq1")


@scene(given=bot_is_asked, bots=True)
async def a_bot_goes(it: Stage) -> None:
    it.leaves(it.fay)


@scene(given=bot_is_asked, bots=True)
async def a_bot_writes(it: Stage) -> None:
    it.fay.want("message.send", conversation=it.c, text="Hello", replies=["Bye"])


@scene(given=bot_is_asked, bots=True)
async def a_bot_thinks_and_streams(it: Stage) -> None:
    it.fay.tell("thinking", conversation=it.c, active=True)
    it.fay.tell("stream", conversation=it.c, stream_id="s1", delta="It is ")
    it.fay.want_whole("s1", conversation=it.c, text="It is on its way")


@scene(given=bot_is_asked, bots=True)
async def a_bot_hands_over(it: Stage) -> None:
    it.fay.want("handoff", conversation=it.c, summary="An order is late", reason="late")


@scene(given=bot_is_asked, bots=True)
async def a_bot_closes(it: Stage) -> None:
    it.fay.want("conversation.close", conversation=it.c, outcome="answered")


@scene(given=bot_is_asked, bots=True)
async def a_bot_reads_and_asks(it: Stage) -> None:
    it.fay.tell("read", conversation=it.c, seq=1)
    it.fay.ask("history", conversation=it.c)
    it.fay.ask("ping")


@scene(given=bot_is_asked, bots=True)
async def a_visitor_asks_for_a_person(it: Stage) -> None:
    it.vera.want("conversation.human", conversation=it.c)


async def bot_and_agent(it: Stage) -> None:
    """Ada has it from the bot."""
    await bot_is_asked(it)
    it.fay.want("handoff", conversation=it.c)
    await it.until(lambda: it.ada.offers)
    it.ada.want("offer.accept", offer=it.offer(it.ada))


@scene(given=bot_and_agent, bots=True)
async def it_is_given_back_to_the_bot(it: Stage) -> None:
    it.ada.want("conversation.transfer", conversation=it.c, to={"bot": "faq"}, note="Only the address")
