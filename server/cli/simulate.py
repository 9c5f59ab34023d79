"""`frontdesk simulate`: what would happen, before it happens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from server.cli.doing import STDIN, read_text
from server.control.failure import Failure
from server.demo import in_file
from server.lab import drawing
from server.lab.comparing import Comparison, comparison
from server.lab.showing import table
from server.lab.simulating import Prepared, prepare, simulate
from server.settings.problem import SettingsError

Results = list[tuple[str, dict[str, Any]]]


@click.command(
    "simulate",
    epilog="""\b
Examples:
  frontdesk simulate scenario.toml
  frontdesk simulate scenario.toml --compare method=max_utilization,average_utilization
  frontdesk simulate scenario.toml --compare max_slots=3,4 --json
  frontdesk simulate scenario.toml --plot waits.png
""",
)
@click.argument("scenario", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--compare", metavar="KEY=VALUE,VALUE", help="Run it once for each value and show them side by side.")
@click.option("--json", "as_json", is_flag=True, help="Write everything measured, as JSON.")
@click.option(
    "--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw waits and work into this PNG file too."
)
def simulate_command(*, scenario: str, compare: str | None, as_json: bool, plot: Path | None) -> None:
    """Try settings on random or recorded traffic.

    The router that serves visitors runs under a clock of its own, so hours pass in seconds. SCENARIO is a TOML file:
    how many come, how long they take, how patient they are, and departments, agents and rules as in workspace.toml. All
    values of --compare meet the same traffic.
    """
    compared = _comparison(compare) if compare is not None else None
    if plot is not None:
        _insist_on_drawing()
    text = read_text(scenario)
    folder = Path() if scenario == STDIN else Path(scenario).parent
    try:
        prepared = _prepare(text, folder, compared)
    except SettingsError as error:
        raise Failure(in_file("standard input" if scenario == STDIN else scenario, error)) from error
    results = _run(prepared)
    if plot is not None:
        try:
            drawing.draw(results, plot)
        except OSError as error:
            raise Failure(f"{plot} cannot be written ({error.strerror}).") from error
    if as_json:
        click.echo(orjson.dumps(_as_one(results, compared), option=orjson.OPT_INDENT_2))
    else:
        click.echo(table(results), nl=False)


def _insist_on_drawing() -> None:
    try:
        drawing.insist()
    except drawing.NoLibrary as error:
        raise Failure(str(error)) from error


def _comparison(said: str) -> Comparison:
    try:
        return comparison(said)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--compare") from error


def _prepare(text: str, folder: Path, compared: Comparison | None) -> list[tuple[str, Prepared]]:
    """All of them before any is run: what is wrong is said at once."""
    if compared is None:
        return [("measured", prepare(text, folder))]
    return [(value, prepare(text, folder, key=compared.key, value=value)) for value in compared.values]


def _run(prepared: list[tuple[str, Prepared]]) -> Results:
    results: Results = []
    for name, each in prepared:
        with _progress(name, each.plan.conversations) as progress:
            results.append((name, simulate(each, progress=progress)))
    return results


@contextmanager
def _progress(name: str, count: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, where somebody looks at it."""
    with click.progressbar(length=count, label=name, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda done: bar.update(done - bar.pos)


def _as_one(results: Results, compared: Comparison | None) -> dict[str, Any]:
    if compared is None:
        return results[0][1]
    return {"compare": compared.key, "results": dict(results)}
