"""A workspace whose clock hangs in Copenhagen, as the desk looks it up; without a store."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from server.desk import directory
from server.desk.administration import _rows
from server.desk.directory import Directory
from server.settings.change import with_named_bots
from server.settings.check import check
from server.settings.workspace import WorkspaceFile


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Copenhagen")).timestamp()) * 1000


def office(rules: list[dict[str, Any]] | None = None, **departments: dict[str, Any]) -> Directory:
    """Support, sales and night; Ada and Ben in all of them; ids are `d_support`, `a_ada` and so on."""
    tables = {
        "workspace": {"key": "w", "timezone": "Europe/Copenhagen", "default_department": "support"},
        "site": [{"key": "shop", "departments": ["support", "sales"]}, {"key": "bare"}],
        "department": [{"key": key, **departments.get(key, {})} for key in ("support", "sales", "night")],
        "agent": [
            {
                "key": key,
                "email": f"{key}@w.example",
                "member": [{"department": each} for each in ("support", "sales", "night")],
                **more,
            }
            for key, more in {
                "ada": {"substitutes": ["ben", "cleo"]},
                "ben": {},
                "cleo": {"leave": ["2026-11-20/2026-11-23"]},
                "dan": {"leave": ["2026-11-23"], "substitutes": ["ada"]},
            }.items()
        ],
        "rule": [{"name": f"r{n}", "when": "true", **rule} for n, rule in enumerate(rules or [])],
    }
    file = with_named_bots(msgspec.convert(tables, WorkspaceFile))
    assert check(file) == ()
    kinds = {"department": file.departments, "agent": file.agents, "bot": file.bots, "site": file.sites}
    known = {(kind, record.key): f"{kind[0]}_{record.key}" for kind, records in kinds.items() for record in records}
    return directory.build(1, file.workspace, tuple(_rows(file, known, lambda prefix: f"{prefix}_new")))
