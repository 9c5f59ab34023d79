"""Tokens of bots and tickets for try-outs, on a real database, with a clock that stands still."""

from __future__ import annotations

import itertools

import pytest

from server.desk.accounts import TOUCH_MS, hash_of
from server.desk.bot_access import DAY_MS, MAX_TOKENS, MAX_TRIALS, TRIAL_SECONDS, BotAccess
from server.store import audit, bot_tokens
from server.wire.codes import ErrorCode, Refused
from tests.support.people import People, people

WORKSPACE = 1


@pytest.fixture
async def house(tmp_path):
    async with people(tmp_path) as made:
        yield made


@pytest.fixture
def bots(house: People) -> BotAccess:
    numbers = itertools.count(1)
    return BotAccess(house.store, clock=house.clock, random_bytes=lambda size: next(numbers).to_bytes(size, "little"))


async def test_a_token_is_good_until_it_is_revoked(house: People, bots: BotAccess):
    made = await bots.create(WORKSPACE, "b_faq", label="laptop")
    assert made.token.startswith("fdb_")
    assert len(made.token) == 47
    admission = await bots.redeem(made.token)
    assert admission is not None
    assert (admission.bot, admission.token, admission.token_hash) == ("b_faq", made.row.id, hash_of(made.token))
    assert await bots.redeem(made.token + "x") is None
    assert await bots.redeem("\ud800") is None
    assert await bots.revoke(made.row.id) == admission
    assert await bots.redeem(made.token) is None
    assert await bots.still_good({admission.token_hash}) == set()
    with pytest.raises(Refused) as refused:
        await bots.revoke(made.row.id)
    assert refused.value.code is ErrorCode.NOT_FOUND
    (row,) = await bots.tokens("b_faq")
    assert (row.label, row.revoked_at) == ("laptop", house.clock.now())


async def test_a_token_is_stored_as_a_hash_and_told_to_nobody(house: People, bots: BotAccess):
    made = await bots.create(WORKSPACE, "b_faq", label="laptop", days=3)
    await bots.revoke(made.row.id, by="a_root")
    stored = await house.store.read(lambda tx: tx.all("SELECT * FROM bot_token") + tx.all("SELECT * FROM audit"))
    assert made.token[4:].encode() not in repr(stored).encode()
    rows = await house.store.read(audit.since)
    assert [(row.actor, row.action, row.target, dict(row.detail)) for row in rows if row.action.startswith("bot.")] == [
        ("owner", "bot.token_made", "b_faq", {"token": made.row.id, "label": "laptop", "days": 3}),
        ("a_root", "bot.token_revoked", "b_faq", {"token": made.row.id}),
    ]


async def test_a_token_ends_after_its_days(house: People, bots: BotAccess):
    made = await bots.create(WORKSPACE, "b_faq", days=2)
    house.clock.advance(2 * DAY_MS / 1000 - 1)
    assert await bots.redeem(made.token) is not None
    house.clock.advance(1)
    assert await bots.redeem(made.token) is None
    assert await bots.still_good({hash_of(made.token)}) == set()


async def test_that_it_is_used_is_noted_now_and_then(house: People, bots: BotAccess):
    made = await bots.create(WORKSPACE, "b_faq")
    seen = []
    for seconds in (0, 1, TOUCH_MS / 1000):
        house.clock.advance(seconds)
        await bots.redeem(made.token)
        seen += [row.used_at for row in await bots.tokens("b_faq")]
    begun = house.clock.now() - TOUCH_MS - 1000
    assert seen == [begun, begun, house.clock.now()]
    house.clock.advance(5)
    await bots.still_good({hash_of(made.token)})
    assert [row.used_at for row in await bots.tokens("b_faq")] == [house.clock.now()]


async def test_a_token_of_another_bot_is_none_of_this_one(bots: BotAccess):
    made = await bots.create(WORKSPACE, "b_faq")
    with pytest.raises(Refused):
        await bots.revoke(made.row.id, bot="b_other")
    assert await bots.redeem(made.token) is not None


@pytest.mark.parametrize(("label", "days", "field"), [("x" * 101, None, "label"), ("", 0, "days"), ("", 3651, "days")])
async def test_what_makes_no_sense_is_refused(bots: BotAccess, label, days, field):
    with pytest.raises(Refused) as refused:
        await bots.create(WORKSPACE, "b_faq", label=label, days=days)
    assert (refused.value.code, refused.value.field) == (ErrorCode.BAD_REQUEST, field)
    assert await bots.tokens("b_faq") == []


async def test_a_bot_has_so_many_tokens_at_a_time(bots: BotAccess):
    made = [await bots.create(WORKSPACE, "b_faq") for _ in range(MAX_TOKENS)]
    with pytest.raises(Refused) as refused:
        await bots.create(WORKSPACE, "b_faq")
    assert refused.value.code is ErrorCode.CONFLICT
    await bots.create(WORKSPACE, "b_other")
    await bots.revoke(made[0].row.id)
    await bots.create(WORKSPACE, "b_faq")


async def test_tokens_go_with_their_bot(house: People, bots: BotAccess):
    kept, gone = await bots.create(WORKSPACE, "b_faq"), await bots.create(WORKSPACE, "b_old")
    await house.store.write(lambda tx: bot_tokens.keep_only(tx, WORKSPACE, ["b_faq"]))
    assert await bots.redeem(gone.token) is None
    assert await bots.redeem(kept.token) is not None


async def test_a_ticket_opens_one_page_of_one_site_for_a_while(house: People, bots: BotAccess):
    ticket = bots.trial("b_faq", "shop")
    assert await bots.redeem_trial(ticket, "shop", "v_one") == "b_faq"
    assert await bots.redeem_trial(ticket, "shop", "v_two") is None
    elsewhere, late = bots.trial("b_faq", "shop"), bots.trial("b_faq", "shop")
    assert await bots.redeem_trial(elsewhere, "other", "v_one") is None
    house.clock.advance(TRIAL_SECONDS)
    assert await bots.redeem_trial(late, "shop", "v_one") is None
    assert await bots.redeem_trial(elsewhere, "shop", "v_one") is None
    assert await bots.redeem_trial(ticket, "shop", "v_one") == "b_faq"  # who has come may come back
    assert await bots.redeem_trial(ticket, "other", "v_one") is None


async def test_only_so_many_tickets_are_kept(bots: BotAccess):
    tickets = [bots.trial("b_faq", "shop") for _ in range(MAX_TRIALS + 1)]
    assert await bots.redeem_trial(tickets[0], "shop", "v_one") is None
    assert await bots.redeem_trial(tickets[1], "shop", "v_one") == "b_faq"
