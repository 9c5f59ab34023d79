"""Options that several commands have."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import structlog

from server.session.entrance import Most

Command = TypeVar("Command", bound=Callable[..., Any])

_DATA = Path("frontdesk-data")
_PORT = 8080


class _Port(click.IntRange):
    """A port. In Kubernetes, a service of our name sets our variable to its own address: that is not meant for us."""

    def __init__(self) -> None:
        super().__init__(0, 65535)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and value.startswith("tcp://") and value == os.environ.get("FRONTDESK_PORT"):
            structlog.get_logger(__name__).warning(
                "FRONTDESK_PORT is the address of a Kubernetes service and is ignored", port=_PORT
            )
            return _PORT
        return super().convert(value, param, ctx)


def data_option(command: Command) -> Command:
    """Where the data is."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=_DATA,
        show_default=True,
        envvar="FRONTDESK_DATA",
        show_envvar=True,
        help="The data directory.",
    )(command)


def password_option(command: Command) -> Command:
    """Passwords are never arguments: those can be read in the list of processes."""
    return click.option(
        "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
    )(command)


def _most(name: str, default: int, says: str) -> Callable[[Command], Command]:
    return click.option(
        f"--{name}",
        type=click.IntRange(0),
        default=default,
        show_default=True,
        metavar="NUMBER",
        envvar=f"FRONTDESK_{name.upper().replace('-', '_')}",
        show_envvar=True,
        help=f"{says}; 0: as many as come.",
    )


def bounding_options(command: Command) -> Command:
    """How many connections there may be."""
    most = Most()
    for option in (
        _most("max-unidentified-per-address", most.unidentified_per_address, "The same, of one address"),
        _most("max-unidentified", most.unidentified, "Connections that have not said yet who they are"),
        _most("max-connections-per-address", most.per_address, "Connections of one address (an IPv6 /64)"),
        _most("max-connections", most.connections, "Connections at the same time"),
    ):
        command = option(command)
    return command


def listening_options(command: Command) -> Command:
    """Where to listen."""
    host = click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        envvar="FRONTDESK_HOST",
        show_envvar=True,
        help="The address to listen on.",
    )
    port = click.option(
        "--port",
        type=_Port(),
        default=_PORT,
        show_default=True,
        envvar="FRONTDESK_PORT",
        show_envvar=True,
        help="The port to listen on; 0 takes a free one.",
    )
    return host(port(command))
