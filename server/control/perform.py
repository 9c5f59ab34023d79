"""From a request to its answer, whatever happens on the way."""

from __future__ import annotations

from pathlib import Path

import structlog
from msgspec import Raw, Struct

from server.control import auditing
from server.control import requests as ask
from server.control.bots import Bots
from server.control.failure import Failure
from server.control.operations import Operations
from server.control.privacy import Privacy
from server.control.requests import Answer
from server.settings.problem import SettingsError
from server.settings.workspace import Agent, Member
from server.store.base import StoreError, StoreUnavailable
from server.wire.codes import Refused

log = structlog.get_logger(__name__)

UNEXPECTED = "Something unexpected went wrong. It has been logged."


async def perform(operations: Operations, request: ask.AnyRequest) -> Answer:
    """Do it. Nothing is raised: what cannot be done is an answer too."""
    try:
        return await _perform(operations, request)
    except (Failure, StoreError) as failure:
        return Answer(ok=False, error=str(failure))
    except SettingsError as error:
        return Answer(ok=False, error=str(error), in_file=True)
    except Refused as refused:
        return Answer(ok=False, error=refused.message)
    except StoreUnavailable:
        return Answer(ok=False, error="The database cannot be reached, so nothing was changed. Please try again.")
    except Exception:
        log.exception("a request of the command line failed", request=type(request).__name__)
        return Answer(ok=False, error=UNEXPECTED)


async def _perform(operations: Operations, request: ask.AnyRequest) -> Answer:  # noqa: C901, PLR0912 - a case for each
    lines: tuple[str, ...] = ()
    text = ""
    found: Struct | None = None
    match request:
        case ask.Apply():
            lines = await operations.apply(
                request.text, prune=request.prune, dry_run=request.dry_run, expected=request.expected
            )
        case ask.Export():
            text = await operations.export()
        case ask.AgentAdd():
            await operations.add_agent(_agent(request), request.password)
        case ask.AgentPassword():
            await operations.set_password(request.agent, request.password)
        case ask.AgentDisable():
            await operations.disable(request.agent)
        case ask.AgentEnable():
            await operations.enable(request.agent)
        case ask.AgentLogout():
            await operations.log_out(request.agent)
        case ask.AgentList():
            lines = await operations.agents()
        case ask.Why():
            found = await operations.why(request.conversation)
        case ask.Route():
            found = await operations.route(request.visitor)
        case ask.Trace():
            text = await operations.trace(since=request.since)
        case ask.Audit():
            found = auditing.page(await operations.audited(since=request.since, after=request.after))
        case ask.AuditVerify():
            lines = (auditing.sentence(await operations.verify_audit()),)
        case ask.SiteSecret():
            text = await operations.site_secret(request.site, rotate=request.rotate, end=request.end)
        case ask.Backup():
            await operations.back_up(Path(request.file))
        case ask.VisitorFind() | ask.VisitorExport() | ask.VisitorErase() | ask.RetentionRun():
            found = await _about_visitors(operations.privacy, request)
        case ask.TokenCreate() | ask.TokenList() | ask.TokenRevoke():
            found = await _about_bots(operations.bots, request)
    return Answer(ok=True, lines=lines, text=text, found=Raw(ask.encode(found)))


async def _about_visitors(privacy: Privacy, request: ask.AboutVisitors) -> Struct:
    match request:
        case ask.VisitorFind():
            return await privacy.find(request.email)
        case ask.VisitorExport():
            return await privacy.export(request.visitor)
        case ask.VisitorErase():
            return await privacy.erase(request.visitor, force=request.force)
        case ask.RetentionRun():
            return await privacy.remove_old(dry_run=request.dry_run)


async def _about_bots(bots: Bots, request: ask.AboutBots) -> Struct | None:
    match request:
        case ask.TokenCreate():
            return await bots.create_token(request.bot, label=request.label, days=request.days)
        case ask.TokenList():
            return await bots.tokens(request.bot)
        case ask.TokenRevoke():
            await bots.revoke_token(request.token)
            return None


def _agent(request: ask.AgentAdd) -> Agent:
    return Agent(
        key=request.key,
        name=request.name,
        email=request.email,
        role=request.role,
        max_slots=request.max_slots,
        members=tuple(Member(department=department) for department in request.departments),
    )
