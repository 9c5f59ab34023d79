"""`frontdesk init`, `apply` and `export`: a workspace comes to be, changes, and is written out."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TextIO

import click

from server.cli.doing import STDIN, carry_out, do_here, read_text
from server.cli.options import data_option, password_option
from server.cli.questions import Questions
from server.control import requests as ask
from server.control.operations import Operations
from server.settings.workspace import Agent, Department, Member, Site, Workspace, WorkspaceFile

SNIPPET = '<script async src="https://YOUR-HOST/widget.js" data-site="{site}"></script>'

_IN_SUPPORT = Member(department="support")


@click.command(
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
    """Create a workspace.

    It begins with a site for the widget, a department "support" and the first admin. What is not given is asked for.
    """
    answered = Questions(password_stdin=password_stdin)
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

    do_here(data, found, create=True)
    click.echo(f'The workspace "{key}" is in {data}. Put this line into the pages of your website:\n')
    click.echo(f"  {SNIPPET.format(site=key)}\n")
    click.echo(f'Then open it with "frontdesk serve --data {data}" and log in at /console as {email}.')
    click.echo('More agents: "frontdesk agent add". Everything else: "frontdesk export", edit, "frontdesk apply".')


@click.command(
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
    """Put the settings of a file onto the workspace.

    All of them are put on or none, and a running server follows at once. The whole file is checked and what it changes
    is shown. On a terminal, you are asked before it happens. FILE may be "-" for standard input.
    """
    text = read_text(file)
    asks = not (yes or dry_run or file == STDIN) and sys.stdin.isatty()
    first = carry_out(data, ask.Apply(text=text, prune=prune, dry_run=dry_run or asks), file)
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
        carry_out(data, ask.Apply(text=text, prune=prune, expected=first.lines), file)
    click.echo(f"{_changes(first.lines)} made.")


@click.command(
    epilog="""\b
Examples:
  frontdesk export
  frontdesk export workspace.toml
"""
)
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True, atomic=True), default=STDIN)
@data_option
def export(*, file: TextIO, data: Path) -> None:
    """Write the workspace's settings to a file.

    Without FILE they go to standard output. Applied again, they change nothing.
    """
    text = carry_out(data, ask.Export()).text
    click.echo(text, file=file, nl=False)


def _key_of(name: str) -> str:
    """A key that looks like the name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64] or "main"


def _changes(lines: tuple[str, ...]) -> str:
    return "1 change" if len(lines) == 1 else f"{len(lines)} changes"
