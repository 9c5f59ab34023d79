"""`frontdesk agent`: the people inside."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from server.cli.doing import carry_out
from server.cli.options import data_option, password_option
from server.cli.questions import Questions
from server.cli.tables import aligned
from server.control import requests as ask
from server.settings.workspace import Role


@click.group(
    epilog="""\b
Examples:
  frontdesk agent list
  frontdesk agent add ada --name Ada --email ada@shop.example --department support
  frontdesk agent disable ada
"""
)
def agent() -> None:
    """The people inside, and whether they may log in."""


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
    password = Questions(password_stdin=True).password() if password_stdin else None
    request = ask.AgentAdd(
        key=key, name=name, email=email, role=role, departments=departments, max_slots=max_slots, password=password
    )
    carry_out(data, request)
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
    """Give an agent a password.

    Wherever the agent KEY is logged in, they are logged out.
    """
    password = Questions(password_stdin=password_stdin).password()
    carry_out(data, ask.AgentPassword(agent=key, password=password))
    click.echo(f"Agent {key} has a new password.")


@agent.command("disable", epilog="Example: frontdesk agent disable ada")
@click.argument("key")
@data_option
def disable_agent(*, key: str, data: Path) -> None:
    """Keep an agent out.

    The agent KEY is logged out everywhere and cannot log in.
    """
    carry_out(data, ask.AgentDisable(agent=key))
    click.echo(f"Agent {key} is kept out.")


@agent.command("logout", epilog="Example: frontdesk agent logout ada")
@click.argument("key")
@data_option
def log_out_agent(*, key: str, data: Path) -> None:
    """Log an agent out.

    Wherever the agent KEY is logged in, they are logged out; they may log in again.
    """
    carry_out(data, ask.AgentLogout(agent=key))
    click.echo(f"Agent {key} is logged out everywhere.")


@agent.command("enable", epilog="Example: frontdesk agent enable ada")
@click.argument("key")
@data_option
def enable_agent(*, key: str, data: Path) -> None:
    """Let an agent in again."""
    carry_out(data, ask.AgentEnable(agent=key))
    click.echo(f"Agent {key} may log in.")


@agent.command("list", epilog="Example: frontdesk agent list --data /var/lib/frontdesk")
@data_option
def list_agents(*, data: Path) -> None:
    """Show everybody inside.

    A line each: key, name, address, role, departments, and what keeps them from logging in.
    """
    for line in aligned([line.split("\t") for line in carry_out(data, ask.AgentList()).lines]):
        click.echo(line)
