"""What is asked over the API, and what the server does by itself: each as a scene of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import jwt
import orjson

from server.control import secrets_of_sites
from server.desk.stored import Stored
from server.store import privacy
from server.wire.codes import Refused
from tests.simulation.house import House
from tests.simulation.process import BEGINS
from tests.simulation.scenes import alone, bot_is_asked, come, talking
from tests.simulation.stage import Part, Scene, Stage, nothing

SCENES: list[Scene] = []
PASSWORD = "a good password"


def scene(
    *, given: Part = nothing, then: Part = nothing, bots: bool = False, parts: bool = False
) -> Callable[[Part], Part]:
    """As `scenes.scene`, in a house."""

    def note(when: Part) -> Part:
        name = getattr(when, "__name__", "")
        SCENES.append(Scene(name=name, given=given, when=when, then=then, bots=bots, parts=parts, process=House))
        return when

    return note


def house(it: Stage) -> House:
    assert isinstance(it.process, House)
    return it.process


# How it comes to that.


async def with_passwords(it: Stage) -> None:
    """Everybody has one; Ada is at two consoles."""
    await it.inside(house(it).operations.give_first_passwords(PASSWORD))
    it.ada = it.agent()
    it.visitor()


async def two_logins(it: Stage) -> None:
    """Ada is logged in a second time, and has that console open."""
    await with_passwords(it)
    process = house(it)
    login = await it.told(process.accounts.log_in(process.engine.directory.agent_ids["ada"]))
    it.second = it.agent("ada", token=login.token)
    it.passes(it.second)
    await it.loop.advance(0.1)
    ((_, row), *_) = await it.told(process.accounts.logins(process.engine.directory.agent_ids["ada"]))
    it.id = row.id


async def ada_passes(it: Stage) -> None:
    """Ada talks with Vera, and will be logged out for good."""
    await talking(it)
    await it.inside(house(it).operations.give_first_passwords(PASSWORD))
    it.passes(it.ada)


async def bot_passes(it: Stage) -> None:
    """A bot answers Vera, and will be sent away for good."""
    await bot_is_asked(it)
    it.passes(it.fay)
    process = house(it)
    (row,) = await it.told(process.bots.tokens(process.engine.directory.bot_ids["faq"]))
    it.id = row.id


async def told(it: Stage) -> None:
    """Vera and Ada have talked, and are done."""
    await talking(it)
    it.vera.want("message.send", conversation=it.c, text="My card is lost")
    await it.rest()
    it.ada.want("conversation.close", conversation=it.c)


async def vera_passes(it: Stage) -> None:
    """The same, and Vera will be erased."""
    await told(it)
    it.passes(it.vera)


async def vera_passes_while_she_talks(it: Stage) -> None:
    """Vera talks with Ada, and will be erased."""
    await talking(it)
    it.passes(it.vera)


async def signed(it: Stage) -> None:
    """The site signs its visitors' identities."""
    process = house(it)
    made = secrets_of_sites.ask(process.store, "demo", fresh=process.ids.secret, now=BEGINS)
    it.secret = await it.inside(made)
    await come(it)


async def keep_for_a_day(it: Stage) -> None:
    """Closed conversations are kept for a day."""
    body = orjson.dumps({"key": "demo", "name": "Demo", "default_department": "support", "retention_days": 1})
    assert await it.asks("putWorkspace", body=body) == 200


async def old(it: Stage) -> None:
    """What Vera and Ada said is old enough to go, and somebody else's erasure was cut off."""
    await told(it)
    it.leaves(it.vera)
    await keep_for_a_day(it)
    process = house(it)
    await it.inside(process.store.write(lambda tx: tx.run("UPDATE conversation SET closed_at = closed_at - 172800000")))
    await it.inside(process.store.write(lambda tx: tx.run("UPDATE visitor SET seen_at = seen_at - 172800000")))
    vito = it.visitor("vito")
    await it.rest()
    vito.want("conversation.start", department="support", text="Hello")
    await it.rest()
    it.passes(vito)
    await it.inside(process.store.write(lambda tx: privacy.begin(tx, vito.person, at=BEGINS)))


