"""`frontdesk token`: what bots dial in with."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec

from server.cli.doing import carry_out
from server.cli.options import data_option
from server.cli.tables import aligned
from server.control import requests as ask
from server.control.bots import BotTokenMade, BotTokens, BotTokenSeen
from server.desk.bot_access import MAX_DAYS

json_option = click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")


@click.group(
    epilog="""\b
Examples:
  frontdesk token create faq
  frontdesk token list
  frontdesk token revoke t_4kq2v7x3
"""
)
def token() -> None:
    """What bots dial in with."""


@token.command(
    "create",
    epilog="""\b
Examples:
  frontdesk token create faq > faq.token
  frontdesk token create faq --label "Ada's laptop" --days 30
  FRONTDESK_TOKEN=$(frontdesk token create faq) python bots/examples/echo.py
""",
)
@click.argument("bot", required=False)
@click.option("--bot", "named", metavar="KEY", help="The bot, said another way.")
@click.option("--label", default="", help="What you call it, for the list.")
@click.option("--days", type=click.IntRange(1, MAX_DAYS), help="How long it is good; until revoked if left out.")
@json_option
@data_option
def create_token(
    *, bot: str | None, named: str | None, label: str, days: int | None, as_json: bool, data: Path
) -> None:
    """Make a token for the bot of this key and print it: it is shown this once.

    A bot that is not there yet is made with its defaults. What goes to standard output is the token alone.
    """
    key = bot or named
    if key is None:
        raise click.UsageError("Name the bot: its key, of a-z, 0-9 and -.")
    if bot is not None and named is not None and bot != named:
        raise click.UsageError("Name one bot.")
    found = carry_out(data, ask.TokenCreate(bot=key, label=label, days=days)).found
    if as_json:
        click.echo(bytes(found))
        return
    made = msgspec.json.decode(found, type=BotTokenMade)
    if made.bot_made:
        click.echo(
            f'There is a bot {made.bot} now. It takes the conversations of a department with first = "bot:{made.bot}".',
            err=True,
        )
    ends = "until it is revoked" if made.expires_at is None else f"until {made.expires_at}"
    click.echo(f"This token is shown once. It is good {ends}: frontdesk token revoke {made.id}", err=True)
    click.echo(made.token)


@token.command("list", epilog="Example: frontdesk token list faq")
@click.argument("bot", required=False)
@json_option
@data_option
def list_tokens(*, bot: str | None, as_json: bool, data: Path) -> None:
    """Show the tokens of the bot of this key, or of all.

    A line each: id, bot, label, when it was made and last used, and how long it is good.
    """
    found = carry_out(data, ask.TokenList(bot=bot)).found
    if as_json:
        click.echo(json.dumps(json.loads(bytes(found))["tokens"], indent=1, ensure_ascii=False))
        return
    tokens = msgspec.json.decode(found, type=BotTokens).tokens
    for line in aligned([_cells(each) for each in tokens]):
        click.echo(line)


@token.command("revoke", epilog="Example: frontdesk token revoke t_4kq2v7x3")
@click.argument("id")
@data_option
def revoke_token(*, id: str, data: Path) -> None:
    """End the token of this ID: connections that came with it close at once, and none is let in with it."""
    carry_out(data, ask.TokenRevoke(token=id))
    click.echo(f"The token {id} is good no more.")


def _cells(token: BotTokenSeen) -> list[str]:
    used = f"used {_day(token.used_at)}" if token.used_at else "never used"
    if token.revoked_at:
        until = f"revoked {_day(token.revoked_at)}"
    elif token.expires_at:
        until = f"{'good until' if token.good else 'ended'} {_day(token.expires_at)}"
    else:
        until = "good until revoked"
    return [token.id, token.bot, token.label, f"made {_day(token.made_at)}", used, until]


def _day(at: str) -> str:
    return at[:10]
