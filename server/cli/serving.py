"""`frontdesk serve` and `frontdesk demo`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from server import log, supervisor
from server.app import Config, StartError, run
from server.cli.options import bounding_options, data_option, listening_options
from server.clock import SystemClock
from server.crowd.crowd import MOST
from server.demo import run_demo
from server.http.listening import CannotListen, free_port
from server.session.address import TrustedProxies
from server.session.entrance import Most
from server.settings.origin import parse_origin

_DEMO_DATA = Path("frontdesk-demo")


def _checked(values: tuple[str, ...], check: Callable[[str], object]) -> tuple[str, ...]:
    """The values of a repeatable option, if each passes."""
    for value in values:
        try:
            check(value)
        except ValueError as error:
            raise click.BadParameter(f"{error}.") from error
    return values


@click.command(
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
    "--country-header",
    default="",
    metavar="NAME",
    envvar="FRONTDESK_COUNTRY_HEADER",
    show_envvar=True,
    help="A header in which a trusted proxy tells the visitor's country: CF-IPCountry.",
)
@click.option(
    "--country-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    envvar="FRONTDESK_COUNTRY_FILE",
    show_envvar=True,
    help="A database of addresses in MaxMind's format, to tell the visitor's country by: GeoLite2-Country.mmdb.",
)
@click.option(
    "--metrics-token-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    envvar="FRONTDESK_METRICS_TOKEN_FILE",
    show_envvar=True,
    help="Who sends the token in this file may read /metrics from elsewhere; without one, only this machine may.",
)
@bounding_options
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
def serve(  # noqa: PLR0913 - an argument for each option
    *,
    data: Path,
    host: str,
    port: int,
    public_origin: tuple[str, ...],
    trusted_proxy: tuple[str, ...],
    country_header: str,
    country_file: Path | None,
    metrics_token_file: Path | None,
    max_connections: int,
    max_connections_per_address: int,
    max_unidentified: int,
    max_unidentified_per_address: int,
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
            country_header=country_header,
            country_file=country_file,
            metrics_token_file=metrics_token_file,
            most=Most(
                connections=max_connections,
                per_address=max_connections_per_address,
                unidentified=max_unidentified,
                unidentified_per_address=max_unidentified_per_address,
            ),
            announce=lambda url: click.echo(f"Frontdesk is open at {url}"),
        )
    )


@click.command(
    epilog="""\b
Examples:
  frontdesk demo
  frontdesk demo --visitors 20
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
@click.option(
    "--visitors",
    type=click.IntRange(0, MOST),
    default=0,
    show_default=True,
    metavar="NUMBER",
    help="So many simulated visitors come one after another, ask, wait, answer and leave.",
)
@click.option("--no-supervisor", is_flag=True, help="Nobody starts the server again when it is killed.")
@click.option("--started-by", "pipe", type=int, hidden=True)
@click.option("--again", is_flag=True, hidden=True)
def demo(  # noqa: PLR0913 - an argument for each option
    *,
    data: Path,
    host: str,
    port: int,
    workspace: Path | None,
    visitors: int,
    no_supervisor: bool,
    pipe: int | None,
    again: bool,
) -> None:
    """Show a small shop with the chat.

    Beside it is the way to sit down as one of its agents. Everybody is let in, so it listens on loopback only.
    """
    log.set_up("console")
    if not no_supervisor and pipe is None:
        sys.exit(_supervised(data=data, host=host, port=port, workspace=workspace, visitors=visitors))
    if pipe is not None:
        supervisor.stop_with(pipe)

    def announce(url: str) -> None:
        if again:
            return
        click.echo(f"The demo is open at {url} : a small shop with the chat in its corner.")
        click.echo(f"Beside it are the ways to sit down as an agent, such as {url}demo/sit?as=ada")
        click.echo(f'Everybody\'s password is "demo". The data is in {data}. Ctrl+C ends it.')

    run_demo(
        data=data,
        host=host,
        port=port,
        workspace=workspace,
        visitors=visitors,
        kill=None if pipe is None else partial(supervisor.die, pipe),
        announce=announce,
    )


def _supervised(*, data: Path, host: str, port: int, workspace: Path | None, visitors: int) -> int:
    """The same as a child that is started again whenever it is killed, always on the same port."""
    try:
        port = port or free_port(host)
    except CannotListen as error:
        raise StartError(str(error)) from error
    fixed = ["--data", str(data), "--host", host, "--port", str(port)]
    if workspace is not None:
        fixed += ["--workspace", str(workspace)]

    def command(pipe: int, again: bool) -> list[str]:  # noqa: FBT001 - the supervisor's
        more = ["--again"] if again else ["--visitors", str(visitors)]
        return supervisor.program(["demo", "--started-by", str(pipe), *fixed, *more])

    return supervisor.supervise(command, clock=SystemClock())
