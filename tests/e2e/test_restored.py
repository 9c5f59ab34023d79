"""A server put back to a backup under open pages: they show what is, and what of theirs is no more."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from playwright.async_api import expect

from tests.blackbox.process import COMMAND, Server
from tests.e2e.accessibility import in_both_themes
from tests.e2e.people import People


async def frontdesk(*arguments: str) -> None:
    command = [COMMAND, *arguments]
    await asyncio.to_thread(subprocess.run, command, check=True, timeout=30, capture_output=True)


async def test_what_was_acknowledged_and_is_lost_is_shown_and_can_be_sent_again(
    own_people: People, own_server: Server, tmp_path: Path
):
    copy, data = str(tmp_path / "copy.sqlite3"), str(own_server.data)
    ada = await own_people.agent("ada")
    visitor = await own_people.pair(ada, "Marta", reduced_motion="reduce")
    await ada.say("What can I do for you?")
    await visitor.reads("You: Hello", "Ada: What can I do for you?")
    await frontdesk("backup", copy, "--data", data)
    await visitor.say("I want the blue one")
    await ada.say("It is yours.")
    await visitor.reads("You: Hello", "Ada: What can I do for you?", "You: I want the blue one", "Ada: It is yours.")

    own_server.kill()
    await visitor.box.fill("Thank you!")
    await visitor.box.press("Enter")
    await frontdesk("restore", copy, "--data", data, "--replace")
    await asyncio.to_thread(own_server.start)

    # What waited is sent by itself; what had arrived is not, and nobody pretends that it is there.
    await expect(visitor.page.get_by_text("This had arrived, but the chat was restored from a backup")).to_be_visible()
    await expect(visitor.page.get_by_text("Its latest messages may be missing.")).to_be_visible()
    await visitor.reads("You: Hello", "Ada: What can I do for you?", "You: Thank you!", "You: I want the blue one")
    assert await in_both_themes(visitor.page) == []
    await visitor.page.get_by_role("button", name="Send again").click()
    await expect(visitor.page.get_by_text("This had arrived")).to_have_count(0)

    # Whoever works here logs in again, and finds the conversation as the visitor shows it.
    await expect(ada.page.get_by_role("button", name="Sign in")).to_be_visible()
    again = await own_people.agent("ada", "")
    await again.list.get_by_text("Marta").click()
    await again.reads("Marta: Hello", "You: What can I do for you?", "Marta: Thank you!", "Marta: I want the blue one")
