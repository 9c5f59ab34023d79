"""`frontdesk demo`: a workspace with a shop and a few people, on this machine only.

What was said and set up stays from start to start: the demo's own workspace is made once, and a file of one's own is
put onto what is there, as `frontdesk apply` would.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from server.app import Config, StartError, run
from server.control.failure import Failure
from server.control.operations import Operations
from server.session.entrance import Most
from server.settings.demo import demo
from server.settings.parse import parse
from server.settings.problem import SettingsError

PASSWORD = "demo"  # noqa: S105 - everybody's, as the start page says


def run_demo(  # noqa: PLR0913 - what its command takes
    *,
    data: Path,
    host: str,
    port: int,
    workspace: Path | None,
    visitors: int = 0,
    kill: Callable[[], None] | None = None,
    announce: Callable[[str], None],
) -> None:
    """Serve the demo until SIGTERM or SIGINT; raises `StartError`."""
    if not is_loopback(host):
        raise StartError(
            f"The demo lets everybody in without a password, so it listens on loopback only (127.0.0.1), not on {host}."
        )
    text = None if workspace is None else read_file(workspace)

    async def prepare(operations: Operations, url: str) -> None:
        try:
            await _prepare(operations, url, text)
        except SettingsError as error:
            raise StartError(in_file(workspace, error)) from error
        except Failure as error:
            raise StartError(str(error)) from error

    if text is not None:
        try:
            parse(text)
        except SettingsError as error:
            raise StartError(in_file(workspace, error)) from error
    run(
        Config(
            data=data,
            host=host,
            port=port,
            demo=True,
            visitors=visitors,
            kill=kill,
            # Everybody is on this machine.
            most=Most(per_address=0, unidentified_per_address=0),
            prepare=prepare,
            announce=announce,
        )
    )


async def _prepare(operations: Operations, url: str, text: str | None) -> None:
    if text is not None:
        await operations.apply(text)
    elif await operations.current() is None:
        await operations.found(demo(origins=[url.rstrip("/")]))
    await operations.give_first_passwords(PASSWORD)


def is_loopback(host: str) -> bool:
    """Whether every address of the host is this machine's own, for itself only."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def read_file(path: Path) -> str:
    """The text of a settings file; raises `StartError`."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise StartError(f"{path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise StartError(f"{path} is not text in UTF-8.") from error


def in_file(path: Path | str | None, error: SettingsError | str) -> str:
    """What is wrong with the settings, after the name of the file they are in."""
    said = str(error)
    return f"{path}, {said}" if said.startswith("line ") else f"{path}: {said}"
