"""A thousand wrong logins: few of them are looked at, all are answered alike, and nobody else has to wait."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from itertools import pairwise

import pytest

from server.desk.accounts import hash_of
from server.store import audit
from server.wire.codes import Refused
from tests.support.people import PASSWORD, People, people

ATTEMPTS = 1_000


@pytest.fixture
async def house(tmp_path) -> AsyncIterator[People]:
    async with people(tmp_path) as made:
        yield made


@pytest.fixture
def checks(house: People, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hash of each check that was made; none costs anything."""
    made: list[str] = []

    def verify(_password: str, hashed: str) -> bool:
        made.append(hashed)
        return False

    monkeypatch.setattr(house.passwords, "_verify", verify)
    return made


async def guess(house: People, name: str, address: str) -> tuple[str, str, int | None]:
    with pytest.raises(Refused) as caught:
        await house.accounts.login(f"{name}@demo.example", "wrong", address)
    return caught.value.code, caught.value.message, caught.value.retry_after_ms


async def attack(house: People, name: str, address: Callable[[int], str]) -> list[tuple[str, str, int | None]]:
    """One a second."""
    answers = []
    for number in range(ATTEMPTS):
        answers.append(await guess(house, name, address(number)))
        house.clock.advance(1)
    return answers


WAYS: dict[str, Callable[[int], str]] = {
    "one address": lambda _number: "192.0.2.1",
    "many addresses": lambda number: f"198.51.{number // 250}.{number % 250}",
    "one household of IPv6": lambda number: f"2001:db8::{number:x}",
}


@pytest.mark.parametrize("way", WAYS)
async def test_few_are_looked_at_and_known_and_unknown_are_answered_alike(house: People, checks: list[str], way: str):
    known = await attack(house, "ada", WAYS[way])
    # Ten for nothing, then 1, 2, 4 … 60 seconds apart.
    looked_at = len(checks)
    assert looked_at <= 10 + 6 + ATTEMPTS // 60 + 1
    house.clock.advance(3600)
    unknown = await attack(house, "nobody", WAYS[way])
    assert known == unknown
    assert len(checks) == 2 * looked_at
    assert set(Counter(code for code, _, _ in known)) == {"unauthorised", "rate_limited"}
    # The owner of the account is kept waiting a minute at the most, wherever they are.
    assert max(wait or 0 for _, _, wait in known) <= 60_000
    rows = [row for row in await house.store.read(audit.since) if row.action == "login.failed"]
    assert 0 < len(rows) <= 2 * (ATTEMPTS // 60 + 1)
    assert all(one.number < other.number for one, other in pairwise(rows))


async def test_one_address_cannot_try_a_thousand_names(house: People, checks: list[str]):
    for number in range(ATTEMPTS):
        await guess(house, f"name{number}", f"2001:db8::{number:x}")
        house.clock.advance(1)
    assert len(checks) <= 30 + 9 + ATTEMPTS // 300


async def test_nobody_waits_for_a_check(house: People, monkeypatch: pytest.MonkeyPatch):
    """While every thread is busy with a password, whoever is logged in is served."""
    token = (await house.accounts.login("ada@demo.example", PASSWORD, "192.0.2.1")).token
    go_on = threading.Event()
    monkeypatch.setattr(house.passwords, "_verify", lambda *_: go_on.wait(30) and False)
    guesses = [asyncio.ensure_future(guess(house, f"n{number}", f"192.0.2.{number}")) for number in range(20)]
    for _ in range(100):
        admission = await house.accounts.redeem(token)
        assert admission is not None
        assert admission.token_hash == hash_of(token)
    assert not any(each.done() for each in guesses)
    go_on.set()
    assert {code for code, _, _ in await asyncio.gather(*guesses)} == {"unauthorised"}
