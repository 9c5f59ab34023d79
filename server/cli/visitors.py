"""`frontdesk visitor` and `retention`: what there is of a visitor, all of it, and that it be gone."""

from __future__ import annotations

import os
from pathlib import Path

import click
import msgspec

from server.cli.doing import carry_out
from server.cli.options import data_option
from server.cli.tables import aligned
from server.control import requests as ask
from server.control.failure import Failure
from server.wire.stored import ErasedAnswer, RemovedAnswer, VisitorsFound

_json_option = click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")


@click.group(
    epilog="""\b
Examples:
  frontdesk visitor find maria@example.org
  frontdesk visitor export v_k3x7mq0p --output maria.json
  frontdesk visitor erase v_k3x7mq0p
"""
)
def visitor() -> None:
    """Find, export and erase what is stored of a visitor."""


@visitor.command(
    epilog="""\b
Examples:
  frontdesk visitor find maria@example.org
  frontdesk visitor find maria@example.org --json | jq -r '.visitors[].id'
"""
)
@click.argument("email")
@_json_option
@data_option
def find(*, email: str, as_json: bool, data: Path) -> None:
    """List the visitors who gave an e-mail address.

    Anybody can type any address, so who asks for what is stored has to be known in another way.
    """
    found = carry_out(data, ask.VisitorFind(email=email)).found
    if as_json:
        click.echo(bytes(found))
        return
    rows = [
        [each.id, each.name, each.site, f"{each.conversations} conversations", f"last seen {each.seen_at}"]
        for each in msgspec.json.decode(found, type=VisitorsFound).visitors
    ]
    if not rows:
        click.echo("Nobody gave this address.")
        return
    for line in aligned(rows):
        click.echo(line)


@visitor.command(
    epilog="""\b
Examples:
  frontdesk visitor export v_k3x7mq0p --output maria.json
  frontdesk visitor export v_k3x7mq0p | jq '.conversations[].entries[].text'
"""
)
@click.argument("visitor", metavar="VISITOR")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A new file, for its owner only.")
@data_option
def export(*, visitor: str, output: Path | None, data: Path) -> None:
    """Print everything that is stored of a visitor, as JSON.

    VISITOR is the id. docs/privacy.md says what is in it. That it was exported is recorded in the audit log.
    """
    found = bytes(carry_out(data, ask.VisitorExport(visitor=visitor)).found)
    if output is None:
        click.echo(found)
        return
    try:
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(found + b"\n")
    except OSError as error:
        raise Failure(f"{output} cannot be written ({error.strerror}).") from error


@visitor.command(
    epilog="""\b
Examples:
  frontdesk visitor erase v_k3x7mq0p
  frontdesk visitor erase v_k3x7mq0p --force --yes
"""
)
@click.argument("visitor", metavar="VISITOR")
@click.option("--force", is_flag=True, help="Close the visitor's open conversation first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json_option
@data_option
def erase(*, visitor: str, force: bool, yes: bool, as_json: bool, data: Path) -> None:
    """Erase everything that is stored of a visitor, for good.

    Names, addresses, forms, pages, messages, notes and ratings; entries keep their numbers, conversations their times.
    The database's files are written anew, so that no old copy is left in them. Backups made before still hold it.
    """
    if not yes:
        click.confirm(f"Erase everything that is stored of {visitor}?", abort=True)
    found = carry_out(data, ask.VisitorErase(visitor=visitor, force=force)).found
    if as_json:
        click.echo(bytes(found))
        return
    erased = msgspec.json.decode(found, type=ErasedAnswer)
    click.echo(
        f"{visitor} is erased: {erased.conversations} conversations with {erased.entries} entries and "
        f"{erased.notes} notes. Backups made before still hold them."
    )


@click.group(
    epilog="""\b
Examples:
  frontdesk retention run --dry-run
  frontdesk retention run
"""
)
def retention() -> None:
    """Remove what is older than the workspace keeps it."""


@retention.command(
    epilog="""\b
Examples:
  frontdesk retention run --dry-run
"""
)
@click.option("--dry-run", is_flag=True, help="Only say how much it would be.")
@_json_option
@data_option
def run(*, dry_run: bool, as_json: bool, data: Path) -> None:
    """Remove closed conversations older than retention_days, and visitors who have none left.

    A running server does so by itself every hour.
    """
    found = carry_out(data, ask.RetentionRun(dry_run=dry_run)).found
    if as_json:
        click.echo(bytes(found))
        return
    removed = msgspec.json.decode(found, type=RemovedAnswer)
    if not removed.days:
        click.echo("Everything is kept: retention_days is 0.")
        return
    verb = "would be removed" if dry_run else "were removed"
    click.echo(
        f"{removed.conversations} conversations closed more than {removed.days} days ago and {removed.visitors} "
        f"visitors {verb}."
    )
