"""Histories made by hand: a run as it should be, with its database, step by step; what is wrong is put in after."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import apsw

from server.store.migrate import known_migrations, migrate
from tests.history import record
from tests.history.database import Database, time
from tests.history.record import Log, Record

START = 1_767_225_600_000


@dataclasses.dataclass
class Row:
    """One row of a log."""

    kind: str
    role: str
    sender: str
    text: str
    client_id: str = ""
    at: int = START


@dataclasses.dataclass
class Talk:
    """One conversation as it stands in the database."""

    id: str
    visitor: str
    owner: str = ""
    state: str = "waiting"
    entry: list[Row] = dataclasses.field(default_factory=list)
    note: list[Row] = dataclasses.field(default_factory=list)

    def log(self, log: Log) -> list[Row]:
        return self.entry if log == "entry" else self.note


@dataclasses.dataclass
class Someone:
    """A client that follows the protocol, as far as a history shows."""

    by: str
    person: str
    role: str
    line: int = 0
    open: bool = False
    has: dict[tuple[str, Log], int] = dataclasses.field(default_factory=dict)


class Run:
    """Steps of a run; after each, records and database agree."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.talks: dict[str, Talk] = {}
        self.events: list[tuple[int, str, str]] = []
        self.offers: list[tuple[str, str]] = []
        self.holds: list[tuple[str, str, str, int]] = []
        self.slots: dict[str, int] = {}
        self.v = 0
        self.epoch = "e1"
        self.hidden = 0  # so many of the last rows of the last conversation are gone from the database
        self.now = START
        self.people: dict[str, Someone] = {}

    # People.

    def come(self, by: str, person: str = "", role: str = "visitor", *, epoch: str = "") -> Someone:
        """For the first time or again, with the positions it has; `epoch`: of those, if it is not today's."""
        someone = self.people.setdefault(by, Someone(by, person, role))
        if role == "agent":
            self.slots.setdefault(person, 3)
        someone.line += 1
        someone.open = True
        self.records.append(record.Connected(by=by, line=someone.line))
        entries = {talk: seq for (talk, log), seq in someone.has.items() if log == "entry"}
        notes = {talk: seq for (talk, log), seq in someone.has.items() if log == "note"}
        self.records.append(
            record.Identifying(by=by, line=someone.line, epoch=epoch or self.epoch, entries=entries, notes=notes)
        )
        self.records.append(
            record.Identified(
                by=by, line=someone.line, person=someone.person, role=someone.role, epoch=self.epoch, v=self.v
            )
        )
        for talk in self.talks.values():
            if someone.person in {talk.visitor, talk.owner}:
                self.catch_up(someone, talk, "entry")
                if someone.role == "agent":
                    self.catch_up(someone, talk, "note")
        return someone

    def catch_up(self, someone: Someone, talk: Talk, log: Log) -> None:
        for seq in range(someone.has.get((talk.id, log), 0) + 1, len(talk.log(log)) + 1):
            self.hears(someone, talk, seq, log, "missed")

    def go(self, by: str) -> None:
        self.people[by].open = False
        self.records.append(record.Ended(by=by, line=self.people[by].line))

    # Messages.

    def say(self, by: str, talk: str, client_id: str, text: str = "", *, do: str = "message.send") -> None:
        self.records.append(
            record.Said(
                by=by,
                line=self.people[by].line,
                do=do,
                client_id=client_id,
                conversation=talk,
                text=text or f"text of {client_id}",
            )
        )

    def stores(self, by: str, talk: str, client_id: str, text: str = "", *, log: Log = "entry") -> int:
        """Committed, and told to everybody."""
        someone = self.people[by]
        row = Row("message", someone.role, someone.person, text or f"text of {client_id}", client_id, self.tick())
        return self.append(talk, row, log)

    def append(self, talk: str, row: Row, log: Log = "entry") -> int:
        self.talks[talk].log(log).append(row)
        seq = len(self.talks[talk].log(log))
        for someone in self.people.values():
            theirs = someone.person in {self.talks[talk].visitor, self.talks[talk].owner}
            if someone.open and theirs and (log == "entry" or someone.role == "agent"):
                self.hears(someone, self.talks[talk], seq, log, "live")
        return seq

    def yes(self, by: str, talk: str, client_id: str, seq: int, *, do: str = "message.send") -> None:
        log: Log = "note" if do == "note.add" else "entry"
        self.records.append(
            record.Acked(
                by=by,
                line=self.people[by].line,
                do=do,
                client_id=client_id,
                conversation=talk,
                seq=seq,
                at=time(self.talks[talk].log(log)[seq - 1].at),
            )
        )

    def no(self, by: str, talk: str, client_id: str, code: str, *, do: str = "message.send") -> None:
        line = self.people[by].line
        self.records.append(record.Refused(by=by, line=line, do=do, client_id=client_id, conversation=talk, code=code))

    def writes(self, by: str, talk: str, client_id: str, *, do: str = "message.send") -> int:
        """The whole way."""
        self.say(by, talk, client_id, do=do)
        seq = self.stores(by, talk, client_id, log="note" if do == "note.add" else "entry")
        self.yes(by, talk, client_id, seq, do=do)
        return seq

    def hears(self, someone: Someone, talk: Talk, seq: int, log: Log = "entry", way: record.Way = "live") -> None:
        row = talk.log(log)[seq - 1]
        someone.has[talk.id, log] = seq
        self.records.append(
            record.Heard(
                by=someone.by,
                line=someone.line,
                conversation=talk.id,
                seq=seq,
                kind=row.kind,
                role=row.role,
                sender=row.sender,
                text=row.text,
                at=time(row.at),
                client_id=row.client_id,
                way=way,
                log=log,
            )
        )

    # Conversations.

    def start(self, by: str, talk: str, text: str = "hello") -> None:
        self.say(by, "", f"start {talk}", text, do="conversation.start")
        self.talks[talk] = Talk(talk, self.people[by].person)
        self.event(talk, "ConversationStarted", "{}")
        row = Row("message", "visitor", self.people[by].person, text, f"start {talk}", self.tick())
        self.started(by, talk, row.at)
        self.append(talk, row)

    def started(self, by: str, talk: str, at: int, client_id: str = "") -> None:
        self.records.append(
            record.Acked(
                by=by,
                line=self.people[by].line,
                do="conversation.start",
                client_id=client_id or f"start {talk}",
                at=time(at),
                became=talk,
            )
        )

    def take(self, by: str, talk: str) -> None:
        """An agent joins, with all that was said before."""
        someone, found = self.people[by], self.talks[talk]
        assign_no = 1 + sum(kind == "ConversationAssigned" and of == talk for _, kind, of, *_ in self._events())
        self.event(
            talk,
            "ConversationAssigned",
            f'{{"agent":"{someone.person}","previous":null,"assign_no":{assign_no}}}',
        )
        self.offers.append((someone.person, talk))
        for seq in range(1, len(found.entry) + 1):
            self.hears(someone, found, seq, "entry", "page")
        found.owner, found.state = someone.person, "active"
        self.holds.append((someone.person, talk, "active", 1))
        self.append(talk, Row("joined", "agent", someone.person, "joined", at=self.tick()))
        for each in self.people.values():
            if each.open and each.person in {found.visitor, found.owner}:
                self.shown(each.by, talk)
        self.counted(by)

    def lose(self, talk: str) -> None:
        """Back into the line."""
        found = self.talks[talk]
        self.event(talk, "ConversationReturned", f'{{"previous":"{found.owner}"}}')
        self.holds = [hold for hold in self.holds if hold[1] != talk]
        self.append(talk, Row("left", "agent", found.owner, "left", at=self.tick()))
        found.owner, found.state = "", "waiting"

    def close(self, talk: str) -> None:
        found = self.talks[talk]
        self.event(
            talk, "ConversationClosed", f'{{"agent":{f"{chr(34)}{found.owner}{chr(34)}" if found.owner else "null"}}}'
        )
        self.holds = [hold for hold in self.holds if hold[1] != talk]
        self.append(talk, Row("closed", "system", "", "closed", at=self.tick()))
        found.state = "closed"

    def shown(self, by: str, talk: str) -> None:
        found = self.talks[talk]
        self.records.append(
            record.Shown(
                by=by,
                line=self.people[by].line,
                v=self.v,
                conversation=talk,
                agent=found.owner,
                state=found.state,
            )
        )

    def counted(self, by: str, *, used: int | None = None) -> None:
        person = self.people[by].person
        taken = sum(cost for agent, _, _, cost in self.holds if agent == person) if used is None else used
        self.records.append(
            record.Slots(by=by, line=self.people[by].line, v=self.v, agent=person, used=taken, limit=self.slots[person])
        )

    def read(self, by: str, talk: str, reader: str, seq: int) -> None:
        self.records.append(record.Read(by=by, line=self.people[by].line, conversation=talk, reader=reader, seq=seq))

    def server(self, event: str) -> None:
        self.records.append(record.Server(event=event))  # type: ignore[arg-type] # one of the words

    def quiet(self) -> None:
        self.records.append(record.Quiet())

    def event(self, talk: str, kind: str, body: str) -> None:
        self.v += 1
        said = f'"conversation":"{talk}"'
        self.events.append((self.v, kind, body.replace("{", "{" + said + ("," if body != "{}" else ""), 1)))

    def tick(self) -> int:
        self.now += 7
        return self.now

    def _events(self) -> list[tuple[int, str, str]]:
        return [(v, kind, body.split('"')[3]) for v, kind, body in self.events]

    # Its end.

    def database(self) -> Database:
        """As it stands now, in the server's own schema."""
        connection = apsw.Connection(":memory:")
        migrate(connection, known_migrations(), now=0)
        # What the schema forbids must be caught too.
        connection.execute("PRAGMA foreign_keys = OFF; DROP INDEX entry_once; DROP INDEX hold_owner")
        connection.execute("INSERT INTO installation VALUES (1, ?, x'00')", (self.epoch,))
        connection.execute("INSERT INTO workspace VALUES (1, 'demo', '{}', ?, '{}')", (self.v,))
        for agent, slots in self.slots.items():
            connection.execute(
                "INSERT INTO setting VALUES (1, 'agent', ?, ?, 0, ?)", (agent, agent, f'{{"max_slots":{slots}}}')
            )
        for n, talk in enumerate(self.talks.values(), start=1):
            self._put(connection, n, talk)
        connection.execute(
            "DELETE FROM entry WHERE conversation = ?1"
            " AND seq > (SELECT MAX(seq) FROM entry WHERE conversation = ?1) - ?2",
            (len(self.talks), self.hidden),
        )
        for agent, conversation, kind, cost in self.holds:
            connection.execute("INSERT INTO hold VALUES (1, ?, ?, ?, ?, NULL)", (agent, conversation, kind, cost))
        for number, (agent, conversation) in enumerate(self.offers):
            connection.execute(
                "INSERT INTO offer (id, workspace, conversation, agent, soft, state, made_at, auto, decision) "
                "VALUES (?, 1, ?, ?, 0, 'accepted', 0, 0, '{}')",
                (f"o_{number}", conversation, agent),
            )
        for n, (v, kind, body) in enumerate(self.events):
            connection.execute(
                "INSERT INTO event (workspace, v, n, kind, body, at) VALUES (1, ?, ?, ?, ?, 0)", (v, n, kind, body)
            )
        return Database(connection)

    @staticmethod
    def _put(connection: apsw.Connection, n: int, talk: Talk) -> None:
        connection.execute(
            "INSERT INTO conversation (n, id, workspace, site, visitor, department, state, owner, key_at, arrival,"
            " entered_at, assign_no, version, entries, notes, started_at, language, page, form, tags)"
            " VALUES (?, ?, 1, 'demo', ?, 'd_1', ?, ?, 0, 0, 0, 0, 0, ?, ?, 0, 'en', '{}', '{}', '[]')",
            (n, talk.id, talk.visitor, talk.state, talk.owner or None, len(talk.entry), len(talk.note)),
        )
        for log in ("entry", "note"):
            connection.executemany(
                f"INSERT INTO {log} (conversation, seq, kind, role, sender, name, client_id, text, at)"
                " VALUES (?, ?, ?, ?, ?, '', ?, ?, ?)",
                [
                    (n, seq, row.kind, row.role, row.sender, row.client_id or None, row.text, row.at)
                    for seq, row in enumerate(talk.entry if log == "entry" else talk.note, start=1)
                ],
            )


