"""What was not given as an option is asked for."""

from __future__ import annotations

import sys

import click

from server.control.operations import MIN_PASSWORD


class Questions:
    """Asks on the terminal; not where standard input is taken by the password."""

    def __init__(self, *, password_stdin: bool) -> None:
        self._password_stdin = password_stdin

    def text(self, given: str | None, option: str, question: str, default: str | None = None) -> str:
        if given is not None:
            return given
        if self._password_stdin:
            raise click.UsageError(f"{option} is needed too, since standard input is the password.")
        return str(click.prompt(question, default=default))

    def password(self) -> str:
        if self._password_stdin:
            return _long_enough(sys.stdin.readline().rstrip("\r\n"))
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, value_proc=_long_enough))


def _long_enough(password: str) -> str:
    if len(password) < MIN_PASSWORD:
        raise click.UsageError(f"A password needs at least {MIN_PASSWORD} characters.")
    return password
