"""Results as a picture: how long who waits, and who works how much."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Result = dict[str, Any]
_SHARES = (("p50_s", 0.5), ("p90_s", 0.9), ("p95_s", 0.95))


class NoLibrary(Exception):
    """What draws is not installed. Its text is one sentence."""


def insist() -> None:
    """Raises `NoLibrary` before an hour of simulation is lost."""
    if importlib.util.find_spec("matplotlib") is None:
        raise NoLibrary('Pictures need matplotlib: pip install "frontdesk[plot]".')


def draw(results: Sequence[tuple[str, Result]], path: Path) -> None:
    """Write a PNG. Raises `OSError` when it cannot be written."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra of the package, and slow to load

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    waits, work = figure.subplots(1, 2)
    for name, result in results:
        _draw_waits(waits, name, result["wait"], leavers=bool(result["abandoned_share"]))
    theory = results[0][1]["reference"]
    if "within" in theory and all(one["reference"] == theory for _, one in results):
        _draw_waits(
            waits, theory["model"].replace("_", " ").title(), theory, line=":", leavers=bool(theory["abandoned_share"])
        )
    waits.set(xlabel="seconds", ylabel="share answered within", ylim=(0, 1.02), title="Waits")
    waits.legend()
    for name, result in results:
        occupied = [each["occupancy"] or 0.0 for each in result["agents"].values()]
        work.plot(range(1, len(occupied) + 1), occupied, marker=".", label=name)
    work.set(xlabel="agent", ylabel="share of slots in use", ylim=(0, 1.02), title="Work")
    work.legend()
    figure.savefig(path, format="png", dpi=120)


def _draw_waits(axes: Any, name: str, wait: Result, *, leavers: bool, line: str = "-") -> None:
    """The known points of the distribution. Where some leave, quantiles of all waits say nothing of those answered."""
    points = [(0.0, 1.0 - wait["p_wait"])]
    points += [(float(limit), share) for limit, share in wait["within"].items() if share is not None]
    if not leavers:
        points += [(wait[quantile], share) for quantile, share in _SHARES if wait[quantile]]
    points.sort()
    mark = "." if line == "-" else ""
    axes.plot([time for time, _ in points], [share for _, share in points], line, marker=mark, label=name)