Step = Callable[[Run], None]


def good() -> Run:
    """Two conversations, an agent in each, a second page, a kill with a message in flight, and a quiet end."""
    run = Run()
    run.server("started")
    run.come("vera", "v_1")
    run.come("ada", "a_1", "agent")
    run.start("vera", "c_1")
    run.take("ada", "c_1")
    run.come("vera 2", "v_1")
    run.writes("vera", "c_1", "m1")
    run.writes("ada", "c_1", "n1")
    run.come("vito", "v_2")
    run.come("ben", "a_2", "agent")
    run.start("vito", "c_2")
    run.take("ben", "c_2")
    run.say("vera", "c_1", "m2")
    run.say("vera", "c_1", "m3")
    seq = run.stores("vera", "c_1", "m2")
    run.server("killed")
    for by in ("vera", "vera 2", "ada", "vito", "ben"):
        run.go(by)
    run.server("started")
    for by in ("ada", "vera", "vito", "ben", "vera 2"):
        run.come(by)
    run.say("vera", "c_1", "m2")
    run.say("vera", "c_1", "m3")
    run.yes("vera", "c_1", "m2", seq)
    run.yes("vera", "c_1", "m3", run.stores("vera", "c_1", "m3"))
    run.writes("ada", "c_1", "note 1", do="note.add")
    run.read("ada", "c_1", "v_1", 4)
    run.writes("ben", "c_2", "b1")
    run.quiet()
    return run
