"""Results as tables for people: what was measured, how far it can be trusted, and what theory says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Result = dict[str, Any]
_AGENTS_SHOWN = 20

# What is shown: where it stands in the result, what people call it, and its unit.
_ROWS = (
    ("wait.p_wait", "have to wait", "%"),
    ("wait.mean_s", "mean wait", "s"),
    ("wait.mean_waiting_s", "mean of those who wait", "s"),
    ("wait.p50_s", "half wait at most", "s"),
    ("wait.p90_s", "9 of 10 wait at most", "s"),
    ("wait.p95_s", "19 of 20 wait at most", "s"),
    ("wait.within.20", "answered within 20 s", "%"),
    ("wait.within.30", "answered within 30 s", "%"),
    ("wait.within.60", "answered within 60 s", "%"),
    ("abandoned_share", "leave unserved", "%"),
    ("utilization", "slots in use", "%"),
    ("fairness.gini", "unevenness of work (Gini)", ""),
    ("fairness.max_skips", "passed over in a row, at most", "n"),
    ("promise.coverage_p80", "promised 80 %, kept", "%"),
    ("promise.coverage_shown", "shown range, kept", "%"),
)


def table(results: Sequence[tuple[str, Result]]) -> str:
    """Results side by side, each under its name, with the closed form beside them if one holds for all."""
    first = results[0][1]
    theory = first["reference"] if all(one["reference"] == first["reference"] for _, one in results) else None
    header = ["", *(name for name, _ in results)]
    if theory is not None and theory["model"] != "none":
        header.append(theory["model"].replace("_", " ").title())
    else:
        theory = None
    rows = [header, *_rows(results, theory)]
    lines = [_head(first), "", *_aligned(rows)]
    lines += _notes(results)
    for name, result in results:
        lines += ["", *_details(name if len(results) > 1 else "", result)]
    return "\n".join(lines) + "\n"


def _head(result: Result) -> str:
    run, router = result["run"], result["router"]
    speed = router["conversations_per_s"]
    head = f"{run['conversations']} conversations, {run['warm_up']} of them warm-up; seed {run['seed']}"
    return f"{head}; {run['cpu_s']:.1f} s of CPU, {speed:.0f} a second" if speed else head


def _rows(results: Sequence[tuple[str, Result]], theory: Result | None) -> Iterator[list[str]]:
    for path, name, unit in _ROWS:
        measured = [_of(result, path) for _, result in results]
        if all(value is None for value in measured):
            continue
        errors = [_of(result["se"], path) for _, result in results]
        row = [name, *(_measured(value, error, unit) for value, error in zip(measured, errors, strict=True))]
        if theory is not None:
            row.append(_number(_of(theory, path.removeprefix("wait.")), unit))
        yield row


def _of(tree: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(tree, dict):
            return None
        tree = tree.get(part)
    return tree


def _measured(value: float | None, error: float | None, unit: str) -> str:
    said = _number(value, unit)
    return f"{said} ±{_number(error, unit).removesuffix(' %').removesuffix(' s')}" if said and error else said


def _number(value: float | None, unit: str) -> str:
    match value, unit:
        case None, _:
            return ""
        case number, "%":
            return f"{100 * number:.2f} %"
        case number, "s":
            return f"{number:.1f} s"
        case number, "n":
            return f"{number:.0f}"
        case number, _:
            return f"{number:.4f}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()


def _notes(results: Sequence[tuple[str, Result]]) -> Iterator[str]:
    for name, result in results:
        whose = f"{name}: " if len(results) > 1 else ""
        if result["reference"].get("stable") is False:
            yield f"{whose}More come than can be served: the line grows without end, and so do these figures."
        if count := result["run"]["never_served"]:
            yield f"{whose}{count} conversations could not be served by anybody; they count as waiting to the end."
        if refused := result["run"]["refused_share"]:
            yield f"{whose}{100 * refused:.2f} % were turned away because the line was full."
        if result["reference"]["model"] == "none" and not whose:
            yield f"No closed form to compare with: {result['reference']['reason']}."


def _details(name: str, result: Result) -> Iterator[str]:
    if name:
        yield f"{name}:"
    agents = result["agents"]
    rows = [["agent", "slots in use", "conversations"]]
    rows += [
        [key, _measured(each["occupancy"], _of(result["se"], f"agents.{key}.occupancy"), "%"), str(each["assigned"])]
        for key, each in list(agents.items())[:_AGENTS_SHOWN]
    ]
    yield from _aligned(rows)
    if len(agents) > _AGENTS_SHOWN:
        yield f"... and {len(agents) - _AGENTS_SHOWN} more"
    for kind in ("classes", "departments"):
        groups = {key: each for key, each in result[kind].items() if each["conversations"]}
        if len(groups) > 1:
            yield ""
            yield from _aligned(list(_group_rows(kind, groups, result["se"][kind], result["reference"])))


def _group_rows(kind: str, groups: Result, errors: Result, theory: Result) -> Iterator[list[str]]:
    known = theory.get(kind, {}) if kind == "classes" else {}
    yield [{"classes": "class"}.get(kind, "department"), "conversations", "mean wait", "theory", "leave unserved"]
    for key, each in groups.items():
        yield [
            key,
            str(each["conversations"]),
            _measured(each["wait"]["mean_s"], errors[key]["wait"]["mean_s"], "s"),
            _number(known.get(key, {}).get("mean_s"), "s"),
            _measured(each["abandoned_share"], errors[key]["abandoned_share"], "%"),
        ]
