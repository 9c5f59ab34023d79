"""The workspace's settings in the database: read as the file they came from, replaced whole.

Records keep their id as long as their key stays; agents get an account with their first appearance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from router import commands
from server.desk.directory import Directory, build, router_settings
from server.desk.ids import Ids
from server.desk.job import Step
from server.settings import workspace as settings
from server.settings.change import identity
from server.settings.workspace import WorkspaceFile, from_json, to_json
from server.store import accounts, bot_tokens, workspaces
from server.store.base import Tx
from server.store.workspaces import SettingRow

Also = Callable[[Tx, Directory], None]
"""What is written in the same commit, once the records it belongs to are."""

_Listed = settings.Site | settings.Department | settings.Agent | settings.Bot | settings.Rule
_PREFIX = {"site": "t", "department": "d", "agent": "a", "bot": "b", "rule": "r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Settings ready to be written: the rows, and the directory they make."""

    file: WorkspaceFile
    rows: tuple[SettingRow, ...]


def read(tx: Tx, key: str | None = None) -> WorkspaceFile | None:
    """The workspace as a file would have it, or None when there is none."""
    row = workspaces.find(tx, key)
    if row is None:
        return None
    found = workspaces.settings(tx, row.id)

    def records(kind: str, struct: type[settings.RecordT]) -> tuple[settings.RecordT, ...]:
        return tuple(from_json(each.body, struct) for each in found if each.kind == kind)

    workspace, limits = settings.from_stored(row.settings)
    return WorkspaceFile(
        workspace=workspace,
        limits=limits,
        sites=records("site", settings.Site),
        departments=records("department", settings.Department),
        agents=records("agent", settings.Agent),
        bots=records("bot", settings.Bot),
        rules=records("rule", settings.Rule),
    )


def revise(tx: Tx, file: WorkspaceFile, ids: Ids) -> Revision:
    """The rows of these settings; what stays keeps its id."""
    row = workspaces.find(tx, file.workspace.key)
    known = {} if row is None else {(each.kind, each.key): each.id for each in workspaces.settings(tx, row.id)}
    return Revision(file=file, rows=tuple(_rows(file, known, ids.new)))


def _rows(file: WorkspaceFile, known: dict[tuple[str, str], str], new: Callable[[str], str]) -> Iterator[SettingRow]:
    kinds: tuple[tuple[str, Sequence[_Listed]], ...] = (
        ("site", file.sites),
        ("department", file.departments),
        ("agent", file.agents),
        ("bot", file.bots),
        ("rule", file.rules),
    )
    for kind, records in kinds:
        for position, record in enumerate(records):
            key = identity(record)
            found = known.get((kind, key)) or new(_PREFIX[kind])
            yield SettingRow(kind=kind, key=key, id=found, position=position, body=to_json(record).decode())


def write(tx: Tx, revision: Revision) -> Directory:
    """Store a revision; the directory it makes."""
    workspace = workspaces.put(tx, key=revision.file.workspace.key, settings=settings.to_stored(revision.file).decode())
    workspaces.replace_settings(tx, workspace, revision.rows)
    directory = build(workspace, revision.file.workspace, revision.rows, limits=revision.file.limits)
    accounts.keep_only(tx, workspace, list(directory.agents))
    bot_tokens.keep_only(tx, workspace, list(directory.bots))
    for agent in directory.agents.values():
        accounts.put(tx, agent=agent.id, workspace=workspace, email=agent.settings.email.lower())
    return directory


def step(revision: Revision, directory: Directory, *, also: Also | None = None) -> Step:
    """For a running server: settings, router and directory change in one commit, with what `also` writes."""
    after = build(directory.workspace_id, revision.file.workspace, revision.rows, limits=revision.file.limits)

    def before(tx: Tx) -> None:
        written = write(tx, revision)
        if also is not None:
            also(tx, written)

    return Step(command=commands.Configure(settings=router_settings(after)), before=before, directory=after)
