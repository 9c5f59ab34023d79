"""Bots at the real server: killed and started again, several at once, sent away."""

from __future__ import annotations

import asyncio
import random

import bots
from tests.blackbox.people import People
from tests.blackbox.wire import Visitor
from tests.bots.program import Programs


def answers(visitor: Visitor) -> list[str]:
    """What the visitor was told by a bot."""
    return [
        entry["text"]
        for entry in visitor.transcript.in_order()
        if entry["kind"] == "message" and entry["from"]["role"] == "bot"
    ]


async def has_answers(visitor: Visitor, count: int) -> None:
    await visitor.reach(lambda: len(answers(visitor)) >= count, 30)


async def guest(people: People, department: str, text: str = "0") -> Visitor:
    """A visitor whom the bot has."""
    visitor = await people.visitor()
    await visitor.start(department, text)
    assert visitor.state == "bot"
    return visitor


async def test_killed_in_mid_conversation_nothing_is_answered_twice_or_not_at_all(people, programs: Programs):
    chance = random.Random(11)
    program = await programs.example("echo", bot="killed")
    visitors = [await guest(people, "killed") for _ in range(6)]
    for round_ in range(1, 4):
        for visitor in visitors:
            for number in range(4):
                await visitor.post(visitor.conversation, f"{round_}.{number}")
        # Somewhere between the first answer and the last.
        some = chance.choice(visitors)
        await has_answers(some, 4 * (round_ - 1) + chance.randint(1, 4))
        await program.kill()
        await visitors[0].say(visitors[0].conversation, f"alone {round_}")
        program = await programs.example("echo", bot="killed")
        await has_answers(visitors[0], 1 + 5 * round_)
    for visitor in visitors:
        asked = [text for text in visitor.transcript.texts() if not text.startswith("You said: ")]
        await has_answers(visitor, len(asked))
        asked = [entry["text"] for entry in visitor.transcript.in_order() if entry["from"]["role"] == "visitor"]
        assert answers(visitor) == [f"You said: {text}" for text in asked]
        assert visitor.state == "bot"


async def test_of_two_workers_one_is_killed(people, programs: Programs):
    first, second = [await programs.example("echo", bot="workers") for _ in range(2)]
    visitors = [await guest(people, "workers") for _ in range(6)]
    for visitor in visitors:
        await has_answers(visitor, 1)
        for number in range(3):
            await visitor.post(visitor.conversation, str(number))
    await first.kill()
    for visitor in visitors:
        await visitor.say(visitor.conversation, "still there?")
    for visitor in visitors:
        await has_answers(visitor, 5)
        expected = ["0", "0", "1", "2", "still there?"]
        assert answers(visitor) == [f"You said: {text}" for text in expected]
    await second.kill()


async def test_two_workers_who_have_the_same_message_answer_it_once(people, programs: Programs):
    token = await programs.token("plain")
    address = f"http://{people.server.address}"
    async with bots.Bot(address, token=token) as one, bots.Bot(address, token=token) as other:
        visitor = await guest(people, "plain")
        waiting = [asyncio.create_task(anext(each)) for each in (one, other)]
        done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        (message,) = [task.result() for task in done]
        assert isinstance(message, bots.Message)
        assert await message.reply("One")
        # The other one, as if it had been given the message, too.
        also = bots.Message(
            conversation=message.conversation,
            name=message.name,
            line=other if waiting[0] in done else one,
            entry=message.entry,
        )
        late = await also.reply("Two")
        assert (bool(late), late.refused) == (False, "client_id_conflict")
        await has_answers(visitor, 1)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    assert answers(visitor) == ["One"]


async def test_an_agent_gives_it_back(people, programs: Programs):
    ada = await people.agent("ada")
    async with bots.Bot(f"http://{people.server.address}", token=await programs.token("back")) as bot:
        visitor = await guest(people, "back")
        message = await anext(bot)
        assert isinstance(message, bots.Message)
        assert await message.handoff(summary="Wants a pen", reason="test")
        offer = await ada.rings(visitor.conversation)
        assert offer["note"] == "Wants a pen"
        await ada.accept(offer)
        kinds = [type(await anext(bot)) for _ in range(2)]
        assert kinds == [bots.HandedOver, bots.Accepted]
        late = await message.reply("I am still here")
        assert (bool(late), late.refused) == (False, "not_owner")
        await visitor.say(visitor.conversation, "And in blue?")
        await ada.request("conversation.transfer", conversation=visitor.conversation, to={"bot": "back"})
        found = [await anext(bot) for _ in range(2)]
        assert [type(event) for event in found] == [bots.Message, bots.Returned]
        assert isinstance(found[1], bots.Returned)
        assert found[1].agent == "Ada"
        assert await found[0].reply("In blue, too")
        await has_answers(visitor, 1)
        assert await found[1].close(outcome="sold")
        await visitor.sees_the_close(visitor.conversation)
        assert isinstance(await anext(bot), bots.Closed)


async def test_asked_for_a_person_it_says_what_it_was_about(people, programs: Programs):
    ada = await people.agent("ada")
    async with bots.Bot(f"http://{people.server.address}", token=await programs.token("back")) as bot:
        visitor = await guest(people, "back")
        assert isinstance(await anext(bot), bots.Message)
        await visitor.request("conversation.human", conversation=visitor.conversation)
        taken = await anext(bot)
        if isinstance(taken, bots.Started):
            taken = await anext(bot)
        assert isinstance(taken, bots.HandedOver)
        assert taken.reason == "asked"
        assert await taken.summarise("Wants a pen")
        again = await taken.summarise("And ink")
        assert (bool(again), again.refused) == (False, "not_owner")
        accepted = await ada.accept(await ada.rings(visitor.conversation))
        assert [note["text"] for note in accepted["notes"]] == ["Wants a pen"]


async def test_a_revoked_token_ends_the_program_with_a_word_about_it(people, programs: Programs):
    del people
    program = await programs.example("echo", bot="revoked")
    (line,) = (await programs.frontdesk("token", "list", "revoked")).splitlines()
    await programs.frontdesk("token", "revoke", line.split()[0])
    assert await program.ends() == 1
    assert "revoked" in program.said.splitlines()[-1]
    assert "Traceback" not in program.said
    again = await programs.example("echo", bot="revoked", known=False)
    assert await again.ends() == 1
    assert "frontdesk token create" in again.said
