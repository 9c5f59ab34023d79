"""Supervisors: who has what, looking on, a word in the agent's ear, taking over, a status for somebody else."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, WebSocket, expect

from tests.e2e.accessibility import in_both_themes, overflow
from tests.e2e.agent import Agent
from tests.e2e.people import People

STILL: dict[str, Any] = {"reduced_motion": "reduce"}


async def look_on(sue: Agent, name: str, who: str) -> None:
    await sue.page.bring_to_front()
    await sue.list.get_by_role("button", name=f"Look on {name} with {who}").click()
    await expect(sue.page.get_by_role("main", name=f"Looking on: conversation with {name}")).to_be_visible()


def strip(sue: Agent) -> Any:
    return sue.page.locator(".strip.watched")


async def test_looking_on_is_seen_by_nobody_and_ends_when_one_leaves(people: People):
    heard: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: heard.append(str(frame)))

    ada = await people.agent("ada")
    sue = await people.agent("sue", "Busy")
    marta = await people.pair(ada, "Marta", "Where is my order?")
    marta.page.on("websocket", listen)
    await ada.note("Third time this week")
    await look_on(sue, "Marta", "Ada")
    await expect(strip(sue)).to_contain_text("You look on · Ada answers")
    await sue.reads("Marta: Where is my order?")
    await expect(sue.notes).to_contain_text("Third time this week")
    await marta.say("Anybody?")
    await sue.reads("Marta: Where is my order?", "Marta: Anybody?")
    await ada.page.bring_to_front()
    await ada.box.press_sequentially("On")
    await sue.page.bring_to_front()
    await expect(sue.log.get_by_text("Ada is typing")).to_be_visible()
    await sue.page.reload()
    await look_on(sue, "Marta", "Ada")
    await strip(sue).get_by_role("button", name="Leave").click()
    await expect(strip(sue)).to_have_count(0)
    await expect(sue.page.get_by_role("main", name="Marta")).to_have_count(0)
    assert [frame for frame in heard if "sue" in frame.lower()] == []


async def test_a_whisper_is_for_the_agent_alone(people: People):
    ada = await people.agent("ada")
    sue = await people.agent("sue", "Busy")
    marta = await people.pair(ada, "Marta", "It is broken")
    await look_on(sue, "Marta", "Ada")
    box = sue.page.get_by_role("textbox", name="Whisper to Ada")
    await box.fill("Offer the refund")
    await box.press("Enter")
    await expect(box).to_have_value("")
    await expect(sue.notes).to_contain_text("Your whisper, only for the agent")
    await expect(ada.notes).to_contain_text("Sue whispers, the visitor does not hear it")
    await expect(ada.notes).to_contain_text("Offer the refund")
    await marta.reads("You: It is broken")


async def test_taking_over_makes_it_ones_own(people: People):
    ada = await people.agent("ada")
    sue = await people.agent("sue", "Busy")
    marta = await people.pair(ada, "Marta", "Hello")
    await look_on(sue, "Marta", "Ada")
    await strip(sue).get_by_role("button", name="Take over").click()
    await expect(strip(sue)).to_have_count(0)  # until then what she writes is a whisper
    await sue.sees("Marta")
    await sue.say("Sue here")
    await expect(marta.bubbles.last).to_have_text("Sue: Sue here")
    await expect(ada.page.get_by_text("This conversation is no longer yours.")).to_be_visible()
    await expect(sue.row("Marta")).to_be_visible()


async def test_who_is_offline_takes_over_all_the_same(people: People):
    ada = await people.agent("ada")
    sue = await people.agent("sue", "Offline")
    await people.pair(ada, "Marta", "Hello")
    overview = sue.page.get_by_role("main", name="Overview")
    await sue.page.bring_to_front()
    await expect(overview).to_contain_text("You are offline: nothing rings at you.")
    await overview.get_by_role("button", name="Look on Marta with Ada").click()
    await expect(strip(sue)).to_contain_text("Taking it over sets you busy")
    await strip(sue).get_by_role("button", name="Take over").click()
    await sue.sees("Marta")
    await expect(sue.status).to_have_accessible_name("Status: Busy")
    await expect(sue.row("Marta")).to_be_visible()


async def test_a_colleagues_status_is_set_and_they_are_told(people: People):
    ada = await people.agent("ada")
    sue = await people.agent("sue", "Busy")
    await sue.list.get_by_role("button", name="Ada is available. Set their status").click()
    await sue.page.get_by_role("menuitemradio", name="Away").click()
    await expect(sue.list.get_by_role("button", name="Ada is away. Set their status")).to_be_visible()
    await expect(ada.status).to_have_accessible_name("Status: Away")
    await expect(ada.page.get_by_text("It was not set here.")).to_be_visible()


async def test_somebody_in_line_can_be_looked_on_at(people: People):
    sue = await people.agent("sue", "Busy")
    marta = await people.visitor("Marta")
    await marta.say("Hello?")
    await sue.list.get_by_role("button", name="Look on Marta in line").click()
    await expect(strip(sue)).to_contain_text("It waits in line")
    await sue.reads("Marta: Hello?")
    await marta.end()
    await expect(strip(sue)).to_contain_text("It has ended")


async def test_an_agent_sees_no_team_to_look_on_at(people: People):
    ada = await people.agent("ada")
    await people.agent("ben")
    await expect(ada.list).to_be_visible()
    await expect(ada.list.get_by_role("region", name="Team")).to_have_count(0)


async def test_what_a_supervisor_sees_can_be_read_by_everybody(people: People):
    ada = await people.agent("ada", **STILL)
    sue = await people.agent("sue", "Busy")
    await people.pair(ada, "Marta", "Hello", **STILL)
    await sue.page.bring_to_front()
    await expect(sue.list.get_by_role("button", name="Look on Marta with Ada")).to_be_visible()
    assert await in_both_themes(sue.page) == []
    await look_on(sue, "Marta", "Ada")
    await sue.page.get_by_role("textbox", name="Whisper to Ada").fill("Psst")
    assert await in_both_themes(sue.page) == []
    await sue.list.get_by_role("button", name="Ada is available. Set their status").click()
    assert await in_both_themes(sue.page) == []
    await sue.page.keyboard.press("Escape")
    await sue.page.set_viewport_size({"width": 320, "height": 640})
    assert await overflow(sue.page) == []


# One's own password.


async def change_password(page: Page, current: str, new: str, again: str) -> None:
    dialog = page.get_by_role("dialog", name="Change your password")
    await dialog.get_by_label("The one you have").fill(current)
    await dialog.get_by_label("The new one", exact=True).fill(new)
    await dialog.get_by_label("once more").fill(again)
    await dialog.get_by_role("button", name="Change it").click()


async def test_ones_own_password(own_people: People):
    people = own_people
    ada = await people.agent("ada", **STILL)
    elsewhere = await (await people.newcomer()).new_page()
    await elsewhere.goto(f"{people.url}demo/sit?as=ada")
    await expect(elsewhere.get_by_role("button", name="Status:")).to_be_visible()
    await ada.page.bring_to_front()
    await ada.page.get_by_role("button", name="log out").click()
    await ada.page.get_by_role("menuitem", name="Change password").click()
    assert await in_both_themes(ada.page) == []
    wrong = ada.page.get_by_role("dialog").get_by_role("alert")
    await change_password(ada.page, "demo", "a better one", "a bitter one")
    await expect(wrong).to_have_text("The two new ones differ.")
    await change_password(ada.page, "a guess", "a better one", "a better one")
    await expect(wrong).to_have_text("The one you have is another one.")
    assert await in_both_themes(ada.page) == []
    await change_password(ada.page, "demo", "a better one", "a better one")
    await expect(ada.page.get_by_text("Your password is changed.")).to_be_visible()
    await expect(elsewhere.get_by_role("button", name="Sign in")).to_be_visible()
    await expect(ada.status).to_have_accessible_name("Status: Available")
    await elsewhere.get_by_label("E-mail").fill("ada@demo.example")
    await elsewhere.get_by_label("Password").fill("a better one")
    await elsewhere.get_by_role("button", name="Sign in").click()
    await expect(elsewhere.get_by_role("button", name="Status:")).to_be_visible()
