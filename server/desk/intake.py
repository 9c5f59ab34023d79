"""How a conversation begins: what is known of it goes to the rules, what they say becomes its way into a line.

    Asked (the visitor's words) + History (what the store knows of them)
        -> Facts -> rules -> department, hours, overflow, reservation -> Resolved

`Intake.resolve` writes nothing and asks nobody, so that a dry run is the same code. It uses the settings of the batch:
whoever changes them a moment later changes nothing about a conversation that has begun.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import structlog

from router import commands, model
from router.rules import model as rules
from server.desk import languages
from server.desk.calendar import Calendar, day_of
from server.desk.directory import Agent, Department, Directory
from server.settings.hours import WEEKDAYS, parse_days
from server.settings.workspace import bot_key
from server.wire.codes import ErrorCode, Refused

log = structlog.get_logger(__name__)

_DAY_MS = 86_400_000
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PARAMETERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a visitor asks for and says of themselves. `department`: an id or key, None for no choice.

    `language` is the page's, as it says it; `country` two letters. `page` has url, title and referrer. `verified`: the
    site vouches for who they are, and for `attributes`.
    """

    site: str
    department: str | None = None
    page: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    timezone: str = ""
    country: str = ""
    name: str = ""
    email: str = ""
    text: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    verified: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An earlier conversation of the visitor: `at` is when it ended, or when it began if it has not."""

    department: str
    agent: str | None
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the store knows of a visitor: visits before this one, the newest conversations first.

    `erasing`: they are being erased, and nothing more is to be known of them.
    """

    visits: int = 0
    erasing: bool = False
    name: str = ""
    email: str = ""
    earlier: tuple[Earlier, ...] = ()


NOBODY_YET = History()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """How it begins: the fields of `commands.StartConversation`, and what is stored beside them.

    `asked` is the department the visitor asked for, or the default; `routed` the one that rules send it to;
    `department` where it starts: the first of `routed` and its overflow that is open. If none is, `refusal` says so
    and `department` is `routed`; `opens_at` is then when that opens. `language` may be empty: the workspace's own.
    `resolution` is what the rules said, `facts` what they saw. `bot`: the one that answers first, by id; it may do so
    outside hours, too.
    """

    asked: str
    routed: str
    department: str
    overflow: tuple[str, ...]
    needs: model.Needs
    head_start_ms: int
    reserve_for: tuple[str, ...]
    reserve_ms: int
    language: str
    first: str
    tags: tuple[str, ...]
    facts: rules.Facts
    resolution: rules.Resolution
    opens_at: int | None = None
    refusal: Refused | None = None
    bot: str | None = None

    def command(
        self,
        *,
        conversation: str,
        visitor: str,
        left: bool = False,
        bot: str | None = None,
        spoke: bool = True,
        trial: bool = False,
    ) -> commands.StartConversation:
        """What the router is asked for. `left`: a message for later. The rest as in `commands.StartConversation`."""
        return commands.StartConversation(
            conversation=model.ConversationId(conversation),
            visitor=model.VisitorId(visitor),
            department=model.DepartmentId(self.department),
            head_start_ms=self.head_start_ms,
            needs=self.needs,
            reserve_for=tuple(map(model.AgentId, self.reserve_for)),
            reserve_ms=self.reserve_ms,
            overflow=tuple(map(model.DepartmentId, self.overflow)),
            rules=self.resolution.matched,
            left=left,
            bot=None if bot is None else model.BotId(bot),
            spoke=spoke,
            trial=trial,
        )


class Intake:
    """Resolves starts by the settings of the moment, and counts the rules that failed."""

    def __init__(self, directory: Callable[[], Directory]) -> None:
        self._directory = directory
        self._counted: tuple[rules.Rule, ...] = ()
        self._failures: Counter[str] = Counter()
        self._errors: dict[str, str] = {}

    @property
    def failures(self) -> Mapping[str, int]:
        """By rule, how often it could not be decided since the server started or the rules changed."""
        return self._failures

    @property
    def errors(self) -> Mapping[str, str]:
        """By rule, why it could not be decided the last time."""
        return self._errors

    def resolve(self, asked: Asked, history: History, *, now: int) -> Resolved:
        """How this conversation begins at `now`.

        Raises:
            Refused: `not_found`, there is no such site, or no such department on it (closed is told by `refusal`);
                `unavailable`, the visitor is being erased.
        """
        if history.erasing:
            raise Refused(ErrorCode.UNAVAILABLE, "You are being erased. Please come back.", retry_after_ms=2_000)
        directory = self._directory()
        department = _asked_department(directory, asked)
        language = _language(asked)
        facts = _facts(directory, department, replace(asked, language=language), history, now)
        resolution = directory.rules.evaluate(facts)
        routed = directory.department(resolution.department or "") or department
        chain = [routed, *overflow_of(directory, routed)]
        in_hours = [each for each in chain if directory.calendars[each.id].is_open(now)]
        start = in_hours[0] if in_hours else routed
        reserve_for, seconds = _reservation(directory, start, resolution, history, now)
        closed = not in_hours
        first = start.settings.first if resolution.first is None else resolution.first
        return Resolved(
            asked=department.id,
            routed=routed.id,
            department=start.id,
            overflow=tuple(each.id for each in in_hours[1:]),
            needs=model.Needs(require=resolution.require, prefer=resolution.prefer),
            head_start_ms=resolution.head_start_s * 1000,
            reserve_for=reserve_for,
            reserve_ms=seconds * 1000 if reserve_for else 0,
            language=resolution.language or language,
            first=first,
            bot=directory.bot_ids.get(bot_key(first)) if first else None,
            tags=resolution.tags,
            facts=facts,
            resolution=resolution,
            opens_at=directory.calendars[routed.id].opens_at(now) if closed else None,
            refusal=_closed(directory, routed, now) if closed else None,
        )

    def insist_there(self, asked: Asked) -> None:
        """Raises `Refused`, `not_found`: there is no such site, or no such department on it."""
        _asked_department(self._directory(), asked)

    def count(self, resolved: Resolved) -> None:
        """Take note of the rules that failed for a conversation that really began."""
        current = self._directory().rules.rules
        if current != self._counted:
            self._counted = current
            self._failures.clear()
            self._errors.clear()
        for failure in resolved.resolution.failed:
            self._failures[failure.rule] += 1
            self._errors[failure.rule] = failure.reason
            times = self._failures[failure.rule]
            if times & (times - 1) == 0:  # the 1st, 2nd, 4th, 8th … time: a busy day does not fill the log
                log.warning("a rule could not be decided", rule=failure.rule, reason=failure.reason, times=times)


