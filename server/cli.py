"""The command `frontdesk`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from server import log
from server.app import StartError, version


@click.group()
@click.version_option(version(), prog_name="frontdesk")
def frontdesk() -> None:
    """Frontdesk."""


@frontdesk.command("demo")
@click.option("--port", type=int, default=8080)
@click.option("--host", default="127.0.0.1")
@click.option("--data", type=click.Path(path_type=Path), default=Path("frontdesk-demo"))
@click.option("--workspace", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=None)
def demo_command(port: int, host: str, data: Path, workspace: Path | None) -> None:
    from server.demo import run_demo

    log.set_up("console")
    run_demo(data=data, host=host, port=port, workspace=workspace, announce=click.echo)


def main() -> None:
    try:
        frontdesk.main()
    except StartError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
