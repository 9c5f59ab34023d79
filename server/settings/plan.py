"""From the text of a file to the workspace it makes: the one way in for `frontdesk apply`, the API and the demo."""

from __future__ import annotations

from msgspec import Struct

from server.settings.change import Change, changes, merge
from server.settings.check import check
from server.settings.parse import locate, parse
from server.settings.problem import SettingsError
from server.settings.workspace import WorkspaceFile


class Plan(Struct, frozen=True):
    """What applying a file would leave behind, and how that differs from what is there."""

    workspace: WorkspaceFile
    changes: tuple[Change, ...]


def plan(text: str, *, current: WorkspaceFile | None, prune: bool = False, any_origin: bool = False) -> Plan:
    """Parse the text, put it onto the current workspace (`None` if there is none yet) and check the whole.

    Raises:
        SettingsError: the text, or the workspace it would make, is not sound; with lines for what the text says.
    """
    file = parse(text, of=None if current is None else current.workspace)
    whole = merge(current, file, prune=prune)
    if problems := check(whole, any_origin=any_origin):
        raise SettingsError.of(locate(problems, whole=whole, text=text))
    return Plan(whole, changes(current, whole))
