"""From what the router did to what is to be written: the plan of one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from router import events, model
from router.router import Router
from server.desk import chronicle, commit
from server.desk.changed_settings import told_anew
from server.desk.commit import VOLATILE, Batch
from server.desk.directory import Directory
from server.desk.job import Job
from server.desk.open import OpenConversations
from server.desk.views import encode
from server.desk.waits import Waits

# Conversations that one commit writes for no other reason than that somebody wrote in them. The log says so as well, so
# nothing is lost if it comes late; a thousand of them at once would hold up whoever waits for this commit by 50 ms.
WRITTEN_MOST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the engine knows beside the router, as of before this commit.

    ``quiet``: see `Unwritten`; ``to_read``: `Overview`.
    """

    v: int
    directory: Directory
    open: OpenConversations
    waits: Waits
    quiet: Callable[[], frozenset[str]]
    to_read: Callable[[], frozenset[str] | None]


def plan(memory: Memory, router: Router, done: list[Job], happened: tuple[events.Event, ...]) -> Batch | None:
    """What is to be written, or None when there is nothing that must survive."""
    lasting = any(not isinstance(event, VOLATILE) for event in happened)
    if not lasting and not any(job.step.before or job.step.after or job.name for job in done if job.step):
        return None
    changes = router.take_changes(written=WRITTEN_MOST)
    before, after = memory.directory, directory_after(memory.directory, done)
    anew = told_anew(before, after, (each.id for each in memory.open.all()), router)
    agents = dict.fromkeys((*changes.agents, *anew.agents))
    conversations = dict.fromkeys((*changes.conversations, *changes.written, *anew.conversations))
    lines = commit.lines_changed(happened, memory.open.department) | anew.departments
    to_read = memory.to_read()
    return Batch(
        workspace=after.workspace_id,
        v=memory.v,
        at=router.now,
        counters=encode(router.counters()),
        events=happened,
        agents={each: router.agent(model.AgentId(each)) for each in agents},
        conversations={each: router.conversation(model.ConversationId(each)) for each in conversations},
        quiet=memory.quiet().union(changes.written).difference(anew.conversations),
        closings=commit.closings(happened),
        departments=lines & after.departments.keys(),
        to_read=None if to_read is None else to_read & after.departments.keys(),
        lines=tuple(_lines(memory, happened, after)),
        visitors=frozenset(job.step.visitor for job in done if job.step is not None and job.step.visitor),
        learned=memory.waits.to_keep(router.now),
    )


def directory_after(before: Directory, done: list[Job]) -> Directory:
    """The directory that these jobs leave behind: a new one when settings change in them."""
    found = before
    for job in done:
        if job.step is not None and job.step.directory is not None:
            found = job.step.directory
    return found


def _lines(memory: Memory, happened: tuple[events.Event, ...], after: Directory) -> Iterator[chronicle.Line]:
    """The entries these events add, worded by the settings that each of them happened under."""

    def languages(conversation: str) -> tuple[str, ...]:
        return memory.open.language(conversation), memory.directory.workspace.language

    changed = next((n for n, event in enumerate(happened) if isinstance(event, events.Configured)), len(happened))
    yield from chronicle.lines(happened[:changed], memory.directory, languages, memory.waits.shown)
    yield from chronicle.lines(happened[changed:], after, languages, memory.waits.shown)
