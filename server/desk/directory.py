"""The workspace as it is configured now: names, keys and ids of sites, departments and agents, looked up in memory.

A `Directory` never changes; a change of settings is a new one, put in place when its commit is on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import structlog

from router import model
from router.rules.model import Rule
from router.rules.ruleset import RuleSet, sort_out
from server.desk.calendar import Calendar
from server.settings import workspace as settings
from server.settings.conditions import as_rule
from server.settings.hours import parse_days, parse_hours
from server.store.base import Tx
from server.store.workspaces import SettingRow, WorkspaceRow
from server.store.workspaces import settings as setting_rows
from server.wire import parts

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department with its id."""

    id: str
    settings: settings.Department

    def named(self) -> parts.Named:
        return parts.Named(id=self.id, key=self.settings.key, name=self.settings.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent with their id."""

    id: str
    settings: settings.Agent

    def named(self) -> parts.Named:
        return parts.Named(id=self.id, key=self.settings.key, name=self.settings.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """A bot with its id."""

    id: str
    settings: settings.Bot

    def named(self) -> parts.Named:
        return parts.Named(id=self.id, key=self.settings.key, name=self.settings.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All records by id, and the ways from keys to ids. ``workspace_id`` is the database's number.

    ``calendars`` by department; ``zone`` is the workspace's clock.
    """

    workspace_id: int
    workspace: settings.Workspace
    sites: Mapping[str, settings.Site]
    departments: Mapping[str, Department]
    agents: Mapping[str, Agent]
    department_ids: Mapping[str, str]
    agent_ids: Mapping[str, str]
    zone: ZoneInfo
    calendars: Mapping[str, Calendar]
    rules: RuleSet = field(default_factory=RuleSet)
    limits: settings.Limits = field(default_factory=settings.Limits)
    bots: Mapping[str, Bot] = field(default_factory=dict)
    bot_ids: Mapping[str, str] = field(default_factory=dict)

    def department(self, ref: str) -> Department | None:
        """By id or key."""
        return self.departments.get(self.department_ids.get(ref, ref))

    def agent(self, ref: str) -> Agent | None:
        """By id or key."""
        return self.agents.get(self.agent_ids.get(ref, ref))

    def bot(self, ref: str) -> Bot | None:
        """By id or key."""
        return self.bots.get(self.bot_ids.get(ref, ref))

    def bot_named(self, bot: str | None) -> parts.Named | None:
        """How others see that bot; one that is configured no more keeps only the id."""
        if bot is None:
            return None
        found = self.bots.get(bot)
        return found.named() if found else parts.Named(id=bot, key="", name="")

    def agent_named(self, agent: str | None) -> parts.Named | None:
        """How others see that agent; one who is configured no more keeps only the id."""
        if agent is None:
            return None
        found = self.agents.get(agent)
        return found.named() if found else parts.Named(id=agent, key="", name="")

    def department_named(self, department: str) -> parts.Named:
        """How others see that department; one that is configured no more keeps only the id."""
        found = self.departments.get(department)
        return found.named() if found else parts.Named(id=department, key="", name="")

    def members(self, department: str) -> Iterable[str]:
        """The ids of a department's agents."""
        key = self.departments[department].settings.key
        return (
            agent.id
            for agent in self.agents.values()
            if any(member.department == key for member in agent.settings.members)
        )

    @property
    def default_department(self) -> Department:
        """Where conversations go for which nothing else was said."""
        found = self.department(self.workspace.default_department)
        return found if found is not None else next(iter(self.departments.values()))

    def open_at(self, now: int) -> frozenset[str]:
        """The departments that are open at that instant, by their hours."""
        return frozenset(each for each, calendar in self.calendars.items() if calendar.is_open(now))

    def hours_change_at(self, now: int, *, days: int = 1) -> int | None:
        """When a department opens or closes next; None if none does within so many days."""
        found = (each.changes_at(now, days=days) for each in self.calendars.values())
        return min((at for at in found if at is not None), default=None)

    def site_departments(self, site: str) -> list[Department]:
        """What visitors of a site may choose, in the site's order; none configured means the default one."""
        chosen = [self.department(key) for key in self.sites[site].departments]
        return [found for found in chosen if found is not None] or [self.default_department]


def load(tx: Tx, row: WorkspaceRow) -> Directory:
    """The directory as the database has it."""
    workspace, limits = settings.from_stored(row.settings)
    return build(row.id, workspace, setting_rows(tx, row.id), limits=limits)


def build(
    workspace_id: int,
    workspace: settings.Workspace,
    rows: Iterable[SettingRow],
    *,
    limits: settings.Limits | None = None,
) -> Directory:
    """From configured records (JSON) to what the desk looks up."""
    by_kind: dict[str, list[SettingRow]] = {"site": [], "department": [], "agent": [], "bot": [], "rule": []}
    for row in rows:
        by_kind[row.kind].append(row)
    departments = [
        Department(id=row.id, settings=settings.from_json(row.body, settings.Department))
        for row in by_kind["department"]
    ]
    agents = [Agent(id=row.id, settings=settings.from_json(row.body, settings.Agent)) for row in by_kind["agent"]]
    bots = [Bot(id=row.id, settings=settings.from_json(row.body, settings.Bot)) for row in by_kind["bot"]]
    sites = [settings.from_json(row.body, settings.Site) for row in by_kind["site"]]
    rules = [settings.from_json(row.body, settings.Rule) for row in by_kind["rule"]]
    zone = ZoneInfo(workspace.timezone)
    return Directory(
        workspace_id=workspace_id,
        workspace=workspace,
        limits=limits or settings.Limits(),
        sites={site.key: site for site in sites},
        departments={department.id: department for department in departments},
        agents={agent.id: agent for agent in agents},
        department_ids={department.settings.key: department.id for department in departments},
        agent_ids={agent.settings.key: agent.id for agent in agents},
        bots={bot.id: bot for bot in bots},
        bot_ids={bot.settings.key: bot.id for bot in bots},
        zone=zone,
        calendars={department.id: _calendar(department.settings, zone) for department in departments},
        rules=_usable(as_rule(rule) for rule in rules),
    )


def _usable(rules: Iterable[Rule]) -> RuleSet:
    """Those that compile. Settings were checked before they were stored, perhaps by an older Frontdesk."""
    usable, problems = sort_out(rules)
    for problem in problems:
        log.error("a rule cannot be used and is left out", rule=problem.rule, reason=str(problem))
    return usable


def _calendar(department: settings.Department, zone: ZoneInfo) -> Calendar:
    return Calendar(parse_hours(department.hours), parse_days(department.holidays), zone)


def router_settings(directory: Directory) -> model.WorkspaceSettings:
    """What the router needs to know of it; seconds become milliseconds."""
    workspace = directory.workspace
    return model.WorkspaceSettings(
        departments={
            model.DepartmentId(department.id): _router_department(directory, department)
            for department in directory.departments.values()
        },
        agents={model.AgentId(agent.id): _router_agent(directory, agent) for agent in directory.agents.values()},
        default_department=model.DepartmentId(directory.default_department.id),
        grace_ms=workspace.grace_seconds * 1000,
        blip_ms=workspace.blip_seconds * 1000,
        hold_place_ms=workspace.hold_place_seconds * 1000,
        reoffer_ms=workspace.reoffer_seconds * 1000,
        bots={model.BotId(bot.id): _router_bot(bot) for bot in directory.bots.values()},
    )


def _router_bot(bot: Bot) -> model.BotSettings:
    said = bot.settings
    return model.BotSettings(
        id=model.BotId(bot.id),
        key=said.key,
        name=said.name,
        reply_ms=said.reply_seconds * 1000,
        grace_ms=said.grace_seconds * 1000,
        max_conversations=said.max_conversations,
    )


def _router_department(directory: Directory, department: Department) -> model.DepartmentSettings:
    said = department.settings
    return model.DepartmentSettings(
        id=model.DepartmentId(department.id),
        key=said.key,
        name=said.name,
        method=model.Method(said.method),
        measure=said.measure,
        tiers=said.tiers,
        accept=said.accept,
        ring_ms=said.ring_seconds * 1000,
        ring_waves=tuple((wave.after * 1000, wave.agents) for wave in said.ring_waves),
        reject_delay_ms=said.reject_delay * 1000,
        miss_delay_ms=said.miss_delay * 1000,
        miss_limit=said.miss_limit,
        wrap_up_ms=said.wrap_up * 1000,
        order=said.order,
        max_line=said.max_line,
        idle_ms=said.idle_seconds * 1000,
        idle_close_ms=said.idle_close_seconds * 1000,
        messages=tuple(_router_message(message) for message in said.messages),
        widen=tuple(_router_widening(directory, step) for step in said.widen),
    )


def _router_widening(directory: Directory, step: settings.WidenStep) -> model.WidenStep:
    return model.WidenStep(
        after_ms=step.after * 1000,
        drop_preferred=step.drop_preferred,
        lower_levels=step.lower_levels,
        add_departments=tuple(model.DepartmentId(directory.department_ids[key]) for key in step.add_departments),
        any_agent=step.any_agent,
    )


def _router_message(message: settings.WaitMessage) -> model.MessageRule:
    # The default of one ahead silences repetitions, not news: that one waits, that one came nearer, that one is next.
    news = message.when != "every" and message.min_ahead <= 1
    return model.MessageRule(
        when=message.when,
        seconds_ms=message.seconds * 1000,
        min_ahead=0 if news else message.min_ahead,
        min_interval_ms=message.min_interval * 1000,
        max_count=message.max_count,
    )


def _router_agent(directory: Directory, agent: Agent) -> model.AgentSettings:
    said = agent.settings
    return model.AgentSettings(
        id=model.AgentId(agent.id),
        key=said.key,
        name=said.name,
        max_slots=said.max_slots,
        breathing_ms=said.breathing * 1000,
        rings_at_once=said.rings_at_once,
        skills=dict(said.skills),
        members=tuple(
            model.Member(
                department=model.DepartmentId(directory.department_ids[member.department]),
                priority=member.priority,
                max_slots=member.max_slots,
            )
            for member in said.members
        ),
    )
