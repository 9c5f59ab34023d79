"""What can be done to an installation, in one place: by a running server and, without one, by the command itself.

Settings change only through the engine, in one commit with what the router makes of them: a conversation of an agent
who is removed goes back to its line by the same code whether anybody is connected or not. Only where there is no
workspace yet there is no router to ask, and the settings are simply written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from server.clock import Clock, SystemClock
from server.control import recording, secrets_of_sites, traffic
from server.control.bots import Bots
from server.control.failure import Failure
from server.control.privacy import LeaveNoTrace, Privacy, leave_it
from server.control.sockets import NoSockets, Sockets
from server.desk import administration
from server.desk.accounts import Accounts
from server.desk.administration import Also
from server.desk.bot_access import BotAccess
from server.desk.bot_overview import BotOverview
from server.desk.directory import Directory
from server.desk.dry_run import DryRun
from server.desk.engine import Engine
from server.desk.identity import AgentIdentity
from server.desk.ids import Ids
from server.desk.job import Done, Job, Step
from server.desk.promises import Promises, Report
from server.desk.reasons import Reasons
from server.settings.change import Change, changes, named_bots, with_named_bots
from server.settings.check import check
from server.settings.dump import dump, literal
from server.settings.form import nearest
from server.settings.plan import plan
from server.settings.problem import Problem, SettingsError
from server.settings.workspace import Agent, Bot, WorkspaceFile
from server.store import accounts, audit, conversations, workspaces
from server.store.base import Row, Store, Tx
from server.wire.codes import Refused
from server.wire.reasons import RouteAnswer, RouteBody, WhyAnswer

MIN_PASSWORD = 8


StartEngine = Callable[[], Awaitable[Engine | None]]
"""Brings the router to life, once there is a workspace for it."""


BackUp = Callable[[Path], Awaitable[None]]
"""Copies the database to a file; raises `StoreError`."""


Make = Callable[[WorkspaceFile], WorkspaceFile]
"""The settings as they are to be, from those that are; may raise whatever the caller wants to hear of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What a change of settings came to, or would come to: with `problems`, it is not made."""

    before: WorkspaceFile
    after: WorkspaceFile
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...] = ()


class Operations:
    """Everything an installation can be asked for by its owner.

    Args:
        store: the database.
        accounts: passwords and logins, over the same store.
        bot_access: the tokens of bots, the same.
        ids: for what comes new.
        engine: the running one, if there is one.
        start_engine: asked for one when settings are to change and none is running.
        sockets: who is connected.
        bot_overview: how the bots do, where there is a server.
        clock: the engine's.
        back_up: copies the database, where there is a server to do it beside its work.
        leave_no_trace: has the database's files written anew.
        any_origin: whether a site may let every origin in ("*"), as in the demo.
    """

    def __init__(  # noqa: PLR0913 - the seams it stands between
        self,
        *,
        store: Store,
        accounts: Accounts,
        bot_access: BotAccess,
        ids: Ids,
        engine: Engine | None = None,
        start_engine: StartEngine | None = None,
        sockets: Sockets | None = None,
        bot_overview: BotOverview | None = None,
        clock: Clock | None = None,
        back_up: BackUp | None = None,
        leave_no_trace: LeaveNoTrace = leave_it,
        any_origin: bool = False,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._ids = ids
        self._engine = engine
        self._start_engine = start_engine
        self._sockets: Sockets = sockets or NoSockets()
        self._clock: Clock = clock or SystemClock()
        self._back_up = back_up
        self._any_origin = any_origin
        self.privacy = Privacy(
            store=store,
            clock=self._clock,
            engine=self._brought_to_life,
            pages=self._sockets,
            leave_no_trace=leave_no_trace,
        )
        self.bots = Bots(
            store=store,
            access=bot_access,
            overview=bot_overview,
            sockets=self._sockets,
            settings=self,
            clock=self._clock,
            running=self._running,
        )
        self._promises: Promises | None = None
        # Settings are read, changed and written by one at a time.
        self._settling = asyncio.Lock()

    # Settings.

    async def current(self) -> WorkspaceFile | None:
        """The workspace as it is, None if there is none yet."""
        return await self._store.read(administration.read)

    async def export(self) -> str:
        """The workspace as the text of a file: applied, it changes nothing."""
        return dump(await self._workspace())

    async def apply(
        self,
        text: str,
        *,
        prune: bool = False,
        dry_run: bool = False,
        expected: tuple[str, ...] | None = None,
        by: str = audit.OWNER,
    ) -> tuple[str, ...]:
        """Put the text of a file onto the workspace, all of it or nothing; the lines that say what that changes.

        Raises:
            SettingsError: the text, or the workspace it would make, is not sound.
            Failure: the changes are not those that were expected.
        """
        async with self._settling:
            current = await self.current()
            # A large file takes its time, and nobody else is to wait for it.
            found = await asyncio.to_thread(plan, text, current=current, prune=prune, any_origin=self._any_origin)
            lines = tuple(change.describe() for change in found.changes)
            if expected is not None and lines != expected:
                raise Failure("The settings were changed meanwhile, so nothing was done. Look at the changes again.")
            if lines and not dry_run:
                await self._settle(found.workspace, self._recorded(current, found.workspace, found.changes, by))
            return lines

    async def revise(self, make: Make, *, dry_run: bool = False, by: str = audit.OWNER) -> Revised:
        """Change the settings by this function, all of it or nothing. Nobody else changes them meanwhile.

        Raises:
            SettingsError: the workspace it would make is not sound (of a dry run, the problems are told instead).
            Failure: there is no workspace.
        """
        async with self._settling:
            before = await self._workspace()
            # As above: checks take their time.
            found = await asyncio.to_thread(self._revised, before, make)
            if found.problems and not dry_run:
                raise SettingsError.of(found.problems)
            if found.changes and not dry_run:
                await self._settle(found.after, self._recorded(before, found.after, found.changes, by))
            return found

    async def found(self, file: WorkspaceFile, password: tuple[str, str] | None = None) -> None:
        """Create the workspace; `password` is an agent's key and what they log in with.

        Raises:
            Failure: there is one already, or it would not be sound.
        """
        async with self._settling:
            current = await self.current()
            if current is not None:
                raise Failure(
                    f"There is a workspace already, {literal(current.workspace.key)}: change it with "
                    '"frontdesk apply", or choose another --data.'
                )
            file = with_named_bots(file)
            self._insist_sound(file)
            recorded = self._recorded(None, file, (), audit.OWNER)
            await self._settle(file, recorded, await self._with_password(*password) if password else _nothing_more)

    async def add_bot(self, bot: Bot, *, by: str = audit.OWNER) -> bool:
        """Whether there was no bot of this key, and now there is; raises `SettingsError` and `Failure`."""

        def make(before: WorkspaceFile) -> WorkspaceFile:
            there = any(each.key == bot.key for each in before.bots)
            return before if there else msgspec.structs.replace(before, bots=(*before.bots, bot))

        return bool((await self.revise(make, by=by)).changes)

    # Agents.

    async def add_agent(self, agent: Agent, password: str | None = None) -> None:
        """Raises `Failure` when the key is taken or the workspace would not be sound."""
        async with self._settling:
            current = await self._workspace()
            if any(one.key == agent.key for one in current.agents):
                raise Failure(f"There is an agent {literal(agent.key)} already.")
            whole = msgspec.structs.replace(current, agents=(*current.agents, agent))
            self._insist_sound(whole)
            await self._settle(
                whole,
                self._recorded(current, whole, changes(current, whole), audit.OWNER),
                _nothing_more if password is None else await self._with_password(agent.key, password),
            )

    async def set_password(self, agent: str, password: str, *, by: str = audit.OWNER) -> None:
        """Every login of the agent ends. Raises `Failure` for an unknown key or a password that is too short."""
        _insist_long(password)
        found = await self._agent(agent)
        await self._accounts.set_password(found, password, by=by)
        self._sockets.close_agent(found)

    async def give_first_passwords(self, password: str) -> None:
        """To everybody who has none yet: one hash for all, since each costs tens of milliseconds."""
        workspace, rows = await self._store.read(_accounts)
        if any(row.password is None for row in rows):
            hashed = await self._accounts.hash(password)
            await self._store.write(lambda tx: accounts.give_first_password(tx, workspace, hashed))

    async def disable(self, agent: str, *, by: str = audit.OWNER) -> None:
        """Every login of the agent ends, and none is given. Raises `Failure` for an unknown key."""
        found = await self._agent(agent)
        await self._accounts.disable(found, by=by)
        self._sockets.close_agent(found)

    async def enable(self, agent: str, *, by: str = audit.OWNER) -> None:
        """The agent may log in again. Raises `Failure` for an unknown key."""
        await self._accounts.enable(await self._agent(agent), by=by)

    async def log_out(self, agent: str, *, by: str = audit.OWNER) -> None:
        """Every login of the agent ends; they may log in again. Raises `Failure` for an unknown key."""
        found = await self._agent(agent)
        await self._accounts.log_out(found, by=by)
        self._sockets.close_agent(found)

    async def shut_out(self) -> dict[str, str]:
        """By the key of each agent, what keeps them from logging in ("disabled", "no password"), or nothing."""
        file = await self._workspace()
        _, rows = await self._store.read(_accounts)
        by_email = {row.email: row for row in rows}
        return {agent.key: _shut(by_email.get(agent.email.lower())) for agent in file.agents}

    async def agents(self) -> tuple[str, ...]:
        """For each agent: key, name, address, role, departments, what keeps them from logging in; with tabs between."""
        shut = await self.shut_out()
        return tuple(_agent_line(agent, shut.get(agent.key, "")) for agent in (await self._workspace()).agents)

    # Routing.

    async def why(self, conversation: str, *, reader: AgentIdentity | None = None) -> WhyAnswer:
        """Every decision about a conversation; without a server, nobody knows why it still waits.

        ``reader``: who asks; None is the owner. Raises `Refused`: not there, or not theirs to read.
        """
        return await Reasons(store=self._store, engine=self._engine).why(conversation, reader)

    async def route(self, body: RouteBody) -> RouteAnswer:
        """What a visitor's start would come to now. Raises `Refused`, and `Failure` without a server."""
        engine = self._running()
        return await DryRun(engine).route(body, now=max(engine.now(), self._clock.now()))

    async def trace(self, *, since: int) -> str:
        """The recorded traffic since then, as `server.lab.traces` has it. Raises `Failure` when there is none."""
        return await traffic.trace(self._store, since=since)

    async def promises(self, window_s: int) -> Report:
        """How well the waits were kept that were promised in this time (of `WINDOWS_S`).

        Raises `StoreUnavailable`, and `Failure` without a server.
        """
        engine = self._running()
        if self._promises is None:
            self._promises = Promises(store=self._store, clock=self._clock, directory=lambda: engine.directory)
        return await self._promises.report(window_s)

    # Sites.

    async def site_secret(self, site: str, *, rotate: bool = False, end: str = "") -> str:
        """As `requests.SiteSecret` says. Raises `Failure` for an unknown site."""
        known = [one.key for one in (await self._workspace()).sites]
        if site not in known:
            raise Failure(f"There is no site {literal(site)}{nearest(site, known) or '.'}")
        return await secrets_of_sites.ask(
            self._store, site, fresh=self._ids.secret, now=self._clock.now(), rotate=rotate, end=end
        )

    async def open_conversations(self, *, limit: int) -> tuple[Directory, list[Row]]:
        """The newest open conversations, and who is who. Raises `Failure` without a server."""
        directory = self._running().directory
        workspace = directory.workspace_id
        return directory, await self._store.read(lambda tx: conversations.open_ones(tx, workspace, limit=limit))

    # What was done.

    async def audited(self, *, since: int = 0, after: int = 0, limit: int = 1000) -> list[audit.AuditRow]:
        """The audit log from that moment (and number) on, at most so many rows."""
        return await self._store.read(lambda tx: audit.since(tx, at=since, after=after, limit=limit))

    async def verify_audit(self) -> audit.Verdict:
        """Whether the audit log is as it was written."""
        return await self._store.read(audit.verify)

    # The database as a whole.

    async def back_up(self, file: Path) -> None:
        """Copy the database to this file, replacing one of that name, while everything goes on.

        Raises `StoreError`: it could not be written; `Failure` without a server.
        """
        if self._back_up is None:
            raise Failure("This asks a running server for a copy, so it needs one.")
        await self._back_up(file)
        # Whoever has the copy has everything in it.
        now = self._clock.now()
        await self._store.write(
            lambda tx: audit.append(tx, at=now, actor=audit.OWNER, action="database.backed_up", target=file.name)
        )

    # How it is done.

    def _running(self) -> Engine:
        if self._engine is None:
            raise Failure("This asks how things stand now, so it needs a running server.")
        return self._engine

    async def _workspace(self) -> WorkspaceFile:
        current = await self.current()
        if current is None:
            raise Failure('There is no workspace here yet. Run "frontdesk init" first, or choose another --data.')
        return current

    async def _agent(self, key: str) -> str:
        """The id of the agent of that key."""

        def find(tx: Tx) -> dict[str, str]:
            row = workspaces.find(tx)
            rows = [] if row is None else workspaces.settings(tx, row.id)
            return {one.key: one.id for one in rows if one.kind == "agent"}

        known = await self._store.read(find)
        if key not in known:
            raise Failure(f"There is no agent {literal(key)}{nearest(key, known) or '.'}")
        return known[key]

    def _revised(self, before: WorkspaceFile, make: Make) -> Revised:
        after = make(before)
        # A bot that is named for the first time comes with its name; one that was there is not put back in silence.
        if new := frozenset(named_bots(after)) - {bot.key for bot in before.bots}:
            after = with_named_bots(after, only=new)
        problems = check(after, any_origin=self._any_origin)
        if not after.departments:
            problems = (*problems, Problem(("department",), "", "the workspace needs at least one department"))
        return Revised(before=before, after=after, changes=changes(before, after), problems=problems)

    def _insist_sound(self, file: WorkspaceFile) -> None:
        if problems := check(file, any_origin=self._any_origin):
            raise Failure(str(SettingsError.of(problems)))

    async def _with_password(self, agent: str, password: str) -> Also:
        """A password in the same commit as the account it is for."""
        _insist_long(password)
        hashed = await self._accounts.hash(password)

        def also(tx: Tx, directory: Directory) -> None:
            accounts.set_password(tx, directory.agent_ids[agent], hashed)

        return also

    def _recorded(self, before: WorkspaceFile | None, after: WorkspaceFile, found: Sequence[Change], by: str) -> Also:
        return recording.of_settings(before, after, found, at=self._clock.now(), by=by)

    async def _settle(self, file: WorkspaceFile, *both: Also) -> None:
        """Make these the settings, in one commit with what is written beside them, and have who is connected know."""

        def also(tx: Tx, directory: Directory) -> None:
            for each in both:
                each(tx, directory)

        if not file.departments:
            raise Failure("The workspace needs at least one department.")
        if await self._brought_to_life(needed=True) is None or self._engine is None:
            await self._store.write(
                lambda tx: also(tx, administration.write(tx, administration.revise(tx, file, self._ids)))
            )
            return
        before = self._engine.directory
        await self._ask(self._engine, file, also)
        self._tell(before, self._engine.directory)

    async def _brought_to_life(self, *, needed: bool) -> Engine | None:
        if self._engine is None and self._start_engine is not None and needed:
            self._engine = await self._start_engine()
        return self._engine

    async def _ask(self, engine: Engine, file: WorkspaceFile, also: Also) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def end(how: Done | Refused) -> None:
            if done.done():
                return
            if isinstance(how, Refused):
                done.set_exception(how)
            else:
                done.set_result(None)

        def step(_now: int, revision: administration.Revision) -> Step:
            return administration.step(revision, engine.directory, also=also)

        engine.submit(Job(look=lambda tx: administration.revise(tx, file, self._ids), plan=step, then=end))
        await done

    def _tell(self, before: Directory, after: Directory) -> None:
        """What no event tells those who are connected."""
        self.bots.removed(before.bots.keys() - after.bots.keys(), left=after.bots.keys())
        for agent in before.agents.keys() - after.agents.keys():
            self._sockets.close_agent(agent)
        renamed = frozenset(
            agent
            for agent, now in after.agents.items()
            if agent in before.agents and _who(now.settings) != _who(before.agents[agent].settings)
        )
        if renamed:
            self._sockets.reopen_agents(renamed)


def _nothing_more(_tx: Tx, _directory: Directory) -> None:
    pass


def _insist_long(password: str) -> None:
    if len(password) < MIN_PASSWORD:
        raise Failure(f"A password needs at least {MIN_PASSWORD} characters.")


def _accounts(tx: Tx) -> tuple[int, list[accounts.AccountRow]]:
    row = workspaces.find(tx)
    return (0, []) if row is None else (row.id, accounts.all_of(tx, row.id))


def _who(agent: Agent) -> tuple[str, str]:
    """What a connection knows of its agent from the moment it identified."""
    return agent.name, agent.role


def _agent_line(agent: Agent, shut: str) -> str:
    departments = ", ".join(member.department for member in agent.members)
    return f"{agent.key}\t{agent.name}\t{agent.email}\t{agent.role}\t{departments}\t{shut}"


def _shut(account: accounts.AccountRow | None) -> str:
    """Why nobody can log in with this account, or nothing."""
    if account is not None and account.disabled:
        return "disabled"
    return "no password" if account is None or account.password is None else ""
