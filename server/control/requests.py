"""What the command line asks of a running server, one JSON object a line, and the one shape of all answers.

This is no public protocol: both ends are of one version, and the socket is the owner's only.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from server.settings.workspace import Role
from server.wire.reasons import RouteBody

MAX_LINE: Final = 1024 * 1024

Password = Annotated[str, Meta(min_length=1, max_length=1024)]


class Request(Struct, kw_only=True, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """Something to be done."""


class Apply(Request, kw_only=True, frozen=True, tag="apply"):
    """Put this text of a `workspace.toml` onto the workspace.

    `expected`: the change lines somebody agreed to; with others, nothing is done.
    """

    text: str
    prune: bool = False
    dry_run: bool = False
    expected: tuple[str, ...] | None = None


class Export(Request, kw_only=True, frozen=True, tag="export"):
    """The workspace as the text of a file."""


class AgentAdd(Request, kw_only=True, frozen=True, tag="agent.add"):
    """A new agent; without a password, nobody can log in as them yet."""

    key: str
    name: str
    email: str
    role: Role
    departments: tuple[str, ...] = ()
    max_slots: int = 3
    password: Password | None = None


class AgentPassword(Request, kw_only=True, frozen=True, tag="agent.password"):
    """Replace a password: every login of the agent ends."""

    agent: str
    password: Password


class AgentDisable(Request, kw_only=True, frozen=True, tag="agent.disable"):
    """Shut an account: every login of the agent ends, and none is given."""

    agent: str


class AgentEnable(Request, kw_only=True, frozen=True, tag="agent.enable"):
    """Open an account again."""

    agent: str


class AgentList(Request, kw_only=True, frozen=True, tag="agent.list"):
    """Everybody inside, a line each."""


class Why(Request, kw_only=True, frozen=True, tag="why"):
    """Every decision about a conversation; the answer's `found` is a `server.wire.reasons.WhyAnswer`."""

    conversation: str


class Route(Request, kw_only=True, frozen=True, tag="route"):
    """What a visitor's start would come to now; the answer's `found` is a `server.wire.reasons.RouteAnswer`."""

    visitor: RouteBody


class Trace(Request, kw_only=True, frozen=True, tag="trace"):
    """The recorded traffic since that moment, as the text of a trace."""

    since: int = 0


class AgentLogout(Request, kw_only=True, frozen=True, tag="agent.logout"):
    """End every login of an agent."""

    agent: str


class Audit(Request, kw_only=True, frozen=True, tag="audit"):
    """A page of the audit log from that moment and number on, as JSON in `found`: rows of `AuditLine`."""

    since: int = 0
    after: int = 0


class AuditVerify(Request, kw_only=True, frozen=True, tag="audit.verify"):
    """Whether the audit log is as it was written: `lines` says how it stands, `error` what is wrong with it."""


class SiteSecret(Request, kw_only=True, frozen=True, tag="site.secret"):
    """The secret a site signs its visitors' identities with, made if there is none: `text`.

    `rotate`: a new one; the one before stays good for a week. `end`: `old`, only the current one is good from now on;
    `all`, none is.
    """

    site: str
    rotate: bool = False
    end: Literal["", "old", "all"] = ""


class VisitorFind(Request, kw_only=True, frozen=True, tag="visitor.find"):
    """Everybody who gave this e-mail address; the answer's `found` is a `server.wire.stored.VisitorsFound`."""

    email: str


class VisitorExport(Request, kw_only=True, frozen=True, tag="visitor.export"):
    """All that is stored of a visitor; the answer's `found` is a `server.wire.stored.VisitorExport`."""

    visitor: str


class VisitorErase(Request, kw_only=True, frozen=True, tag="visitor.erase"):
    """Erase a visitor; `force`: also one with an open conversation. `found` is a `server.wire.stored.ErasedAnswer`."""

    visitor: str
    force: bool = False


class RetentionRun(Request, kw_only=True, frozen=True, tag="retention.run"):
    """Remove what is older than it is kept; the answer's `found` is a `server.wire.stored.RemovedAnswer`."""

    dry_run: bool = False


class Backup(Request, kw_only=True, frozen=True, tag="backup"):
    """Copy the database to this file, named by its whole path."""

    file: str


class TokenCreate(Request, kw_only=True, frozen=True, tag="token.create"):
    """A new token for a bot, which is made if there is none; the answer's `found` is a `bots.BotTokenMade`."""

    bot: str
    label: str = ""
    days: int | None = None


class TokenList(Request, kw_only=True, frozen=True, tag="token.list"):
    """The tokens of one bot, or of all; the answer's `found` is a `bots.BotTokens`."""

    bot: str | None = None


class TokenRevoke(Request, kw_only=True, frozen=True, tag="token.revoke"):
    """End a token, and the connections that came with it."""

    token: str


AboutBots = TokenCreate | TokenList | TokenRevoke
AboutVisitors = VisitorFind | VisitorExport | VisitorErase | RetentionRun
AnyRequest = (
    AboutVisitors
    | AboutBots
    | Apply
    | Export
    | AgentAdd
    | AgentPassword
    | AgentDisable
    | AgentEnable
    | AgentLogout
    | AgentList
    | Why
    | Route
    | Trace
    | Audit
    | AuditVerify
    | SiteSecret
    | Backup
)


class Answer(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """How it ended: `lines` and `text` are for the person who asked, `error` is one sentence.

    `found` is what was asked for, where that is no text: the same JSON that the API answers with.

    `in_file`: the error is about the text that was to be applied, and begins with its line if that is known.
    """

    ok: bool
    lines: tuple[str, ...] = ()
    text: str = ""
    found: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
    in_file: bool = False


encode = msgspec.json.encode
decode_request = msgspec.json.Decoder(AnyRequest).decode
decode_answer = msgspec.json.Decoder(Answer).decode
