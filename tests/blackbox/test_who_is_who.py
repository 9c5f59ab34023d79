"""On a real server that is killed between: old tokens, and customers whom a site vouches for."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import structlog
from click.testing import CliRunner

from server.cli import frontdesk as command_line
from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.blackbox.wire import Visitor


@pytest.fixture(autouse=True)
def _log_of_this_test_only() -> Iterator[None]:
    """The command sets the log up for its own standard error."""
    yield
    structlog.reset_defaults()


async def frontdesk(server: Server, *arguments: str) -> str:
    """The command, in this process: a process of its own takes a second to begin."""
    done = await asyncio.to_thread(CliRunner().invoke, command_line, [*arguments, "--data", str(server.data)])
    assert done.exit_code == 0, done.output
    return str(done.stdout)


async def recorded(server: Server) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await frontdesk(server, "audit", "--json")).splitlines()]


async def test_a_token_outlives_lost_replies_and_kills(own_people: People, own_server: Server):
    visitor = await own_people.visitor()
    conversation = await visitor.start("support")
    first = visitor.me["token"]
    second = (await own_people.visitor(token=first)).me["token"]
    # The reply that gave the second one might have been lost, and the server killed: the first one is as good as ever.
    await asyncio.to_thread(own_server.kill)
    await asyncio.to_thread(own_server.start)
    for token in (first, second, first):
        page = Visitor(own_server.address, token=token)
        await page.enter()
        assert (page.me["id"], page.conversation) == (visitor.me["id"], conversation)
        await page.leave()
    assert "visitor.old_token" not in {row["action"] for row in await recorded(own_server)}


async def test_a_customer_is_known_by_the_sites_word_alone(own_people: People, own_server: Server):
    secret = (await frontdesk(own_server, "site", "secret", "demo")).strip()

    def identity(sub: str, **more: Any) -> str:
        return jwt.encode({"sub": sub, "aud": "demo", "exp": time.time() + 900, **more}, secret, "HS256")

    customer = await own_people.visitor(identity=identity("c-1", name="Clara", email="clara@shop.example"))
    theirs = await customer.start("support", "My order 4711")
    stranger = await own_people.visitor()
    await stranger.start("support", "hello", form={"name": "Clara", "email": "clara@shop.example"})
    assert stranger.conversation != theirs
    assert (await stranger.refused("history", conversation=theirs))["code"] == "not_found"
    phone = await own_people.visitor(identity=identity("c-1", name="Clara"))
    assert (phone.me["id"], phone.conversation) == (customer.me["id"], theirs)
    copied = await own_people.visitor(token=customer.me["token"])
    assert copied.me["id"] != customer.me["id"]
    assert copied.snapshot["conversation"] is None
    claims = {"sub": "c-1", "aud": "demo", "exp": time.time() + 900}
    forged = Visitor(own_server.address, identity=jwt.encode(claims, "x" * 43, "HS256"))
    await forged.connect()
    assert (await forged.refused("identify", protocol=1, **forged.credentials))["code"] == "unauthorised"
    del forged.credentials["identity"]
    assert (await forged.ask("identify", protocol=1, **forged.credentials))["ok"]
    await forged.leave()
    assert secret not in json.dumps(await recorded(own_server))
