"""`frontdesk audit`: who did what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from server.cli.doing import carry_out
from server.cli.options import data_option
from server.cli.traces import moment
from server.control import requests as ask
from server.control.auditing import AuditLine, AuditPage


@click.command(
    "audit",
    epilog="""\b
Examples:
  frontdesk audit --since 7d
  frontdesk audit --json > audit.jsonl
  frontdesk audit --verify
""",
)
@click.option("--since", callback=moment, metavar="WHEN", help="A date, or how long ago: 7d, 24h. Default: all.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each row.")
@click.option("--verify", is_flag=True, help="Say whether the log is as it was written; if not, end with 1.")
@data_option
def audit(*, since: int, as_json: bool, verify: bool, data: Path) -> None:
    """Show who did what, and when.

    Logins and failed ones, changes of settings, accounts, secrets, what supervisors looked at. No text, no password and
    no whole network address is in it. Rows are never changed: each holds the hash of the one before. A log that was cut
    at its end looks whole, so keep the number and hash that --verify prints elsewhere.
    """
    if verify:
        for line in carry_out(data, ask.AuditVerify()).lines:
            click.echo(line)
        return
    for row in _rows(data, since):
        click.echo(msgspec.json.encode(row).decode() if as_json else _line(row))


def _rows(data: Path, since: int) -> Iterator[AuditLine]:
    after = 0
    while True:
        found = carry_out(data, ask.Audit(since=since, after=after)).found
        rows = msgspec.json.decode(found, type=AuditPage).rows
        yield from rows
        if not rows:
            return
        after = rows[-1].number


def _line(row: AuditLine) -> str:
    detail = json.dumps(row.detail, ensure_ascii=True) if row.detail else ""
    parts = (str(row.number), row.at, row.actor or "-", row.action, row.target, detail)
    # A terminal obeys more than letters.
    return "".join(each if each.isprintable() else "?" for each in "  ".join(part for part in parts if part))
