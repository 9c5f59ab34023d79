"""`frontdesk backup` and `frontdesk restore`."""

from __future__ import annotations

import re
import secrets
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from server.app import StartError
from server.app.ground import insist_there
from server.cli.options import data_option
from server.clock import SystemClock
from server.control import requests as ask
from server.control.client import ask_server
from server.control.failure import Failure
from server.desk.ids import Ids
from server.store import audit, installation
from server.store.base import StoreError, Tx
from server.store.sqlite.backup import back_up_directory
from server.store.sqlite.directory import DATABASE
from server.store.sqlite.restore import restore as put_back

_NAMED = re.compile(r"frontdesk-\d{8}-\d{6}\.sqlite3")
_LOOK_S = 0.5


@click.command(
    epilog="""\b
Examples:
  frontdesk backup /backups                 a new file in that folder
  frontdesk backup /backups --keep 14       the same; only the newest 14 stay
  frontdesk backup monday.sqlite3
"""
)
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE|FOLDER")
@click.option("--keep", type=click.IntRange(1), metavar="NUMBER", help="Of a folder's backups, only so many stay.")
@data_option
def backup(*, target: Path, keep: int | None, data: Path) -> None:
    """Copy the database to a file, whether a server runs or not.

    The copy is checked before it gets its name; it holds everything that was said and every account.
    """
    folder = target if target.is_dir() else None
    if folder is None and keep is not None:
        raise Failure(f"--keep is for a folder, and {target} is none.")
    insist_there(data)
    stamp = _stamp(SystemClock().now())
    file = target.absolute() if folder is None else (folder / f"frontdesk-{stamp}.sqlite3").absolute()
    with _progress(file, data / DATABASE):
        _back_up(data, file)
    click.echo(f"The backup is {file} ({_megabytes(file)}).")
    if folder is not None and keep is not None:
        _forget_old(folder, keep)


def _back_up(data: Path, file: Path) -> None:
    """By the server, or here when none is running. A large copy takes its time, so it is waited for."""
    answer = ask_server(data, ask.Backup(file=str(file)), within_s=None)
    if answer is None:
        try:
            back_up_directory(data, file)
        except StoreError as error:
            raise Failure(str(error)) from error
    elif not answer.ok:
        raise Failure(answer.error)


def _forget_old(folder: Path, keep: int) -> None:
    """Our own names only, which sort by age."""
    ours = sorted(each for each in folder.iterdir() if _NAMED.fullmatch(each.name))
    for each in ours[:-keep]:
        each.unlink()
        click.echo(f"{each} was removed.")


@contextmanager
def _progress(file: Path, source: Path) -> Iterator[None]:
    """On a terminal, how far the copy has grown; it may end smaller than what it is a copy of."""
    if not sys.stderr.isatty():
        yield
        return
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_S):
            grown = sum(each.stat().st_size for each in file.parent.glob(f".{file.name}.*.partial"))
            share = min(99, 100 * grown // max(1, source.stat().st_size))
            click.echo(f"\rcopying: {share} %", nl=False, err=True)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()
        click.echo("\r                \r", nl=False, err=True)


@click.command(
    epilog="""\b
Examples:
  frontdesk restore /backups/frontdesk-20261101-030000.sqlite3 --data /var/lib/frontdesk
  frontdesk restore monday.sqlite3 --replace
"""
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Move aside the database that is there; without this it is refused.")
@data_option
def restore(*, file: Path, replace: bool, data: Path) -> None:
    """Make a backup the database of a data directory that no server uses.

    Open pages learn that their history is another one and forget what they had; everybody inside logs in again, and
    bots need new tokens.
    """
    epoch = Ids(secrets.token_bytes).new("e")

    now = SystemClock().now()

    def renew(tx: Tx) -> None:
        before = installation.renew(tx, epoch, at=now)
        detail = {"file": file.name, "epoch": epoch, "before": before}
        audit.append(tx, at=now, actor=audit.OWNER, action="database.restored", target=file.name, detail=detail)

    try:
        done = put_back(file, data, stamp=_stamp(now), now=now, renew=renew, replace=replace)
    except StoreError as error:
        raise StartError(str(error)) from error
    if done.aside is not None:
        click.echo(f"What was there is in {done.aside}.")
    click.echo(f"{file} is restored to {data}.")
    click.echo("Start the server; everybody inside logs in again, and bots need new tokens.")


def _stamp(now: int) -> str:
    return f"{datetime.fromtimestamp(now / 1000, UTC):%Y%m%d-%H%M%S}"


def _megabytes(file: Path) -> str:
    return f"{max(0.1, file.stat().st_size / 1_000_000):.1f} MB"
