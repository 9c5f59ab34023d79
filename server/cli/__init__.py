"""The command `frontdesk`: what it takes, what it asks for, what it says. The doing is in `server.control`."""

from __future__ import annotations

import logging
from typing import Any

import click
import structlog

from server import log
from server.app import StartError, version
from server.cli.agents import agent
from server.cli.auditing import audit
from server.cli.backup import backup, restore
from server.cli.routing import route, why
from server.cli.serving import demo, serve
from server.cli.settings import apply, export, init
from server.cli.simulate import simulate_command
from server.cli.sites import site
from server.cli.tokens import token
from server.cli.traces import export_trace
from server.cli.visitors import retention, visitor
from server.control.failure import Failure
from server.control.perform import UNEXPECTED


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


for command in (
    serve,
    demo,
    init,
    apply,
    export,
    agent,
    why,
    route,
    simulate_command,
    export_trace,
    audit,
    site,
    token,
    backup,
    restore,
    visitor,
    retention,
):
    frontdesk.add_command(command)


def main() -> None:
    """The installed command."""
    frontdesk()
