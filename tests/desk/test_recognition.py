"""Who a visitor is at the desk: tokens that take turns, and identities that a site has signed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from msgspec.structs import replace

from server.control import secrets_of_sites
from server.desk.visitor_tokens import GRACE_MS
from server.settings.workspace import Rule
from server.store import audit, conversations
from tests.desk.support.bench import settings
from tests.desk.support.client import Client
from tests.desk.support.story import Story, story


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


def token_of(client: Client) -> str:
    return str(client.identified["me"]["token"])


async def flagged(it: Story) -> list[str]:
    await it.desk.store.write(lambda _tx: None)  # after what is still in the queue
    return [row.target for row in await it.desk.store.read(audit.since) if row.action == "visitor.old_token"]


# Tokens.


async def test_each_resume_is_answered_with_the_next_token(it: Story):
    c = await it.desk.start_conversation(it.vera)
    tokens = [token_of(it.vera)]
    for _ in range(3):
        page = await it.desk.visitor(tokens[-1])
        assert (page.me, page.snapshot["conversation"]["id"]) == (it.vera.me, c)
        tokens.append(token_of(page))
    assert len(set(tokens)) == 4


async def test_a_stolen_old_token_is_a_stranger_and_is_recorded(it: Story):
    c = await it.desk.start_conversation(it.vera)
    stolen = token_of(it.vera)
    newer = token_of(await it.desk.visitor(stolen))
    assert (await it.desk.visitor(stolen)).me == it.vera.me  # nobody has used the newer one
    await it.desk.visitor(newer)
    it.desk.clock.advance(GRACE_MS / 1000 - 1)
    assert (await it.desk.visitor(stolen)).me == it.vera.me
    it.desk.clock.advance(1)
    assert await flagged(it) == []
    thief = await it.desk.visitor(
        stolen, resume={"epoch": it.desk.installation.epoch, "positions": {c: {"entries": 0}}}
    )
    assert thief.me != it.vera.me
    assert thief.identified["reset"]
    assert (thief.snapshot["conversation"], thief.identified["missed"]) == (None, [])
    assert await flagged(it) == [it.vera.me]
    assert (await it.desk.visitor(newer)).me == it.vera.me


async def test_a_lost_reply_costs_nothing(it: Story):
    await it.desk.start_conversation(it.vera)
    for _ in range(3):
        it.desk.clock.advance(1000)
        assert (await it.desk.visitor(token_of(it.vera))).me == it.vera.me


async def test_two_tabs_that_come_at_once_are_both_let_in_and_go_on(it: Story):
    await it.desk.start_conversation(it.vera)
    one, other = await asyncio.gather(it.desk.visitor(token_of(it.vera)), it.desk.visitor(token_of(it.vera)))
    again = await asyncio.gather(it.desk.visitor(token_of(one)), it.desk.visitor(token_of(other)))
    it.desk.clock.advance(1000)
    for tab in again:
        assert (await it.desk.visitor(token_of(tab))).me == it.vera.me
    assert await flagged(it) == []


async def test_before_the_first_word_nothing_is_written(it: Story):
    before = it.desk.store.writes
    nils = await it.desk.visitor()
    for _ in range(2):
        nils = await it.desk.visitor(token_of(nils))
    assert it.desk.store.writes == before


async def test_on_a_full_disk_people_come_with_the_token_they_have(it: Story):
    await it.desk.start_conversation(it.vera)
    newer = token_of(await it.desk.visitor(token_of(it.vera)))
    it.desk.store.fail_writes(1)
    page = await it.desk.visitor(newer)
    assert page.me == it.vera.me
    assert (await it.desk.visitor(token_of(page))).me == it.vera.me
    assert (await it.desk.visitor(newer)).me == it.vera.me


# Identities that the site has signed.


async def secret(it: Story, **how: Any) -> str:
    return await secrets_of_sites.ask(it.desk.store, "demo", fresh=it.desk.ids.secret, now=it.desk.clock.now(), **how)


def signed(it: Story, key: str, sub: str = "u-1", **more: Any) -> str:
    return jwt.encode({"sub": sub, "aud": "demo", "exp": it.desk.clock.now() // 1000 + 900, **more}, key, "HS256")


async def come(it: Story, identity: str, token: str | None = None) -> Client:
    credentials = {"site": "demo", "identity": identity, **({} if token is None else {"token": token})}
    client = it.desk.stranger("visitor", credentials)
    assert (await client.identify())["ok"], client.identified
    await it.desk.settle()
    return client


async def test_one_subject_is_one_visitor_in_every_browser(it: Story):
    key = await secret(it)
    phone = await come(it, signed(it, key, name="Vera V"))
    assert phone.identified["me"]["name"] == "Vera V"
    c = await it.desk.start_conversation(phone)
    laptop = await come(it, signed(it, key, name="Vera V"))
    assert (laptop.me, laptop.snapshot["conversation"]["id"]) == (phone.me, c)
    other = await come(it, signed(it, key, "u-2"))
    assert other.me != phone.me
    assert other.snapshot["conversation"] is None


async def test_without_the_sites_word_there_is_nothing_of_a_verified_visitor(it: Story):
    key = await secret(it)
    vera = await come(it, signed(it, key))
    await it.desk.start_conversation(vera)
    page = await it.desk.visitor(token_of(vera))
    assert page.me != vera.me
    assert (page.identified["reset"], page.snapshot["conversation"]) == (True, None)


async def test_another_subject_in_the_same_browser_is_somebody_fresh(it: Story):
    key = await secret(it)
    anonymous = await it.desk.visitor()
    await it.desk.start_conversation(anonymous)
    ada = await come(it, signed(it, key, "ada"), token_of(anonymous))
    assert (ada.me != anonymous.me, ada.identified["reset"], ada.snapshot["conversation"]) == (True, True, None)
    again = await come(it, signed(it, key, "ada"), token_of(ada))
    assert (again.me, again.identified["reset"]) == (ada.me, False)
    ben = await come(it, signed(it, key, "ben"), token_of(ada))
    assert (ben.me != ada.me, ben.identified["reset"]) == (True, True)


async def test_a_bad_identity_is_refused_and_the_connection_lives(it: Story):
    key = await secret(it)
    client = it.desk.stranger("visitor", {"site": "demo", "identity": signed(it, "x" * 43)})
    refused = await client.identify()
    assert (refused["error"]["code"], refused["error"]["field"]) == ("unauthorised", "identity")
    assert client.peer.closed is None
    late = signed(it, key)
    it.desk.clock.advance(901)
    client.credentials["identity"] = late
    assert (await client.identify(id="2"))["error"]["code"] == "unauthorised"
    client.credentials["identity"] = signed(it, key)
    assert (await client.identify(id="3"))["ok"]


async def test_a_card_number_in_the_sites_word_is_masked_too(it: Story):
    key = await secret(it)
    card = "4242 4242 4242 4242"
    said = {"plan": "gold", "card": card, "old": [4242424242424242, 7], "more": {"vip": True, "of": card}}
    vera = await come(it, signed(it, key, card, name=f"Vera {card}", email=f"{card}@shop.example", attributes=said))
    assert vera.identified["me"]["name"] == "Vera •••• 4242"
    await it.desk.start_conversation(vera)
    [row] = await it.desk.store.read(lambda tx: tx.all("SELECT name, email, attributes, subject FROM visitor"))
    assert row[:2] == ("Vera •••• 4242", "•••• 4242@shop.example")
    masked = {"plan": "gold", "card": "•••• 4242", "old": ["•••• 4242", 7], "more": {"vip": True, "of": "•••• 4242"}}
    assert json.loads(row[2]) == masked
    assert row[3] == card  # by this name the site knows them: another would be somebody else


async def test_a_typed_address_is_a_label(it: Story):
    """Whoever types a known customer's address is another person, and is not marked as verified."""
    key = await secret(it)
    customer = await come(it, signed(it, key, email="ceo@shop.example", name="The CEO"))
    theirs = await it.desk.start_conversation(customer, "secret plans")
    stranger = await it.desk.visitor()
    c = await it.desk.start_conversation(stranger, "hello", form={"email": "ceo@shop.example", "name": "The CEO"})
    assert stranger.me != customer.me
    assert (await stranger.ask("history", conversation=theirs))["error"]["code"] == "not_found"
    await it.ada.ask("status.set", status="available")
    await it.desk.settle()
    shown = {each["conversation"]["id"]: each["conversation"]["visitor"] for each in it.ada.told("offer")}
    seen = {c: None, theirs: None, **shown}
    assert any(seen.values())
    for conversation, visitor in shown.items():
        assert visitor["verified"] == (conversation == theirs)


