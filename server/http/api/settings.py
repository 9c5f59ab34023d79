"""The workspace's settings over HTTP: all of them, one record, the rules in their order.

A change is made by the same operation as `frontdesk apply`: checked whole, committed at once or not at all, followed by
the running server without a restart. Every answer carries an `ETag` that stands for all settings; sent back as
`If-Match`, it makes sure that nobody has changed them since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import hdrs, web
from msgspec import Struct

from server.control.operations import Operations, Revised
from server.desk.identity import AgentIdentity
from server.desk.policy import Policy
from server.http import answers
from server.http.answers import Answered, Problem
from server.http.api import problems
from server.http.api.operation import PREFIX, Call, Operation, Parameter
from server.settings import workspace as settings
from server.settings.change import merge
from server.settings.form import form_problems
from server.settings.methods import METHODS
from server.settings.parse import completed
from server.settings.problem import SettingsError
from server.settings.workspace import WorkspaceFile
from server.wire import codec
from server.wire.codes import ErrorCode, Refused

MAX_SETTINGS: Final = 4 * 1024 * 1024

_IF_MATCH: Final = Parameter(
    name="If-Match",
    where="header",
    says="An ETag of the settings: with it, the change is made only if they are still those (else 412).",
)
_IF_NONE_MATCH: Final = Parameter(
    name="If-None-Match", where="header", says='"*": only create it; what is there already stays (412).'
)
_PRUNE: Final = Parameter(
    name="prune", where="query", says="1: what the body does not name is removed; else it stays.", kind=bool
)
_KEY: Final = Parameter(name="key", where="path", says="The key of the record.")

RecordT = TypeVar("RecordT", bound=settings.NamedRecord)


class Change(Struct, kw_only=True, frozen=True):
    """One difference; `text` says it on a line. `field` is empty where a whole record comes or goes."""

    kind: str
    what: str
    field: str
    old: Any
    new: Any
    text: str


class Checked(Struct, kw_only=True, frozen=True):
    """What putting these settings on would change, and what stands in its way."""

    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]


class MethodAnswer(Struct, kw_only=True, frozen=True):
    """A routing method in a sentence."""

    method: settings.Method
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of record with a key: its table in the file, its place in the address, its type.

    ``listed``: whether a list of them is given here, or elsewhere with more.
    """

    table: str
    plural: str
    record: type[settings.Site | settings.Department | settings.Agent | settings.Bot]
    listed: bool = True

    def of(self, file: WorkspaceFile) -> tuple[Any, ...]:
        """The records of this kind."""
        found: tuple[Any, ...] = getattr(file, self.plural)
        return found

    def find(self, file: WorkspaceFile, key: str) -> Any:
        """The record of that key; raises `Refused`."""
        for record in self.of(file):
            if record.key == key:
                return record
        raise Refused(ErrorCode.NOT_FOUND, f"There is no such {self.table}.")


KINDS: Final = (
    Kind(table="site", plural="sites", record=settings.Site),
    Kind(table="department", plural="departments", record=settings.Department),
    Kind(table="agent", plural="agents", record=settings.Agent),
    Kind(table="bot", plural="bots", record=settings.Bot, listed=False),
)


def tag(file: WorkspaceFile) -> str:
    """An ETag of these settings: equal settings, equal tag."""
    return f'"{hashlib.sha256(settings.to_json(file)).hexdigest()[:20]}"'


