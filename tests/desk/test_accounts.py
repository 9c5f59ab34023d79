"""Logins, tokens and tickets on a real database, with a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.desk.accounts import Accounts, Login, hash_of
from server.desk.passwords import MAX_WAITING, Passwords
from server.store import accounts as rows
from server.store import audit
from server.store.base import StoreUnavailable
from server.wire.codes import ErrorCode, Refused
from tests.support.clock import FakeClock
from tests.support.people import CHEAP, PASSWORD, People, people

HERE = "192.0.2.1"


@pytest.fixture
async def house(tmp_path) -> AsyncIterator[People]:
    async with people(tmp_path) as made:
        yield made


async def login(house: People, password: str = PASSWORD, name: str = "ada", address: str = HERE) -> Login:
    return await house.accounts.login(f"{name}@demo.example", password, address)


async def refused(house: People, *args: str, **kwargs: str) -> Refused:
    with pytest.raises(Refused) as caught:
        await login(house, *args, **kwargs)
    return caught.value


async def test_a_login_gives_a_token_that_is_good(house):
    made = await login(house)
    admission = await house.accounts.redeem(made.token)
    assert ("a_ada", hash_of(made.token)) == (admission.agent, admission.token_hash)
    again = await house.accounts.redeem(made.token)
    assert admission == again


async def test_the_address_is_taken_as_people_type_it(house):
    assert "a_ada" == (await house.accounts.login("  Ada@Demo.EXAMPLE ", PASSWORD, HERE)).agent


async def test_no_token_is_stored_as_it_is(house):
    made = await login(house)
    stored = await house.store.read(lambda tx: tx.all("SELECT * FROM token"))
    assert made.token not in repr(stored)
    assert made.token.encode() not in [value for row in stored for value in row]


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong"), ("ada", ""), ("nobody", PASSWORD), ("cleo", PASSWORD), ("cleo", "nobody")]
)
async def test_every_refusal_says_the_same_and_costs_a_check(house, monkeypatch, name, password):
    checks: list[str] = []
    verify = house.passwords._verify

    def count(password: str, password_hash: str) -> bool:
        checks.append(password_hash)
        return bool(verify(password, password_hash))

    monkeypatch.setattr(house.passwords, "_verify", count)
    answer = await refused(house, password, name)
    assert (ErrorCode.UNAUTHORISED, "The e-mail address or the password is wrong.") == (answer.code, answer.message)
    assert 1 == len(checks)


async def test_a_disabled_agent_is_refused_like_anybody_and_all_is_over_at_once(house):
    made = await login(house)
    ticket = await house.accounts.ticket(made.token)
    await house.accounts.disable("a_ada")
    assert ErrorCode.UNAUTHORISED is (await refused(house)).code
    assert [None, None] == [await house.accounts.redeem(each) for each in (made.token, ticket)]
    await house.accounts.enable("a_ada")
    assert await house.accounts.redeem(made.token) is None
    assert "a_ada" == (await login(house)).agent


async def test_a_new_password_ends_every_login(house):
    logins = [await login(house) for _ in range(3)]
    other = await login(house, name="ben")
    await house.accounts.set_password("a_ada", "battery staple")
    assert [None] * 3 == [await house.accounts.redeem(each.token) for each in logins]
    assert await house.accounts.redeem(other.token) is not None
    assert ErrorCode.UNAUTHORISED is (await refused(house)).code
    assert "a_ada" == (await login(house, "battery staple")).agent


async def test_ones_own_password_ends_every_other_login(house):
    mine, other = await login(house), await login(house)
    admission = await house.accounts.redeem(mine.token)
    ended = await house.accounts.change_password(admission, PASSWORD, "battery staple")
    assert [hash_of(other.token)] == [each.token_hash for each in ended]
    assert await house.accounts.redeem(mine.token) == admission
    assert await house.accounts.redeem(other.token) is None
    assert ErrorCode.UNAUTHORISED is (await refused(house)).code
    assert "a_ada" == (await login(house, "battery staple")).agent
    log = await house.store.read(audit.since)
    assert ("a_ada", "agent.password", "a_ada") in [(row.actor, row.action, row.target) for row in log]


async def test_ones_own_password_asks_for_the_present_one_and_not_for_ever(house):
    admission = await house.accounts.redeem((await login(house)).token)
    codes = []
    for _ in range(11):
        with pytest.raises(Refused) as caught:
            await house.accounts.change_password(admission, "a guess", "battery staple")
        codes.append((caught.value.code, caught.value.field))
    assert codes == [(ErrorCode.BAD_REQUEST, "current")] * 10 + [(ErrorCode.RATE_LIMITED, None)]
    house.clock.advance(3600)
    assert "a_ada" == (await login(house)).agent


async def test_a_password_set_by_an_admin_meanwhile_stays(house, monkeypatch):
    admission = await house.accounts.redeem((await login(house)).token)
    fits = house.passwords.fits

    async def slowly(password: str, password_hash: str | None) -> bool:
        found = bool(await fits(password, password_hash))
        await house.accounts.set_password("a_ada", "an admin's choice")
        return found

    monkeypatch.setattr(house.passwords, "fits", slowly)
    with pytest.raises(Refused) as caught:
        await house.accounts.change_password(admission, PASSWORD, "battery staple")
    assert ErrorCode.UNAUTHORISED is caught.value.code
    monkeypatch.undo()
    assert "a_ada" == (await login(house, "an admin's choice")).agent


async def test_a_password_changed_while_somebody_logs_in_makes_that_login_void(house):
    account = await house.store.read(lambda tx: rows.by_agent(tx, "a_ada"))
    await house.accounts.set_password("a_ada", "battery staple")
    late = await house.accounts._remember(account, by="a_ada")
    assert await house.accounts.redeem(late.token) is None


async def test_a_logout_ends_one_login(house):
    one, other = await login(house), await login(house)
    admission = await house.accounts.logout(one.token)
    assert ("a_ada", hash_of(one.token)) == (admission.agent, admission.token_hash)
    assert await house.accounts.redeem(one.token) is None
    assert await house.accounts.redeem(other.token) is not None
    assert await house.accounts.logout(one.token) is None


async def test_a_token_ends_after_thirty_days_and_is_forgotten(house):
    made = await login(house)
    for _ in range(4):
        house.clock.advance(7 * 86_400 - 1)
        assert await house.accounts.redeem(made.token) is not None
    house.clock.advance(2 * 86_400 + 3)
    assert await house.accounts.redeem(made.token) is not None
    house.clock.advance(1)
    assert await house.accounts.redeem(made.token) is None
    await login(house)
    assert [(1,)] == await house.store.read(lambda tx: tx.all("SELECT count(*) FROM token"))


async def test_a_token_that_nobody_uses_ends_after_a_week(house):
    made = await login(house)
    house.clock.advance(7 * 86_400 - 1)
    assert await house.accounts.holder(made.token) is not None  # this counts as use
    house.clock.advance(7 * 86_400 - 1)
    assert await house.accounts.holder(made.token) is not None
    house.clock.advance(7 * 86_400)
    assert await house.accounts.holder(made.token) is None
    assert await house.accounts.logins("a_ada") == []


async def test_an_open_socket_is_use(house):
    kept, left = await login(house), await login(house)
    house.clock.advance(6 * 86_400)
    assert await house.accounts.still_good({hash_of(kept.token), b"nobody's"}) == {hash_of(kept.token)}
    house.clock.advance(2 * 86_400)
    assert await house.accounts.still_good({hash_of(kept.token), hash_of(left.token)}) == {hash_of(kept.token)}


async def test_who_is_logged_in_where_is_listed_and_ended_one_by_one(house):
    first = await house.accounts.login("ada@demo.example", PASSWORD, "192.0.2.77", client="Mozilla/5.0 " + "x" * 300)
    house.clock.advance(5)
    second = await login(house, address="2001:db8:1:2::3")
    (hash_2, two), (hash_1, one) = await house.accounts.logins("a_ada")
    assert (hash_of(first.token), hash_of(second.token)) == (hash_1, hash_2)
    assert (one.address, two.address) == ("192.0.2.0/24", "2001:db8:1::/48")
    assert (one.client[:11], len(one.client), two.client) == ("Mozilla/5.0", 200, "")
    assert await house.accounts.logins("a_ben") == []

    ended = await house.accounts.end_login("a_ada", one.id)
    assert (ended.agent, ended.token_hash) == ("a_ada", hash_of(first.token))
    assert await house.accounts.redeem(first.token) is None
    assert await house.accounts.redeem(second.token) is not None


async def test_another_agents_login_is_as_if_it_were_not_there(house):
    mine = await login(house)
    ((_, row),) = await house.accounts.logins("a_ada")
    answers = []
    for login_id in (row.id, "l_nothing"):
        with pytest.raises(Refused) as caught:
            await house.accounts.end_login("a_ben", login_id)
        answers.append((caught.value.code, caught.value.message))
    assert answers[0] == answers[1]
    assert answers[0][0] is ErrorCode.NOT_FOUND
    assert await house.accounts.redeem(mine.token) is not None


async def test_logging_somebody_out_ends_all_their_logins_and_no_other(house):
    one, other, bens = await login(house), await login(house), await login(house, name="ben")
    await house.accounts.log_out("a_ada", by="a_root")
    good = [await house.accounts.redeem(each.token) for each in (one, other, bens)]
    assert [each is not None for each in good] == [False, False, True]
    assert await house.accounts.redeem((await login(house)).token) is not None


async def recorded(house: People) -> list[tuple[str, str, str]]:
    await house.store.write(lambda _tx: None)  # after what is still in the queue
    rows = await house.store.read(audit.since)
    return [(row.actor, row.action, row.target) for row in rows]


async def test_what_is_done_is_recorded(house):
    before = len(await recorded(house))
    made = await login(house)
    await house.accounts.logout(made.token)
    await house.accounts.logout(made.token)  # there is nothing left to end
    await house.accounts.set_password("a_ada", PASSWORD, by="a_root")
    await house.accounts.disable("a_ada", by="a_root")
    await house.accounts.enable("a_ada")
    await house.accounts.log_out("a_ada")
    assert (await recorded(house))[before:] == [
        ("a_ada", "login", "a_ada"),
        ("a_ada", "logout", "a_ada"),
        ("a_root", "agent.password", "a_ada"),
        ("a_root", "agent.disabled", "a_ada"),
        ("owner", "agent.enabled", "a_ada"),
        ("owner", "agent.logged_out", "a_ada"),
    ]
    assert (await house.store.read(audit.verify)).wrong is None


@pytest.mark.parametrize(("how", "kept"), [("full", "192.0.2.77"), ("none", "")])
async def test_how_much_of_an_address_is_kept_is_a_setting(house, how, kept):
    house.accounts.addresses = lambda: how
    await refused(house, "wrong", address="192.0.2.77")
    await login(house, address="192.0.2.77")
    assert [seen.address for _, seen in await house.accounts.logins("a_ada")] == [kept]
    await recorded(house)
    details = [row.detail.get("address", "") for row in await house.store.read(audit.since) if "login" in row.action]
    assert details == [kept, kept]


async def test_failed_logins_are_recorded_without_what_was_typed_and_not_without_end(house):
    before = len(await recorded(house))
    for name in ("ada", "ada", "hunter2-is-my-password", "nobody"):
        await refused(house, "wrong", name)
    assert (await recorded(house))[before:] == [("", "login.failed", "a_ada"), ("", "login.failed", "")]
    house.clock.advance(60)
    await refused(house, "wrong")
    await recorded(house)
    rows = await house.store.read(audit.since)
    assert rows[-1].detail == {"address": "192.0.2.0/24", "unrecorded": 1}
    assert "hunter2" not in repr(rows)
    assert "wrong" not in repr(rows)


async def test_a_login_without_a_password_is_a_login(house):
    made = await house.accounts.log_in("a_cleo")
    assert "a_cleo" == (await house.accounts.redeem(made.token)).agent
    await house.accounts.disable("a_cleo")
    for agent in ("a_cleo", "a_nobody"):
        with pytest.raises(Refused) as caught:
            await house.accounts.log_in(agent)
        assert ErrorCode.NOT_FOUND is caught.value.code


async def test_whoever_is_not_there_cannot_be_changed(house):
    for work in (
        house.accounts.set_password("a_nobody", "x"),
        house.accounts.disable("a_nobody"),
        house.accounts.enable("a_nobody"),
    ):
        with pytest.raises(Refused) as caught:
            await work
        assert ErrorCode.NOT_FOUND is caught.value.code


# Tickets.


async def test_a_ticket_opens_one_socket(house):
    made = await login(house)
    ticket = await house.accounts.ticket(made.token)
    admission = await house.accounts.redeem(ticket)
    assert ("a_ada", hash_of(made.token)) == (admission.agent, admission.token_hash)
    assert await house.accounts.redeem(ticket) is None


async def test_a_ticket_is_good_for_half_a_minute(house):
    made = await login(house)
    tickets = [await house.accounts.ticket(made.token) for _ in range(2)]
    house.clock.advance(29.9)
    assert await house.accounts.redeem(tickets[0]) is not None
    house.clock.advance(0.1)
    assert await house.accounts.redeem(tickets[1]) is None


async def test_a_ticket_is_no_good_after_the_logout(house):
    made = await login(house)
    ticket = await house.accounts.ticket(made.token)
    await house.accounts.logout(made.token)
    assert await house.accounts.redeem(ticket) is None
    with pytest.raises(Refused) as caught:
        await house.accounts.ticket(made.token)
    assert ErrorCode.UNAUTHORISED is caught.value.code


async def test_tickets_are_bounded(house, monkeypatch):
    monkeypatch.setattr("server.desk.accounts.MAX_TICKETS", 3)
    made = await login(house)
    tickets = [await house.accounts.ticket(made.token) for _ in range(5)]
    assert [False, False, True, True, True] == [await house.accounts.redeem(each) is not None for each in tickets]


@pytest.mark.parametrize("credential", ["", "x", "ticket.", "ticket.x", "\ud800", "a" * 4096, "' OR 1=1 --", "\x00"])
async def test_nonsense_is_nobodys(house, credential):
    assert await house.accounts.redeem(credential) is None
    assert await house.accounts.logout(credential) is None


# Guessing.


async def test_ten_attempts_are_free_then_each_one_waits_longer(house):
    for _ in range(10):
        assert ErrorCode.UNAUTHORISED is (await refused(house, "wrong")).code
    waits = []
    for _ in range(9):
        answer = await refused(house)
        assert ErrorCode.RATE_LIMITED is answer.code
        assert answer.retry_after_ms is not None
        waits.append(answer.retry_after_ms)
        house.clock.advance(answer.retry_after_ms / 1000)
        assert ErrorCode.UNAUTHORISED is (await refused(house, "wrong")).code
    assert [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000] == waits


async def test_who_waits_and_then_knows_it_starts_anew(house):
    for _ in range(12):
        await refused(house, "wrong")
    house.clock.advance(60)
    assert "a_ada" == (await login(house)).agent
    for _ in range(10):
        assert ErrorCode.UNAUTHORISED is (await refused(house, "wrong")).code


async def test_a_guesser_elsewhere_does_not_keep_other_agents_out(house):
    for _ in range(12):
        await refused(house, "wrong", address="198.51.100.7")
    assert "a_ben" == (await login(house, name="ben")).agent


async def test_one_address_cannot_try_everybody(house):
    codes = [(await refused(house, "wrong", f"name{n}")).code for n in range(31)]
    assert [ErrorCode.UNAUTHORISED] * 30 + [ErrorCode.RATE_LIMITED] == codes
    assert "a_ada" == (await login(house, address="198.51.100.7")).agent


async def test_an_office_behind_one_address_logs_in_all_morning(house):
    for n in range(100):
        await login(house, name=("ada", "ben")[n % 2])


async def test_a_guesser_with_an_account_gains_nothing_by_logging_in(house):
    for n in range(29):
        await refused(house, "wrong", f"name{n}")
        await login(house)
    await refused(house, "wrong", "name30")
    assert ErrorCode.RATE_LIMITED is (await refused(house)).code


async def test_many_attempts_at_once_gain_nothing(house):
    answers = await asyncio.gather(*(refused(house, "wrong") for _ in range(40)))
    assert 10 == sum(answer.code is ErrorCode.UNAUTHORISED for answer in answers)


async def test_too_many_at_once_are_asked_to_wait(house, monkeypatch):
    house.passwords._waiting = MAX_WAITING
    answer = await refused(house)
    assert ErrorCode.UNAVAILABLE is answer.code


async def test_a_name_of_any_length_is_kept_short(house):
    await refused(house, name="x" * 100_000)
    assert max(map(len, house.accounts._by_account._attempts)) < 300


async def test_a_password_of_any_length_is_refused_quickly(house):
    assert ErrorCode.UNAUTHORISED is (await refused(house, "x" * 1_000_000)).code
    with pytest.raises(Refused) as caught:
        await house.accounts.set_password("a_ada", "x" * 1025)
    assert ("password", ErrorCode.BAD_REQUEST) == (caught.value.field, caught.value.code)


class Down:
    """A database that cannot be reached."""

    async def read(self, _transaction: Any) -> Any:
        raise StoreUnavailable

    async def write(self, _transaction: Any) -> Any:
        raise StoreUnavailable


async def test_without_a_database_people_are_asked_to_try_again():
    passwords = Passwords(CHEAP)
    accounts = Accounts(Down(), clock=FakeClock(), random_bytes=bytes, passwords=passwords)  # type: ignore[arg-type]
    for work in (accounts.login("a@b", "p", HERE), accounts.redeem("t"), accounts.logout("t"), accounts.ticket("t")):
        with pytest.raises(Refused) as caught:
            await work
        assert ErrorCode.UNAVAILABLE is caught.value.code
    passwords.close()


async def test_the_real_cost_is_what_owasp_asks_for():
    passwords = Passwords()
    made = await passwords.hash("x")
    passwords.close()
    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