async def test_what_the_site_vouches_for_is_not_changed_by_typing(it: Story):
    key = await secret(it)
    vera = await come(it, signed(it, key, name="Vera V", email="vera@shop.example", attributes={"plan": "pro"}))
    await it.ada.ask("status.set", status="available")
    await it.desk.start_conversation(vera, "hi", form={"name": "Admin", "email": "x@y", "topic": "keys"})
    await it.desk.settle()
    visitor = it.ada.told("offer")[-1]["conversation"]["visitor"]
    assert (visitor["name"], visitor["email"]) == ("Vera V", "vera@shop.example")
    assert (visitor["verified"], visitor["attributes"]) == (True, {"plan": "pro"})


async def test_rules_see_what_the_site_signed(tmp_path: Path):
    pro = Rule(name="pro", when='visitor.verified && visitor.attributes.plan == "pro"', tags=("pro",))
    async with story(tmp_path, replace(settings(), rules=(pro,))) as it:
        key = await secret(it)
        for attributes, tags in (({"plan": "pro"}, ["pro"]), ({"plan": "free"}, []), ({}, [])):
            vera = await come(it, signed(it, key, attributes.get("plan", "x"), attributes=attributes))
            assert await tags_of(it, await it.desk.start_conversation(vera)) == tags
        fake = await it.desk.visitor()
        c = await it.desk.start_conversation(fake, form={"plan": "pro", "verified": "true"})
        assert await tags_of(it, c) == []