# Logging in and out.


@scene(given=with_passwords)
async def somebody_logs_in(it: Stage) -> None:
    body = orjson.dumps({"email": "ben@demo.example", "password": PASSWORD})
    assert await it.asks("login", who="", body=body) == 200


@scene(given=ada_passes)
async def an_agent_logs_out(it: Stage) -> None:
    await it.asks("logout", who="ada")


@scene(given=two_logins)
async def an_agent_ends_a_login(it: Stage) -> None:
    await it.asks("endLogin", who="ada", id=it.id)


@scene(given=two_logins)
async def an_agent_changes_their_password(it: Stage) -> None:
    body = orjson.dumps({"current": PASSWORD, "password": f"{PASSWORD}!"})
    await it.asks("changePassword", who="ada", body=body)


@scene(given=ada_passes)
async def an_admin_sets_a_password(it: Stage) -> None:
    assert await it.asks("setPassword", key="ada", body=orjson.dumps({"password": PASSWORD})) == 204


@scene(given=ada_passes)
async def an_admin_disables_and_enables_an_agent(it: Stage) -> None:
    assert await it.asks("disableAgent", key="ada") == 204
    assert await it.asks("enableAgent", key="ada") == 204


@scene(given=ada_passes)
async def an_admin_logs_an_agent_out(it: Stage) -> None:
    assert await it.asks("logOutAgent", key="ada") == 204


@scene(given=with_passwords)
async def a_console_comes_with_a_ticket(it: Stage) -> None:
    ben = it.agent("ben", token=await house(it).accounts.ticket(it.token("ben")))
    await it.loop.advance(0.1)
    ben.credentials["token"] = it.token("ben")
    await it.inside(house(it).accounts.ticket(it.token("ben")), name="rest")


async def long_ago(it: Stage) -> None:
    """Ada's login was last used a while ago."""
    await it.inside(house(it).store.write(lambda tx: tx.run("UPDATE token SET used_at = used_at - 700000")))


@scene(given=long_ago)
async def a_console_comes_after_a_while(it: Stage) -> None:
    it.agent()


@scene(given=come)
async def the_command_line_gives_logins(it: Stage) -> None:
    process = house(it)
    await it.inside(process.operations.give_first_passwords(PASSWORD), name="rest")
    await it.inside(process.accounts.log_in(process.engine.directory.agent_ids["ada"]), name="rest")


@scene(given=with_passwords)
async def what_is_read_of_logins(it: Stage) -> None:
    assert await it.asks("listAccounts") == 200
    assert await it.asks("listLogins") == 200


# Settings.


@scene(given=talking, parts=True)
async def an_agent_gets_another_name(it: Stage) -> None:
    body = {"name": "Ada Lovelace", "email": "ada@demo.example", "member": [{"department": "support"}]}
    assert await it.asks("putAgent", key="ada", body=orjson.dumps(body)) == 200


@scene(given=ada_passes)
async def an_agent_is_removed(it: Stage) -> None:
    await it.asks("deleteAgent", key="ada")


@scene(given=bot_passes, bots=True)
async def a_bot_is_removed(it: Stage) -> None:
    body = orjson.dumps({"name": "Support", "method": "average_utilization"})
    assert await it.asks("putDepartment", key="support", body=body) == 200
    await it.asks("deleteBot", key="faq")


# Bots.


@scene(given=bot_is_asked, bots=True)
async def a_token_is_made(it: Stage) -> None:
    assert await it.asks("createBotToken", key="faq", body=b"{}") == 201
    assert await it.asks("listBots") == 200


@scene(given=bot_passes, bots=True)
async def a_token_is_revoked(it: Stage) -> None:
    await it.asks("revokeBotToken", key="faq", id=it.id)


