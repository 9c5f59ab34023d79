"""What the database of the end says to what the clients were told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.history.accounts import Accounts
from tests.history.book import content
from tests.history.database import Conversation, Database, Entry, Happened, Hold
from tests.history.outbox import Outbox
from tests.history.reader import Reader
from tests.history.record import Log
from tests.history.violation import Invariant

LOGS: tuple[Log, ...] = ("entry", "note")
Stay = tuple[int, str, str]  # the number, kind and sender of an entry that the server wrote


def judge(accounts: Accounts, database: Database, *, complete: bool) -> None:
    """All of it: logs first, then who owns what, then who was told what they may not know."""
    logs = _Logs(accounts, complete=complete)
    found = {}
    for conversation in database.conversations():
        found[conversation.id] = conversation
        for log in LOGS:
            logs.go_through(conversation, log, database.log(conversation, log))
    logs.close(found)
    _everybody_is_at_the_top(accounts, found)
    _marks_are_of_entries(accounts, found)
    _Owners(accounts, database, found).judge()
    _nobody_reads_what_is_not_theirs(accounts, database, found, logs)


class _Logs:
    """I1 to I4 of the logs, conversation by conversation."""

    def __init__(self, accounts: Accounts, *, complete: bool) -> None:
        self._accounts = accounts
        self._complete = complete
        self._of: dict[str, list[Outbox]] = defaultdict(list)
        for (_, person), outbox in accounts.outboxes.items():
            self._of[person].append(outbox)
        self.stays: dict[str, list[Stay]] = {}  # by conversation: what says who came and went

    def go_through(self, conversation: Conversation, log: Log, rows: Iterator[Entry]) -> None:
        newest: dict[Outbox, int] = {}
        names: set[int] = set()
        count = 0
        for entry in rows:
            count += 1
            if entry.seq != count:
                self._fault(
                    Invariant.I3, f"{entry.seq} stands at place {count} of {conversation.id} ({log})", conversation
                )
                count = entry.seq
            self._told_as_it_stands(conversation, log, entry)
            if entry.client_id:
                self._once(conversation, entry, names)
                self._sent(conversation, log, entry, newest)
            if log == "entry" and entry.kind != "message":
                self.stays.setdefault(conversation.id, []).append((entry.seq, entry.kind, entry.sender))
        if count != conversation.tops[log]:
            says = f"{conversation.id} counts {conversation.tops[log]} and has {count} ({log})"
            self._fault(Invariant.I3, says, conversation)
        book = self._accounts.books.get((conversation.id, log))
        above = None if book is None else book.told_above(count)
        if above is not None:
            says = f"{above[0]} of {conversation.id} was told, and the log ends at {count} ({log})"
            self._fault(Invariant.I3, says, conversation, at=above[1])

    def close(self, found: dict[str, Conversation]) -> None:
        """I1: nothing that was acknowledged is missing."""
        for (conversation, log), book in self._accounts.books.items():
            above = None if conversation in found else book.told_above(0)
            if above is not None:
                says = f"{above[0]} of {conversation} was told ({log}), and there is no such conversation"
                self._accounts.findings.add(Invariant.I3, says, at=above[1], conversation=conversation)
        for outbox in self._accounts.outboxes.values():
            names = {place: key for key, place in outbox.places.items()} if outbox.named else {}
            for place, at in enumerate(outbox.acked_at):
                if at and outbox.numbers[place] and not outbox.found[place]:
                    says = f"what {outbox.by} was told to be stored as {outbox.numbers[place]} is not in the log"
                    self._accounts.findings.add(Invariant.I1, says, at=at, by=outbox.by)
                if at and place in names and place in outbox.named:
                    self._started(outbox, place, at, found)

    def _started(self, outbox: Outbox, place: int, at: int, found: dict[str, Conversation]) -> None:
        conversation = outbox.named[place]
        row = found.get(conversation)
        if row is None or row.visitor != outbox.person:
            says = f"{outbox.by} was told that {conversation} has begun, and it is not theirs in the end"
        elif outbox.texts[place] != hash("") and not outbox.found[place]:
            says = f"the text with which {outbox.by} started {conversation} is not in its log"
        else:
            return
        self._accounts.findings.add(Invariant.I1, says, at=at, conversation=conversation, by=outbox.by)

    def _told_as_it_stands(self, conversation: Conversation, log: Log, entry: Entry) -> None:
        """I3: whoever was told of this number was told this."""
        book = self._accounts.books.get((conversation.id, log))
        if book is None:
            return
        said = content(entry.kind, entry.role, entry.sender, hash(entry.client_id), hash(entry.text), entry.at)
        at = book.stands(entry.seq, said)
        if at:
            says = f"{entry.seq} of {conversation.id} was told otherwise than it stands ({log}, {entry.client_id!r})"
            self._fault(Invariant.I3, says, conversation, at=at)

    def _once(self, conversation: Conversation, entry: Entry, names: set[int]) -> None:
        """I2: one name of one sender, one entry."""
        name = hash((entry.sender, entry.client_id))
        if name in names:
            says = f"{entry.client_id} of {entry.sender} stands twice in {conversation.id}, again as {entry.seq}"
            self._fault(Invariant.I2, says, conversation)
        names.add(name)

    def _sent(self, conversation: Conversation, log: Log, entry: Entry, newest: dict[Outbox, int]) -> None:
        """I1, I2, I4 of a message: the answer was its number, its text is as sent, and it stands in its order."""
        for outbox in self._of.get(entry.sender, ()):
            place = outbox.place(conversation.id, log, entry.client_id)
            if place is None:
                continue
            self._as_answered(conversation, entry, outbox, place)
            if place < newest.get(outbox, -1):
                says = f"{entry.client_id} of {outbox.by} stands as {entry.seq}, after what was sent later"
                self._fault(Invariant.I4, says, conversation, at=outbox.said_at[place])
            newest[outbox] = max(newest.get(outbox, -1), place)
            return
        # A summary that comes after the hand-over is a note under a name that the server gives it.
        if self._complete and (log, entry.role) != ("note", "bot"):
            says = f"nobody sent {entry.client_id} of {entry.sender}, which stands as {entry.seq} ({log})"
            self._fault(Invariant.I3, says, conversation)

    def _as_answered(self, conversation: Conversation, entry: Entry, outbox: Outbox, place: int) -> None:
        outbox.found[place] = 1
        at = outbox.acked_at[place] or outbox.said_at[place]
        if outbox.texts[place] != hash(entry.text) and place not in outbox.reworded:
            says = f"{entry.client_id} of {outbox.by} stands as {entry.seq} with another text than was sent"
            self._fault(Invariant.I3, says, conversation, at=outbox.said_at[place])
        if place in outbox.refused and place not in outbox.reworded:
            says = f"{entry.client_id} of {outbox.by} was refused as {outbox.refused[place]} and stands as {entry.seq}"
            self._fault(Invariant.I2, says, conversation, at=at)
        if outbox.numbers[place] not in {0, entry.seq}:
            says = f"{entry.client_id} of {outbox.by} was answered with {outbox.numbers[place]}, stands as {entry.seq}"
            self._fault(Invariant.I1, says, conversation, at=at)

    def _fault(self, invariant: Invariant, says: str, conversation: Conversation, *, at: int = 0) -> None:
        """`at` 0: nothing in the history shows it but its end."""
        self._accounts.findings.add(invariant, says, at=at or self._accounts.at, conversation=conversation.id)


def _everybody_is_at_the_top(accounts: Accounts, found: dict[str, Conversation]) -> None:
    """I6: if the history ends quietly, everybody who is connected has the end of what is theirs."""
    if not accounts.is_quiet:
        return
    readers: dict[str, list[Reader]] = defaultdict(list)
    for reader in accounts.readers.values():
        if reader.open:
            readers[reader.person].append(reader)
    for row in found.values():
        if row.state == "closed":
            continue
        for reader in (*readers[row.visitor], *_who_has_it(row, readers[row.owner])):
            for log in LOGS[: 2 if reader.role == "agent" else 1]:
                shelf = reader.shelves.get((row.id, log))
                last = 0 if shelf is None else shelf.last
                if last < row.tops[log]:
                    says = f"{reader.by} has {last} of {row.id}, which has {row.tops[log]} ({log})"
                    accounts.findings.add(Invariant.I6, says, at=accounts.at, conversation=row.id, by=reader.by)


def _who_has_it(row: Conversation, readers: list[Reader]) -> list[Reader]:
    """An agent's connections all hear everything; of a bot's connections one does."""
    if row.state != "bot":
        return readers
    return sorted(readers, key=lambda reader: reader.last((row.id, "entry")))[-1:]


def _marks_are_of_entries(accounts: Accounts, found: dict[str, Conversation]) -> None:
    """I11: nobody has seen what is not there."""
    for conversation, (seq, at) in accounts.marks.items():
        row = found.get(conversation)
        top = 0 if row is None else row.tops["entry"]
        if seq > top:
            says = f"{seq} of {conversation} was said to be seen, which has {top}"
            accounts.findings.add(Invariant.I11, says, at=at, conversation=conversation)


class _Owners:
    """I7, I8 and I9: the router's events one after another, and what they came to."""

    def __init__(self, accounts: Accounts, database: Database, found: dict[str, Conversation]) -> None:
        self._accounts = accounts
        self._database = database
        self._found = found

    def judge(self) -> None:
        owners = self._replayed()
        holds = self._database.holds()
        active: dict[str, list[str]] = defaultdict(list)
        for hold in holds:
            if hold.kind == "active":
                active[hold.conversation].append(hold.agent)
        for conversation, agents in active.items():
            if len(agents) > 1:
                self._fault(Invariant.I7, f"{conversation} is active with {agents}", conversation)
        for row in self._found.values():
            self._judge_owner(row, active.get(row.id, []), owners.get(row.id))
        self._judge_slots(holds)

    def _judge_owner(self, row: Conversation, holders: list[str], replayed: str | None) -> None:
        owner = row.owner if row.state != "closed" else ""
        if [owner] * (row.state != "bot" and bool(owner)) != holders:
            self._fault(Invariant.I8, f"{row.id} is {row.state} with {owner!r}, and held by {holders}", row.id)
        if replayed not in {None, owner}:
            self._fault(Invariant.I7, f"{row.id} is with {owner!r}, and its events say {replayed!r}", row.id)

    def _judge_slots(self, holds: list[Hold]) -> None:
        used = Counter[str]()
        for hold in holds:
            used[hold.agent] += hold.cost
        for agent, limit in self._database.slots().items():
            if used[agent] > limit:
                self._fault(Invariant.I8, f"{agent} takes {used[agent]} of {limit} slots", "")

    def _replayed(self) -> dict[str, str]:
        """Who has what by the events, as far as a conversation's first event is there."""
        owners: dict[str, str] = {}
        numbers: dict[str, int] = {}
        v = 0
        for event in self._database.events():
            conversation = event.body["conversation"]
            if event.v < v:
                self._fault(Invariant.I9, f"version {event.v} comes after {v}", conversation)
            v = event.v
            if event.kind == "ConversationStarted":
                owners[conversation] = event.body.get("bot") or ""
                continue
            if conversation not in owners:
                continue
            before, after = _owners_of(event)
            if before != owners[conversation]:
                says = (
                    f"version {event.v} takes {conversation} from {before!r}, and it is with {owners[conversation]!r}"
                )
                self._fault(Invariant.I7, says, conversation)
            owners[conversation] = after
            if event.kind == "ConversationAssigned":
                if event.body["assign_no"] <= numbers.get(conversation, 0):
                    self._fault(
                        Invariant.I9, f"{conversation} is assigned as {event.body['assign_no']} again", conversation
                    )
                numbers[conversation] = event.body["assign_no"]
        if v > self._database.version():
            self._fault(Invariant.I9, f"the version is {self._database.version()}, below an event's {v}", "")
        return owners

    def _fault(self, invariant: Invariant, says: str, conversation: str) -> None:
        self._accounts.findings.add(invariant, says, at=self._accounts.at, conversation=conversation)


