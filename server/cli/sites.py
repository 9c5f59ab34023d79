"""`frontdesk site`: what a site needs besides its settings."""

from __future__ import annotations

from pathlib import Path

import click

from server.cli.doing import carry_out
from server.cli.options import data_option
from server.control import requests as ask


@click.group(
    epilog="""\b
Examples:
  frontdesk site secret shop
  frontdesk site secret shop --rotate
"""
)
def site() -> None:
    """What a site needs besides its settings."""


@site.command(
    "secret",
    epilog="""\b
Examples:
  frontdesk site secret shop > shop.secret     for the server of your site
  frontdesk site secret shop --rotate          a new one; the old one is good for a week
  frontdesk site secret shop --end-old         now that the new one is in use
  frontdesk site secret shop --rotate --end-old   the old one got away
""",
)
@click.argument("key")
@click.option("--rotate", is_flag=True, help="Make a new one; the one before stays good for a week.")
@click.option("--end-old", is_flag=True, help="From now on, only the current one is good.")
@click.option("--end-all", is_flag=True, help="The site vouches for nobody any more.")
@data_option
def secret(*, key: str, rotate: bool, end_old: bool, end_all: bool, data: Path) -> None:
    """Print the secret of the site KEY; the first time, it is made.

    With it, your server signs who its visitors are: a JWT (HS256) with "sub", "exp" (at most a day ahead), "aud" (the
    site's key), and if you like "name", "email" and "attributes". Keep it out of pages: whoever has it can be anybody.
    It is stored in the database and never exported.
    """
    if end_all and (rotate or end_old):
        raise click.UsageError("--end-all goes with no other option.")
    done = carry_out(data, ask.SiteSecret(site=key, rotate=rotate, end="all" if end_all else "old" if end_old else ""))
    click.echo(done.text or f"The site {key} has no secret any more.")