async def tags_of(it: Story, conversation: str) -> list[str]:
    row = await it.desk.store.read(lambda tx: conversations.find(tx, conversation))
    assert row is not None
    return row.tags


async def test_a_secret_is_rotated_without_a_gap_and_ended_at_once(it: Story):
    old = await secret(it)
    assert await secret(it) == old
    new = await secret(it, rotate=True)
    assert new != old
    for key in (old, new):
        assert (await come(it, signed(it, key))).identified["ok"]
    await secret(it, end="old")
    stranger = it.desk.stranger("visitor", {"site": "demo", "identity": signed(it, old)})
    assert (await stranger.identify())["error"]["code"] == "unauthorised"
    third = await secret(it, rotate=True)
    it.desk.clock.advance(secrets_of_sites.WEEK_MS / 1000)
    stranger = it.desk.stranger("visitor", {"site": "demo", "identity": signed(it, new)})
    assert (await stranger.identify())["error"]["code"] == "unauthorised"
    assert (await come(it, signed(it, third))).identified["ok"]
    assert await secret(it, end="all") == ""
    stranger = it.desk.stranger("visitor", {"site": "demo", "identity": signed(it, third)})
    assert (await stranger.identify())["error"]["code"] == "unauthorised"
    rows = [row for row in await it.desk.store.read(audit.since) if row.action.startswith("site.")]
    assert [row.action for row in rows] == [
        "site.secret_made",
        "site.secret_shown",
        "site.secret_made",
        "site.secret_shown",
        "site.secret_made",
        "site.secret_ended",
    ]
    assert not any(key in repr(rows) for key in (old, new, third))
