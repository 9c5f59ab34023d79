"""A server whose disk is full, as its pages show it: what was said can be read, what is written waits and is sent."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator

from playwright.async_api import expect

from tests.blackbox.process import Server
from tests.e2e.people import People

SAID = ("You: Hello", "Ada: What can I do for you?")


@contextlib.contextmanager
def no_room(server: Server) -> Iterator[None]:
    """No file of the server may grow, as on a full disk."""
    assert server.process is not None
    pid = server.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


async def test_what_cannot_be_stored_waits_and_is_never_called_failed(own_people: People, own_server: Server):
    ada = await own_people.agent("ada")
    marta = await own_people.pair(ada, "Marta")
    await ada.say("What can I do for you?")
    await marta.reads(*SAID)
    with no_room(own_server):
        await marta.box.fill("Is anybody there?")
        await marta.box.press("Enter")
        await ada.box.fill("I am here")
        await ada.box.press("Enter")
        # Nobody pretends: it is on its way, the page says so, and what was said before can be read after a reload.
        await expect(marta.panel.get_by_text("Waiting to send").or_(marta.panel.get_by_text("Sending"))).to_be_visible()
        await marta.page.reload()
        await marta.reads(*SAID, "You: Is anybody there?")
        await expect(marta.panel.get_by_text("Waiting to send").or_(marta.panel.get_by_text("Sending"))).to_be_visible()
        await expect(marta.page.get_by_text("We could not send this.")).to_have_count(0)
        await expect(ada.page.get_by_text("Not sent.")).to_have_count(0)
        await expect(ada.bubbles.last).to_have_text("I am here")
    await expect(ada.bubbles.filter(has_text="Is anybody there?")).to_be_visible()
    await expect(marta.bubbles.filter(has_text="I am here")).to_be_visible()
    await expect(marta.panel.get_by_text("Waiting to send")).to_have_count(0)
    await expect(marta.bubbles).to_have_count(4)
    await expect(ada.bubbles).to_have_count(4)
