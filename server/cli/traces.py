"""`frontdesk export-trace`: yesterday's traffic, to be met by other settings."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from server.cli.doing import STDIN, carry_out
from server.cli.options import data_option
from server.clock import SystemClock
from server.control import requests as ask

_AGO = re.compile(r"^(\d{1,5})([dhm])$")
_UNIT_S = {"d": 86_400, "h": 3_600, "m": 60}


def moment(_context: click.Context, _parameter: click.Parameter, said: str | None) -> int:
    """Milliseconds since 1970 of a date, a date and time (UTC if not said), or a time ago: 7d, 24h, 30m."""
    if said is None:
        return 0
    if ago := _AGO.match(said):
        return SystemClock().now() - int(ago[1]) * _UNIT_S[ago[2]] * 1000
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise click.BadParameter(
            f'"{said}" is no date such as 2026-11-01, and no time ago such as 7d or 24h.'
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


@click.command(
    "export-trace",
    epilog="""\b
Examples:
  frontdesk export-trace --since 7d --out week.jsonl
  frontdesk export-trace --since 2026-11-01 --out november.jsonl
In a scenario for "frontdesk simulate":
  [arrivals]
  trace = "week.jsonl"
""",
)
@click.option("--since", callback=moment, metavar="WHEN", help="A date, or how long ago: 7d, 24h. Default: all.")
@click.option(
    "--out",
    type=click.File("w", encoding="utf-8", lazy=True, atomic=True),
    default=STDIN,
    metavar="FILE",
    help="Where to write it; standard output if left out.",
)
@data_option
def export_trace(*, since: int, out: TextIO, data: Path) -> None:
    """Write the recorded traffic to a file.

    A line of JSON for each conversation that is over: when it came, for which department, with which needs and head
    start, how long it waited, rang and took. No text, no name, no address and no id is in it.
    """
    click.echo(carry_out(data, ask.Trace(since=since)).text, file=out, nl=False)
