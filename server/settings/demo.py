"""The workspace `frontdesk demo` starts with: a small shop, two departments, five people."""

from __future__ import annotations

from collections.abc import Iterable

from server.settings.workspace import (
    Agent,
    Department,
    Member,
    Role,
    Site,
    WaitMessage,
    Workspace,
    WorkspaceFile,
)

_QUEUED = WaitMessage(
    when="queued",
    min_ahead=0,
    text={
        "en": "You are number {place} in line. {wait}",
        "da": "Du er nummer {place} i køen. {wait}",
        "de": "Sie sind Nummer {place} in der Warteschlange. {wait}",
    },
)
_NOBODY = WaitMessage(
    when="nobody",
    min_ahead=0,
    text={
        "en": "Nobody from {department} is here right now. Your message is kept and read when we are back.",
        "da": "Der er ingen fra {department} lige nu. Din besked er gemt og bliver læst, når vi er tilbage.",
        "de": "Zurzeit ist niemand von {department} da. Ihre Nachricht bleibt erhalten und wird gelesen, "
        "sobald wir zurück sind.",
    },
)


def demo(*, origins: Iterable[str]) -> WorkspaceFile:
    """The demo workspace, its site open to these origins. Everyone's e-mail is KEY@demo.example."""
    return WorkspaceFile(
        workspace=Workspace(key="demo", name="Demo", timezone="Europe/Copenhagen", default_department="support"),
        sites=(Site(key="demo", name="Demo shop", origins=tuple(origins), departments=("support", "sales")),),
        departments=(
            Department(
                key="support",
                name="Support",
                method="average_utilization",
                messages=(_QUEUED, _NOBODY),
            ),
            Department(key="sales", name="Sales", method="ring_all"),
        ),
        agents=(
            *(_person(key, member_of=("support", "sales")) for key in ("ada", "ben", "cleo")),
            _person("sue", role="supervisor"),
            _person("root", role="admin"),
        ),
    )


def _person(key: str, *, role: Role = "agent", member_of: tuple[str, ...] = ()) -> Agent:
    return Agent(
        key=key,
        name=key.capitalize(),
        email=f"{key}@demo.example",
        role=role,
        max_slots=3,
        members=tuple(Member(department=department) for department in member_of),
    )
