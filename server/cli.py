"""The command `frontdesk`: what it takes, what it asks for, what it says. The doing is in `server.control`."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar, get_args

import click
import structlog

from server import log
from server.app import Config, StartError, offline, run, version
from server.control import requests as ask
from server.control.client import ask_server
from server.control.failure import Failure
from server.control.operations import MIN_PASSWORD, Operations
from server.control.perform import UNEXPECTED, perform
from server.control.requests import Answer
from server.demo import in_file, run_demo
from server.session.address import TrustedProxies
from server.settings.origin import parse_origin
from server.settings.workspace import Agent, Department, Member, Role, Site, Workspace, WorkspaceFile

Result = TypeVar("Result")
Command = TypeVar("Command", bound=Callable[..., Any])

SNIPPET = '<script async src="https://YOUR-HOST/widget.js" data-site="{site}"></script>'

_DATA = Path("frontdesk-data")
_DEMO_DATA = Path("frontdesk-demo")
_STDIN = "-"


class Sentence(click.ClickException):
    """What went wrong, as the one line that goes to standard error; the command ends with 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=file is None)


class Frontdesk(click.Group):
    """All commands; whatever goes wrong in one of them ends as a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (StartError, Failure) as error:
            raise Sentence(str(error)) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            structlog.get_logger(__name__).exception("the command failed", command=ctx.invoked_subcommand)
            raise Sentence(UNEXPECTED) from error


def data_option(command: Command) -> Command:
    """Where the data is."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=_DATA,
        show_default=True,
        envvar="FRONTDESK_DATA",
        show_envvar=True,
        help="The data directory.",
    )(command)


def password_option(command: Command) -> Command:
    """Passwords are never arguments: those can be read in the list of processes."""
    return click.option(
        "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
    )(command)


def listening_options(command: Command) -> Command:
    """Where to listen."""
    host = click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        envvar="FRONTDESK_HOST",
        show_envvar=True,
        help="The address to listen on.",
    )
    port = click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8080,
        show_default=True,
        envvar="FRONTDESK_PORT",
        show_envvar=True,
        help="The port to listen on; 0 takes a free one.",
    )
    return host(port(command))