def overflow_of(directory: Directory, department: Department) -> Iterator[Department]:
    """Where its conversations may go instead: its own list first, then theirs, nobody twice."""
    seen = {department.id}
    coming = [department]
    while coming:
        for key in coming.pop(0).settings.overflow:
            found = directory.department(key)
            if found is not None and found.id not in seen:
                seen.add(found.id)
                coming.append(found)
                yield found


def _asked_department(directory: Directory, asked: Asked) -> Department:
    if asked.site not in directory.sites:
        raise Refused(ErrorCode.NOT_FOUND, "There is no such site.")
    choice = directory.site_departments(asked.site)
    if asked.department is None:
        default = directory.default_department
        return default if default in choice else choice[0]
    found = directory.department(asked.department)
    if found is None or found not in choice:
        raise Refused(ErrorCode.NOT_FOUND, "There is no such department here.", field="department")
    return found


def _language(asked: Asked) -> str:
    """As the form or the page says it, else as the first message reads."""
    said = languages.tag(asked.form.get("language", "")) or languages.tag(asked.language)
    return said or languages.detect(asked.text)


def _facts(directory: Directory, department: Department, asked: Asked, history: History, now: int) -> rules.Facts:
    local = datetime.fromtimestamp(now // 1000, directory.zone)
    since = now - department.settings.repeat_days * _DAY_MS
    return rules.Facts(
        page=_page(asked.page),
        visitor=rules.Visitor(
            language=languages.plain(asked.language),
            timezone=asked.timezone,
            country=asked.country,
            name=asked.name or history.name,
            email=asked.email or history.email,
            visits=history.visits + 1,
            returning=history.visits > 0,
            repeat=any(each.department == department.id and each.at >= since for each in history.earlier),
            verified=asked.verified,
            attributes=asked.attributes,
        ),
        now=rules.Now(
            weekday=WEEKDAYS[local.weekday()], hour=local.hour, minute=local.minute, date=local.date().isoformat()
        ),
        site=asked.site,
        department=department.settings.key,
        text=asked.text,
        form=asked.form,
    )


def _page(page: Mapping[str, str]) -> rules.Page:
    url = page.get("url", "")
    try:
        parts = urlsplit(url)
        parameters = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=10 * _PARAMETERS)
    except ValueError:  # no address at all, or one that is nothing but parameters
        return rules.Page(url=url, title=page.get("title", ""), referrer=page.get("referrer", ""))
    query: dict[str, str] = {}
    for key, value in parameters:
        query.setdefault(key, value)
    return rules.Page(
        url=url, path=parts.path, query=query, title=page.get("title", ""), referrer=page.get("referrer", "")
    )


def _reservation(
    directory: Directory, department: Department, resolution: rules.Resolution, history: History, now: int
) -> tuple[tuple[str, ...], int]:
    """For whom it waits at first, and how many seconds: the agent a rule names, else the visitor's last one."""
    named = directory.agent(resolution.agent or "")
    if named is not None:
        return with_substitutes(directory, named, now), resolution.agent_seconds
    last = next((found for each in history.earlier if (found := directory.agents.get(each.agent or ""))), None)
    if last is not None and department.settings.prefer_last_agent:
        return with_substitutes(directory, last, now), department.settings.prefer_last_agent
    return (), 0


def with_substitutes(directory: Directory, agent: Agent, now: int) -> tuple[str, ...]:
    """The agent and who serves in their stead; whoever is on leave today is left out."""
    asked = [agent, *filter(None, map(directory.agent, agent.settings.substitutes))]
    today = day_of(now, directory.zone)
    return tuple(dict.fromkeys(each.id for each in asked if not _on_leave(each, today)))


def _on_leave(agent: Agent, today: date) -> bool:
    return any(span.first <= today <= span.last for span in parse_days(agent.settings.leave))


def _closed(directory: Directory, department: Department, now: int) -> Refused:
    return Refused(ErrorCode.OUTSIDE_HOURS, closed_words(directory, department, now), field="department")


def closed_words(directory: Directory, department: Department, now: int) -> str:
    """That a department is closed, and when it opens, on the workspace's clock."""
    calendar: Calendar = directory.calendars[department.id]
    opens = calendar.opens_at(now)
    if opens is None:
        return f"{department.settings.name} is closed."
    local = datetime.fromtimestamp(opens // 1000, directory.zone)
    days = (local.date() - day_of(now, directory.zone)).days
    match days:
        case 0:
            day = "today"
        case 1:
            day = "tomorrow"
        case _ if days < len(_DAY_NAMES):
            day = f"on {_DAY_NAMES[local.weekday()]}"
        case _:
            day = f"on {local.date().isoformat()}"
    return f"{department.settings.name} is closed. It opens {day} at {local:%H:%M} ({directory.zone.key})."