@scene(given=bot_is_asked, bots=True)
async def a_bot_is_tried_out(it: Stage) -> None:
    """A page that never learned whom its ticket let in is to be opened anew, as it says."""
    root = it.visitor("root", trial=trial(it))
    await it.loop.advance(2)
    if not root.identified:
        root.credentials["trial"] = trial(it)


def trial(it: Stage) -> str:
    process = house(it)
    return process.bots.trial(process.engine.directory.bot_ids["faq"], "demo")


async def tried_out(it: Stage) -> None:
    """Root tries the bot out, and has written to it."""
    await bot_is_asked(it)
    await a_bot_is_tried_out(it)
    await it.rest()
    root = it.clients[-1]
    root.want("conversation.start", department="support", text="Hello")
    await it.rest()
    house(it).bots._trials.clear()  # as after a restart


@scene(given=tried_out, bots=True)
async def who_tries_a_bot_out_comes_back(it: Stage) -> None:
    it.clients[-1].go(politely=False)


# Visitors.


@scene(given=signed)
async def a_visitor_comes_whom_the_site_vouches_for(it: Stage) -> None:
    claims = {"sub": "customer-7", "aud": "demo", "exp": BEGINS // 1000 + 600, "name": "Vito"}
    it.visitor("vito", identity=jwt.encode(claims, it.secret, algorithm="HS256"))


@scene(given=vera_passes)
async def a_visitor_is_erased(it: Stage) -> None:
    it.is_judged = False
    assert await it.asks("eraseVisitor", id=it.vera.person) == 200


@scene(given=vera_passes_while_she_talks)
async def a_visitor_is_erased_while_she_talks(it: Stage) -> None:
    it.is_judged = False
    assert await it.asks("eraseVisitor", "?force=1", id=it.vera.person) == 200


@scene(given=told)
async def what_is_read_of_visitors(it: Stage) -> None:
    assert await it.asks("findVisitors", "?email=vera@example.com") == 200
    assert await it.asks("exportVisitor", id=it.vera.person) == 200
    assert await it.asks("why", id=it.c) == 200
    assert await it.asks("route", body=b'{"text": "Hello"}') == 200
    assert await it.asks("promises") == 200
    await it.inside(house(it).gauges.kept(), name="rest")
    await it.inside(Stored(house(it).store).messages([it.c]), name="rest")


@scene(given=old)
async def what_is_old_is_counted(it: Stage) -> None:
    it.is_judged = False
    await it.inside(house(it).operations.privacy.remove_old(dry_run=True), name="rest")


@scene(given=keep_for_a_day)
async def two_ask_at_once(it: Stage) -> None:
    process = house(it)
    erasure, retention, day = process.operations.privacy.erasure, process.operations.privacy.retention, 86_400

    async def erase_nobody() -> None:
        with contextlib.suppress(Refused):
            await erasure.erase("v_nobody")

    work = [work() for _ in range(2) for work in (retention.remove, erasure.resume, erase_nobody)]
    begun = [
        it.begin(each, name="rest") for each in (*work, process.promises.report(day), process.promises.report(day))
    ]
    await it.until(lambda: all(task.done() for task in begun))


# What the server does by itself.


@scene(given=alone, parts=True)
async def a_visitor_is_told_their_place(it: Stage) -> None:
    it.vera.want("conversation.start", department="support", text="Hello")
    await it.loop.advance(3)


@scene(given=bot_is_asked, bots=True, parts=True)
async def logins_are_looked_at(it: Stage) -> None:
    await it.loop.advance(31)


@scene(given=old, parts=True)
async def what_is_old_is_removed_when_the_server_starts(it: Stage) -> None:
    it.is_judged = False
    it.restart()


@scene(given=talking)
async def the_server_sees_everybody_off(it: Stage) -> None:
    process = house(it)
    await it.inside(process.house.drain(), name="rest")
    process.house.draining = False