@click.group(
    cls=Frontdesk,
    context_settings={"auto_envvar_prefix": "FRONTDESK", "help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  frontdesk demo                     a shop with the chat, on this machine
  frontdesk init                     a workspace of your own
  frontdesk serve                    open it
  frontdesk COMMAND --help           what a command takes
""",
)
@click.version_option(version(), prog_name="frontdesk")
def frontdesk() -> None:
    """A self-hosted chat router: brings the visitors of a website to the agent best placed to help."""
    log.set_up("json", level=logging.WARNING)


# Serving.


@frontdesk.command(
    epilog="""\b
Examples:
  frontdesk serve --data /var/lib/frontdesk
  frontdesk serve --host 0.0.0.0 --trusted-proxy 10.0.0.0/8 --public-origin https://chat.example.org
"""
)
@data_option
@listening_options
@click.option(
    "--public-origin",
    multiple=True,
    metavar="ORIGIN",
    callback=lambda _context, _option, values: _checked(values, parse_origin),
    envvar="FRONTDESK_PUBLIC_ORIGIN",
    show_envvar=True,
    help="How browsers reach this server, if a proxy changes that: https://chat.example.org. Repeatable.",
)
@click.option(
    "--trusted-proxy",
    multiple=True,
    metavar="NETWORK",
    callback=lambda _context, _option, values: _checked(values, lambda value: TrustedProxies([value])),
    envvar="FRONTDESK_TRUSTED_PROXY",
    show_envvar=True,
    help="A proxy whose X-Forwarded-For and -Proto are believed: 10.0.0.0/8. Repeatable.",
)
@click.option(
    "--log",
    "style",
    type=click.Choice(["json", "console"]),
    default="json",
    show_default=True,
    envvar="FRONTDESK_LOG",
    show_envvar=True,
    help="The log on standard error: for machines, or for people.",
)
def serve(
    *,
    data: Path,
    host: str,
    port: int,
    public_origin: tuple[str, ...],
    trusted_proxy: tuple[str, ...],
    style: log.Style,
) -> None:
    """Serve the workspace until SIGTERM or Ctrl+C."""
    log.set_up(style)
    run(
        Config(
            data=data,
            host=host,
            port=port,
            public=public_origin,
            trusted_proxies=trusted_proxy,
            announce=lambda url: click.echo(f"Frontdesk is open at {url}"),
        )
    )


@frontdesk.command(
    epilog="""\b
Examples:
  frontdesk demo
  frontdesk demo --port 8090 --workspace workspace.toml
"""
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=_DEMO_DATA,
    show_default=True,
    envvar="FRONTDESK_DEMO_DATA",
    show_envvar=True,
    help="The demo's data directory; conversations stay there from start to start.",
)
@listening_options
@click.option(
    "--workspace",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help='A workspace.toml to try instead of the demo\'s own; all its agents get the password "demo".',
)
def demo(*, data: Path, host: str, port: int, workspace: Path | None) -> None:
    """Show a small shop with the chat, and beside it the way to sit down as one of its agents.

    Everybody is let in, so it listens on loopback only.
    """
    log.set_up("console")

    def announce(url: str) -> None:
        click.echo(f"The demo is open at {url} : a small shop with the chat in its corner.")
        click.echo(f"Beside it are the ways to sit down as an agent, such as {url}demo/sit?as=ada")
        click.echo(f'Everybody\'s password is "demo". The data is in {data}. Ctrl+C ends it.')

    run_demo(data=data, host=host, port=port, workspace=workspace, announce=announce)


# Settings.


@frontdesk.command(
    epilog="""\b
Examples:
  frontdesk init
  frontdesk init --name "Paperwren" --origin https://paperwren.example \\
      --email ada@paperwren.example --admin-name Ada --password-stdin < password.txt
"""
)
@data_option
@click.option("--name", help="What the workspace is called, such as the name of the shop.")
@click.option("--key", help="Its short name of a-z, 0-9 and -; made from the name if left out.")
@click.option("--origin", multiple=True, help="A website that may embed the widget: https://shop.example. Repeatable.")
@click.option("--email", help="The first admin's address, to log in with.")
@click.option("--admin-name", help="What visitors see the first admin called.")
@click.option("--timezone", default="UTC", show_default=True, help="Of opening hours, such as Europe/Copenhagen.")
@click.option("--language", default="en", show_default=True, help="Of notices when nothing better is known.")
@password_option
def init(  # noqa: PLR0913 - an argument for each option
    *,
    data: Path,
    name: str | None,
    key: str | None,
    origin: tuple[str, ...],
    email: str | None,
    admin_name: str | None,
    timezone: str,
    language: str,
    password_stdin: bool,
) -> None:
    """Create a workspace: a site for the widget, a department "support", and the first admin.

    What is not given is asked for.
    """
    answered = _Questions(password_stdin=password_stdin)
    name = answered.text(name, "--name", "Name of the workspace")
    origins = origin or (answered.text(None, "--origin", "Website that embeds the widget", "http://127.0.0.1:8080"),)
    email = answered.text(email, "--email", "Your e-mail address")
    admin_name = answered.text(admin_name, "--admin-name", "Your name", email.partition("@")[0].title())
    password = answered.password()
    key = key or _key_of(name)
    admin = Agent(key=_key_of(admin_name), name=admin_name, email=email, role="admin", members=(_IN_SUPPORT,))
    file = WorkspaceFile(
        workspace=Workspace(
            key=key, name=name, timezone=timezone, language=language, default_department=_IN_SUPPORT.department
        ),
        sites=(Site(key=key, name=name, origins=origins, departments=(_IN_SUPPORT.department,)),),
        departments=(Department(key=_IN_SUPPORT.department, name="Support"),),
        agents=(admin,),
    )

    async def found(operations: Operations) -> None:
        await operations.found(file, (admin.key, password))

    _do_here(data, found, create=True)
    click.echo(f'The workspace "{key}" is in {data}. Put this line into the pages of your website:\n')
    click.echo(f"  {SNIPPET.format(site=key)}\n")
    click.echo(f'Then open it with "frontdesk serve --data {data}" and log in at /console as {email}.')
    click.echo('More agents: "frontdesk agent add". Everything else: "frontdesk export", edit, "frontdesk apply".')


@frontdesk.command(
    epilog="""\b
Examples:
  frontdesk apply workspace.toml --dry-run
  frontdesk apply workspace.toml --prune --yes
  frontdesk export | sed s/Support/Help/ | frontdesk apply -
"""
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@data_option
@click.option("--prune", is_flag=True, help="Remove what the file does not name; without this, it stays.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before changing anything.")
def apply(*, file: str, data: Path, prune: bool, dry_run: bool, yes: bool) -> None:
    """Put the settings of FILE onto the workspace, all of them or none; a running server follows at once.

    The whole file is checked and what it changes is shown. On a terminal, you are asked before it happens. FILE may be
    "-" for standard input.
    """
    text = _read(file)
    asks = not (yes or dry_run or file == _STDIN) and sys.stdin.isatty()
    first = _carry_out(data, ask.Apply(text=text, prune=prune, dry_run=dry_run or asks), file)
    for line in first.lines:
        click.echo(line)
    if not first.lines:
        click.echo("Nothing changes.")
        return
    if dry_run:
        click.echo(f"{_changes(first.lines)} would be made.")
        return
    if asks:
        click.confirm("Make these changes?", abort=True)
        _carry_out(data, ask.Apply(text=text, prune=prune, expected=first.lines), file)
    click.echo(f"{_changes(first.lines)} made.")


@frontdesk.command(
    epilog="""\b
Examples:
  frontdesk export
  frontdesk export workspace.toml
"""
)
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True, atomic=True), default=_STDIN)
@data_option
def export(*, file: TextIO, data: Path) -> None:
    """Write the workspace's settings to FILE, or to standard output: applied again, they change nothing."""
    text = _carry_out(data, ask.Export()).text
    click.echo(text, file=file, nl=False)


# Agents.


@frontdesk.group(
    epilog="""\b
Examples:
  frontdesk agent list
  frontdesk agent add ada --name Ada --email ada@shop.example --department support
  frontdesk agent disable ada
"""
)
def agent() -> None:
    """The people inside: who they are and whether they may log in."""


@agent.command(
    "add",
    epilog="""\b
Examples:
  frontdesk agent add ada --name Ada --email ada@shop.example --department support --department sales
  pwgen 20 1 | tee ada.txt | frontdesk agent add ada --email ada@shop.example --password-stdin
""",
)
@click.argument("key")
@click.option("--email", required=True, help="The address to log in with.")
@click.option("--name", default="", help="What visitors see; the key if left out.")
@click.option("--role", type=click.Choice(get_args(Role)), default="agent", show_default=True)
@click.option("--department", "departments", multiple=True, metavar="KEY", help="Where they are a member. Repeatable.")
@click.option("--max-slots", type=click.IntRange(1, 1000), default=3, show_default=True, help="Conversations at once.")
@password_option
@data_option
def add_agent(  # noqa: PLR0913 - as above
    *,
    key: str,
    email: str,
    name: str,
    role: Role,
    departments: tuple[str, ...],
    max_slots: int,
    password_stdin: bool,
    data: Path,
) -> None:
    """Add an agent. KEY is their short name of a-z, 0-9 and -.

    Without a password nobody can log in as them; "frontdesk agent password KEY" sets one later.
    """
    password = _Questions(password_stdin=True).password() if password_stdin else None
    request = ask.AgentAdd(
        key=key, name=name, email=email, role=role, departments=departments, max_slots=max_slots, password=password
    )
    _carry_out(data, request)
    click.echo(f"Agent {key} is there.")
    if password is None:
        click.echo(f'They need a password: "frontdesk agent password {key}".')
    if not departments:
        click.echo("They are in no department yet, so no conversation reaches them.")


@agent.command(
    "password",
    epilog="""\b
Examples:
  frontdesk agent password ada
  frontdesk agent password ada --password-stdin < password.txt
""",
)
@click.argument("key")
@password_option
@data_option
def set_password(*, key: str, password_stdin: bool, data: Path) -> None:
    """Give the agent KEY a password. Wherever they are logged in, they are logged out."""
    password = _Questions(password_stdin=password_stdin).password()
    _carry_out(data, ask.AgentPassword(agent=key, password=password))
    click.echo(f"Agent {key} has a new password.")


@agent.command("disable", epilog="Example: frontdesk agent disable ada")
@click.argument("key")
@data_option
def disable_agent(*, key: str, data: Path) -> None:
    """Keep the agent KEY out: they are logged out everywhere and cannot log in."""
    _carry_out(data, ask.AgentDisable(agent=key))
    click.echo(f"Agent {key} is kept out.")


@agent.command("enable", epilog="Example: frontdesk agent enable ada")
@click.argument("key")
@data_option
def enable_agent(*, key: str, data: Path) -> None:
    """Let the agent KEY in again."""
    _carry_out(data, ask.AgentEnable(agent=key))
    click.echo(f"Agent {key} may log in.")


@agent.command("list", epilog="Example: frontdesk agent list --data /var/lib/frontdesk")
@data_option
def list_agents(*, data: Path) -> None:
    """Everybody inside: key, name, address, role, departments, and what keeps them from logging in."""
    rows = [line.split("\t") for line in _carry_out(data, ask.AgentList()).lines]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


# What the commands share.

_IN_SUPPORT = Member(department="support")


class _Questions:
    """What was not given is asked for; not where standard input is taken by the password."""

    def __init__(self, *, password_stdin: bool) -> None:
        self._password_stdin = password_stdin

    def text(self, given: str | None, option: str, question: str, default: str | None = None) -> str:
        if given is not None:
            return given
        if self._password_stdin:
            raise click.UsageError(f"{option} is needed too, since standard input is the password.")
        return str(click.prompt(question, default=default))

    def password(self) -> str:
        if self._password_stdin:
            return _long_enough(sys.stdin.readline().rstrip("\r\n"))
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, value_proc=_long_enough))