class SettingsApi:
    """The handlers."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def operations(self) -> list[Operation]:
        """All of them, those of one address beside each other."""
        found = [*self._whole(), *self._workspace(), *self._rules()]
        for kind in KINDS:
            found += self._records(kind)
        return found

    # What there is.

    def _whole(self) -> list[Operation]:
        path = f"{PREFIX}/settings"
        return [
            _reads("getSettings", path, "All settings, every key with its value.", self.get_all, WorkspaceFile),
            _writes(
                "putSettings",
                path,
                "Put these settings onto the workspace, as `frontdesk apply` does.",
                self.put_all,
                WorkspaceFile,
                parameters=(_PRUNE, _IF_MATCH),
            ),
            Operation(
                name="checkSettings",
                method="POST",
                path=f"{path}/check",
                who=Policy.ADMIN,
                says="What putting these settings on would change and what is wrong with them. Nothing is changed.",
                run=self.check,
                topic="settings",
                body=WorkspaceFile,
                raw=True,
                max_body=MAX_SETTINGS,
                answer=Checked,
                parameters=(_PRUNE,),
            ),
            Operation(
                name="listMethods",
                method="GET",
                path=f"{PREFIX}/methods",
                who=Policy.AGENT,
                says="The routing methods, each in a sentence.",
                run=self.methods,
                topic="settings",
                answer=tuple[MethodAnswer, ...],
            ),
        ]

    def _workspace(self) -> list[Operation]:
        path, kind = f"{PREFIX}/workspace", settings.Workspace
        limits = f"{PREFIX}/limits"
        return [
            _reads("getWorkspace", path, "The workspace's own settings.", self.get_workspace, kind),
            _writes("putWorkspace", path, "Replace the workspace's own settings.", self.put_workspace, kind),
            _reads("getLimits", limits, "How much anybody may ask for.", self.get_limits, settings.Limits),
            _writes("putLimits", limits, "Replace the limits; they hold at once.", self.put_limits, settings.Limits),
        ]

    def _rules(self) -> list[Operation]:
        path, kind = f"{PREFIX}/rules", tuple[settings.Rule, ...]
        return [
            _reads("getRules", path, "The rules in the order in which they are tried.", self.get_rules, kind),
            _writes("putRules", path, "Replace all rules; their order is the order of the list.", self.put_rules, kind),
        ]

    def _records(self, kind: Kind) -> list[Operation]:
        path, name = f"{PREFIX}/{kind.plural}", kind.table.title()
        one, table = f"{path}/{{key}}", kind.table

        async def get_all(_call: Call) -> web.Response:
            file = await self._current()
            return _tagged(file, kind.of(file))

        async def get(call: Call) -> web.Response:
            file = await self._current()
            return _tagged(file, kind.find(file, call.path("key")))

        async def put(call: Call) -> web.Response:
            return await self._put(call, kind)

        async def delete(call: Call) -> web.Response:
            return await self._delete(call, kind)

        whole: Any = tuple[kind.record, ...]  # type: ignore[name-defined]
        created = ((200, "Replaced."), (201, "Created."))
        listed = [_reads(f"list{name}s", path, f"Every {table}.", get_all, whole)] if kind.listed else []
        return [
            *listed,
            _reads(f"get{name}", one, f"One {table}.", get, kind.record, (_KEY,)),
            _writes(
                f"put{name}",
                one,
                f"Create or replace one {table}, whole: a key that is left out has its default.",
                put,
                kind.record,
                parameters=(_KEY, _IF_MATCH, _IF_NONE_MATCH),
                done=created,
            ),
            Operation(
                name=f"delete{name}",
                method="DELETE",
                path=one,
                who=Policy.ADMIN,
                says=f"Remove one {table}. What other records name cannot go.",
                run=delete,
                topic="settings",
                answers=((204, "Removed."),),
                refuses=(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT),
                parameters=(_KEY, _IF_MATCH),
            ),
        ]

    # The handlers.

    async def get_all(self, _call: Call) -> web.Response:
        file = await self._current()
        return _tagged(file, file)

    async def put_all(self, call: Call) -> web.Response:
        tables = codec.decode_body(dict[str, Any], call.body)
        prune = call.flag("prune")
        revised = await self._revise(call, lambda before: merge(before, _file(tables, before), prune=prune))
        return _tagged(revised.after, revised.after)

    async def check(self, call: Call) -> web.Response:
        tables = codec.decode_body(dict[str, Any], call.body)
        prune = call.flag("prune")
        tables = completed(tables, (await self._current()).workspace)
        if wrong := form_problems(tables):
            return answers.yes(Checked(changes=(), problems=problems.told(wrong, tables)))
        file = msgspec.convert(tables, WorkspaceFile)
        try:
            found = await self._operations.revise(lambda before: merge(before, file, prune=prune), dry_run=True)
        except SettingsError as error:
            # It is for another workspace, so there is nothing to compare it with.
            said = Problem(path=("workspace", "key"), record="workspace", message=error.message)
            return answers.yes(Checked(changes=(), problems=(said,)))
        return answers.yes(
            Checked(
                changes=tuple(_change(each) for each in found.changes),
                problems=problems.told(found.problems, msgspec.to_builtins(found.after)),
            )
        )

    async def methods(self, _call: Call) -> web.Response:
        return answers.yes([MethodAnswer(method=method, says=says) for method, says in METHODS.items()])

    async def get_workspace(self, _call: Call) -> web.Response:
        file = await self._current()
        return _tagged(file, file.workspace)

    async def put_workspace(self, call: Call) -> web.Response:
        body = codec.decode_body(dict[str, Any], call.body)

        def make(before: WorkspaceFile) -> WorkspaceFile:
            named = _with_key(body, before.workspace.key)
            workspace = _file({"workspace": named}).workspace
            # A workspace that names no default department gets one, as from a file.
            return merge(before, msgspec.structs.replace(before, workspace=workspace))

        revised = await self._revise(call, make)
        return _tagged(revised.after, revised.after.workspace)

    async def get_limits(self, _call: Call) -> web.Response:
        file = await self._current()
        return _tagged(file, file.limits)

    async def put_limits(self, call: Call) -> web.Response:
        body = codec.decode_body(dict[str, Any], call.body)

        def make(before: WorkspaceFile) -> WorkspaceFile:
            named = _file({"workspace": _plain(before.workspace), "limits": body})
            return msgspec.structs.replace(before, limits=named.limits)

        revised = await self._revise(call, make)
        return _tagged(revised.after, revised.after.limits)

    async def get_rules(self, _call: Call) -> web.Response:
        file = await self._current()
        return _tagged(file, file.rules)

    async def put_rules(self, call: Call) -> web.Response:
        body = codec.decode_body(list[Any], call.body)

        def make(before: WorkspaceFile) -> WorkspaceFile:
            rules = _file({"workspace": _plain(before.workspace), "rule": body}).rules
            return msgspec.structs.replace(before, rules=rules)

        revised = await self._revise(call, make)
        return _tagged(revised.after, revised.after.rules)

    async def _put(self, call: Call, kind: Kind) -> web.Response:
        key = call.path("key")
        body = _with_key(codec.decode_body(dict[str, Any], call.body), key)

        def make(before: WorkspaceFile) -> WorkspaceFile:
            if call.request.headers.get(hdrs.IF_NONE_MATCH) == "*" and any(each.key == key for each in kind.of(before)):
                said = f"There is a {kind.table} of this key already."
                raise Answered(412, ErrorCode.CONFLICT, said, field="key", headers={hdrs.ETAG: tag(before)})
            (record,) = kind.of(_file({"workspace": _plain(before.workspace), kind.table: [body]}))
            records = kind.of(before)
            kept = tuple(record if each.key == key else each for each in records)
            return _replaced(before, kind, kept if record in kept else (*records, record))

        revised = await self._revise(call, make)
        created = all(each.key != key for each in kind.of(revised.before))
        return _tagged(revised.after, kind.find(revised.after, key), status=201 if created else 200)

    async def _delete(self, call: Call, kind: Kind) -> web.Response:
        key = call.path("key")

        def make(before: WorkspaceFile) -> WorkspaceFile:
            gone = kind.find(before, key)
            return _replaced(before, kind, tuple(each for each in kind.of(before) if each is not gone))

        revised = await self._revise(call, make)
        return web.Response(status=204, headers={hdrs.ETAG: tag(revised.after)})

    async def _current(self) -> WorkspaceFile:
        file = await self._operations.current()
        if file is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no workspace here yet.")
        return file

    async def _revise(self, call: Call, change: Callable[[WorkspaceFile], WorkspaceFile]) -> Revised:
        made: list[WorkspaceFile] = []

        def make(before: WorkspaceFile) -> WorkspaceFile:
            _insist_unchanged(call, before)
            after = change(before)
            _insist_not_shut_out(call.agent, after)
            made.append(after)
            return after

        try:
            return await self._operations.revise(make, by=call.agent.agent)
        except SettingsError as error:
            if not error.problems:
                raise Refused(ErrorCode.BAD_REQUEST, f"{error}.", field=error.key or None) from error
            raise problems.refused(error.problems, msgspec.to_builtins(made[-1])) from error


def _reads(name: str, path: str, says: str, run: Any, answer: Any, parameters: tuple[Parameter, ...] = ()) -> Operation:
    refuses = (ErrorCode.NOT_FOUND,) if parameters else ()
    return Operation(
        name=name,
        method="GET",
        path=path,
        who=Policy.ADMIN,
        says=says,
        run=run,
        topic="settings",
        answer=answer,
        parameters=parameters,
        refuses=refuses,
    )


def _writes(  # noqa: PLR0913 - the parts of one operation
    name: str,
    path: str,
    says: str,
    run: Any,
    body: Any,
    *,
    parameters: tuple[Parameter, ...] = (_IF_MATCH,),
    done: tuple[tuple[int, str], ...] = ((200, "Done; this is how it is now."),),
) -> Operation:
    return Operation(
        name=name,
        method="PUT",
        path=path,
        who=Policy.ADMIN,
        says=says,
        run=run,
        topic="settings",
        body=body,
        raw=True,
        answer=body,
        answers=done,
        refuses=(ErrorCode.CONFLICT,),
        parameters=parameters,
        max_body=MAX_SETTINGS,
    )


def _tagged(file: WorkspaceFile, body: Any, *, status: int = 200) -> web.Response:
    return answers.yes(body, status=status, headers={hdrs.ETAG: tag(file)})


def _insist_unchanged(call: Call, file: WorkspaceFile) -> None:
    expected = call.request.headers.get(hdrs.IF_MATCH)
    if expected is None or expected.strip() == "*":
        return
    found = tag(file)
    if found not in (each.strip() for each in expected.split(",")):
        said = "The settings were changed meanwhile, so nothing was done. Look at them again."
        raise Answered(412, ErrorCode.CONFLICT, said, headers={hdrs.ETAG: found})


def _insist_not_shut_out(caller: AgentIdentity, after: WorkspaceFile) -> None:
    """So that there is always an admin left: the one who asks."""
    if not any(agent.key == caller.key and agent.role == "admin" for agent in after.agents):
        said = "This would shut you out: admins do not remove themselves or give up their own role."
        raise Refused(ErrorCode.CONFLICT, said, field="agent")


def _with_key(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The record under the key that the address names; raises `Refused` if it says another."""
    if body.get("key", key) != key:
        raise Refused(ErrorCode.BAD_REQUEST, "The key is not that of the address; it never changes.", field="key")
    return {"key": key, **body}


def _file(tables: dict[str, Any], of: WorkspaceFile | None = None) -> WorkspaceFile:
    """These tables as settings (`of` those, where they do not name the workspace), if they have the form of some.

    Raises `Refused`.
    """
    tables = completed(tables, None if of is None else of.workspace)
    if wrong := form_problems(tables):
        raise problems.refused(wrong, tables)
    return msgspec.convert(tables, WorkspaceFile)


def _plain(record: settings.Record) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(record)
    return found


def _replaced(file: WorkspaceFile, kind: Kind, records: tuple[Any, ...]) -> WorkspaceFile:
    return msgspec.structs.replace(file, **{kind.plural: records})


def _change(found: Any) -> Change:
    return Change(
        kind=found.kind,
        what=found.what,
        field=found.field,
        old=msgspec.to_builtins(found.old),
        new=msgspec.to_builtins(found.new),
        text=found.describe(),
    )
