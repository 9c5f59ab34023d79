"""One call from a scenario to its result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from router.lab.figures import figures
from router.lab.plan import Plan
from router.lab.promise import PromiseWatch
from router.lab.run import Watcher, no_progress, run
from router.router import Router
from server.clock import SystemClock, processor
from server.lab import building, comparing, reading, traces
from server.lab.scenario import Scenario
from server.settings.problem import SettingsError

Result = dict[str, Any]


class Prepared(Struct, frozen=True):
    """A scenario that can be run: its plan, and how many promises are to be made."""

    scenario: Scenario
    plan: Plan


def prepare(text: str, folder: Path, *, key: str = "", value: str = "") -> Prepared:
    """Read a scenario, with one value changed if a key is named; paths in it start at `folder`.

    Raises:
        SettingsError: it cannot be simulated.
    """
    scenario = reading.read(text, (lambda tables: comparing.changed(tables, key, value)) if key else None)
    return Prepared(scenario, building.plan(scenario, _trace(scenario, folder)))


def _trace(scenario: Scenario, folder: Path) -> list[traces.Row]:
    name = scenario.arrivals.trace
    if not name:
        return []
    try:
        return traces.load((folder / name).read_text(encoding="utf-8"))
    except traces.BadTrace as error:
        raise SettingsError(f"arrivals: {name}, {error}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"arrivals: {name} is not text in UTF-8") from None
    except OSError as error:
        raise SettingsError(f"arrivals: {name} cannot be read ({error.strerror})") from None


def simulate(prepared: Prepared, *, progress: Callable[[int], None] = no_progress) -> Result:
    """Run it."""
    plan, sample = prepared.plan, prepared.scenario.promise.sample
    watches: list[PromiseWatch] = []

    def watch(router: Router) -> Watcher:
        every = max(1, (plan.conversations - plan.warm_up) // sample)
        watches.append(PromiseWatch(router, first=plan.warm_up, every=every))
        return watches[-1]

    tally = run(
        plan,
        cpu=processor,
        wall=SystemClock().monotonic,
        progress=progress,
        watchers=[watch] if sample else [],
    )
    return figures(tally, watches[0].figures() if watches else None)