def _long_enough(password: str) -> str:
    if len(password) < MIN_PASSWORD:
        raise click.UsageError(f"A password needs at least {MIN_PASSWORD} characters.")
    return password


def _checked(values: tuple[str, ...], check: Callable[[str], object]) -> tuple[str, ...]:
    """The values of a repeatable option, if each passes."""
    for value in values:
        try:
            check(value)
        except ValueError as error:
            raise click.BadParameter(f"{error}.") from error
    return values


def _read(file: str) -> str:
    try:
        with click.open_file(file, encoding="utf-8") as opened:
            return str(opened.read())
    except UnicodeDecodeError as error:
        raise Failure(f"{file} is not text in UTF-8.") from error
    except OSError as error:
        raise Failure(f"{file} cannot be read ({error.strerror}).") from error


def _key_of(name: str) -> str:
    """A key that looks like the name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64] or "main"


def _changes(lines: tuple[str, ...]) -> str:
    return "1 change" if len(lines) == 1 else f"{len(lines)} changes"


def _do_here(data: Path, work: Callable[[Operations], Awaitable[Result]], *, create: bool) -> Result:
    """Without a server; raises `StartError` and whatever the work does."""

    async def alone() -> Result:
        async with offline(data, create=create) as operations:
            return await work(operations)

    return asyncio.run(alone())


def _carry_out(data: Path, request: ask.AnyRequest, file: str = "") -> Answer:
    """Have it done by the server, or do it here if none is running; raises `Failure` or `StartError`."""
    answer = ask_server(data, request)
    if answer is None:
        try:
            answer = _do_here(data, lambda it: perform(it, request), create=isinstance(request, ask.Apply))
        except StartError:
            # The directory may have been taken by a server that has come up just now.
            answer = ask_server(data, request)
            if answer is None:
                raise
    if not answer.ok:
        shown = "standard input" if file == _STDIN else file
        raise Failure(in_file(shown, answer.error) if answer.in_file else answer.error)
    return answer


def main() -> None:
    """The installed command."""
    frontdesk()
