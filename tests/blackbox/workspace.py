"""Writes workspace files for the tests, in the form WORKSPACE fixes; values are TOML because JSON's are."""

from __future__ import annotations

import json

Value = str | int | bool | list[str]


def table(header: str, **settings: Value) -> str:
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    return "\n".join([header, *lines, ""])


def department(key: str, **settings: Value) -> str:
    return table("[[department]]", key=key, name=key.title(), **settings)


def agent(key: str, slots: int, departments: dict[str, int], **settings: Value) -> str:
    """An agent and the priority in each department they are a member of."""
    members = [
        table("[[agent.member]]", department=department, priority=priority)
        for department, priority in departments.items()
    ]
    own = table("[[agent]]", key=key, name=key.title(), email=f"{key}@demo.example", max_slots=slots, **settings)
    return "\n".join([own, *members])


def workspace(departments: list[str], *parts: str, origins: list[str] | None = None, **settings: Value) -> str:
    """The whole file: `departments` are the keys a visitor of the site `demo` may ask for."""
    head = table("[workspace]", key="demo", name="Demo", default_department=departments[0], **settings)
    site = table(
        "[[site]]", key="demo", name="Demo shop", origins=origins or ["https://shop.example"], departments=departments
    )
    return "\n".join([head, site, *parts])
