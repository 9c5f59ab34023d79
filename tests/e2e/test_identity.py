"""A site says who its visitor is: on another device it is the same person, and the agent sees what the site signed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import jwt
import pytest
import structlog
from click.testing import CliRunner
from playwright.async_api import expect

from server.cli import frontdesk
from tests.blackbox.process import Server
from tests.e2e.people import People
from tests.e2e.test_hostile_words import CORPUS, unharmed


@pytest.fixture(autouse=True)
def _log_of_this_test_only() -> Iterator[None]:
    """The command sets the log up for its own standard error."""
    yield
    structlog.reset_defaults()


async def test_a_customer_on_two_devices(own_people: People, own_server: Server):
    asked = ["site", "secret", "demo", "--data", str(own_server.data)]
    secret = (await asyncio.to_thread(CliRunner().invoke, frontdesk, asked)).stdout.strip()
    attributes = {"plan": "pro", CORPUS[1]: CORPUS[0]}
    claims = {"aud": "demo", "exp": time.time() + 900, "name": "Clara", "attributes": attributes}
    word = jwt.encode({**claims, "sub": "c-1"}, secret, "HS256")

    ada = await own_people.agent("ada")
    laptop = await own_people.visitor()
    await laptop.page.evaluate("(word) => Frontdesk.identify(() => word)", word)
    await laptop.open()
    await laptop.say("Where is my order?")
    await ada.accept("Clara")
    await expect(ada.about.get_by_role("heading", level=2)).to_have_text("Clara verified")
    await expect(ada.about).to_contain_text("pro by the site")
    await unharmed(ada.page, ".desk")
    await ada.say("On its way")

    phone = await own_people.visitor()
    await phone.open()
    await phone.page.evaluate("(word) => Frontdesk.identify(word)", word)
    await phone.reads("You: Where is my order?", "Ada: On its way")
    # After a logout on the site, the same browser is nobody's.
    await phone.page.evaluate("() => Frontdesk.identify()")
    await expect(phone.bubbles).to_have_count(0)
    await phone.page.reload()
    await phone.open()
    await expect(phone.bubbles).to_have_count(0)