def _owners_of(event: Happened) -> tuple[str, str]:
    """Whose it was before, and after: an agent's or a bot's, empty for nobody's."""
    said = event.body
    match event.kind:
        case "ConversationAssigned":
            return said["previous"] or said.get("bot") or "", said["agent"]
        case "ConversationGivenToBot":
            return said["agent"], said["bot"]
        case "ConversationHandedOver":
            return said["bot"], ""
        case "ConversationClosed":
            return said["agent"] or said.get("bot") or "", ""
        case _:
            return said.get("previous") or "", ""


def _nobody_reads_what_is_not_theirs(
    accounts: Accounts, database: Database, found: dict[str, Conversation], logs: _Logs
) -> None:
    """I12: a visitor reads their own; an agent what rang at them or was theirs, and live only while it was."""
    had = database.offers()
    for conversation, stays in logs.stays.items():
        had.update((sender, conversation) for _, kind, sender in stays if kind == "joined")
    people = {reader.person: reader for reader in accounts.readers.values()}
    for (person, conversation), (at, by) in accounts.pairs.items():
        row, reader = found.get(conversation), people.get(person)
        if row is None or reader is None or reader.supervises:
            continue
        theirs = row.visitor == person if reader.role == "visitor" else (person, conversation) in had
        if not theirs:
            says = f"{by} ({person}) reads {conversation}, which is {row.visitor}'s"
            accounts.findings.add(Invariant.I12, says, at=at, conversation=conversation, by=by)
    for (person, (conversation, _)), runs in accounts.live.items():
        allowed = _while_theirs(person, logs.stays.get(conversation, []))
        for first, last in runs:
            if (person, conversation) in had and not any(begin <= first and last <= end for begin, end in allowed):
                says = f"{person} hears {first} to {last} of {conversation}, and had it only in {allowed}"
                book = accounts.books[conversation, "entry"]
                accounts.findings.add(Invariant.I12, says, at=book.told_at(last), conversation=conversation)


def _while_theirs(person: str, stays: list[Stay]) -> list[tuple[int, int]]:
    """From joining until it is taken away, with what the same commits wrote around: entries of the server without a
    message between, and the message with which a conversation began.
    """
    allowed: list[tuple[int, int]] = []
    since = until = row = 0  # of the stay, 0: none; `row`: where the entries without a message between began
    newest = 0
    for seq, kind, sender in stays:
        if seq != newest + 1:
            row = seq
            if until:
                allowed.append((since, until))
                since = until = 0
        newest = seq
        if kind == "joined" and sender == person:
            if until:
                allowed.append((since, seq))
            if until or not since:
                since, until = row - 1, 0
        elif since and (until or kind in _TAKES_AWAY):
            until = seq
    if since or until:
        allowed.append((since, until or 2**62))
    return _joined(allowed)


def _joined(stays: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that meet are one."""
    joined: list[tuple[int, int]] = []
    for begin, end in stays:
        if joined and begin <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


_TAKES_AWAY = frozenset({"left", "transferred", "joined"})
