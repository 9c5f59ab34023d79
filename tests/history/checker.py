"""The judge of a run: every record in turn, then the database of the end, held against the invariants.

`Checker.take` finds what the clients' accounts contradict among themselves, at the very record that shows it;
`Checker.close` finds what the database contradicts, and names the record it contradicts. So a violation's `at` is the
length of the shortest prefix that shows it (together with the database, where it takes that).

Memory is some 250 bytes a message; texts are not kept. Contents are compared by 64-bit hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import assert_never

from tests.history.accounts import Accounts, Place
from tests.history.book import content
from tests.history.database import Database
from tests.history.judgement import judge
from tests.history.outbox import log_of
from tests.history.reader import Reader
from tests.history.record import (
    Acked,
    Compared,
    Connected,
    Ended,
    Heard,
    Identified,
    Identifying,
    Quiet,
    Read,
    Record,
    Refused,
    Said,
    Server,
    Shown,
    Slots,
    Withheld,
)
from tests.history.violation import Invariant, Violation


def check(
    history: Iterable[Record],
    database: Database | None = None,
    *,
    complete: bool = True,
    as_stored: Callable[[str], str] = lambda text: text,
) -> list[Violation]:
    """Everything that is wrong with a run, the shortest prefix first.

    `complete`: all clients that wrote are in the history, so that nothing else may stand in the log. `as_stored`: what
    the server makes of a text before it stores it, if it is not kept as it was sent.
    """
    checker = Checker(as_stored=as_stored)
    for record in history:
        checker.take(record)
    return checker.close(database, complete=complete)


class Checker:
    """Takes records as they come. Not to be used after `close`."""

    def __init__(self, *, as_stored: Callable[[str], str] = lambda text: text) -> None:
        self._all = Accounts()
        self._as_stored = as_stored
        self._owners: dict[tuple[str, int], str] = {}
        self._newest_v = 0
        self._epoch = ""
        self._past: set[str] = set()  # epochs of before a restore

    def take(self, record: Record) -> None:  # noqa: C901, PLR0912 - one line for each kind
        """The next record."""
        self._all.at += 1
        match record:
            case Heard():
                self._heard(record)
            case Said():
                self._said(record)
            case Acked():
                self._acked(record)
            case Refused():
                self._refused(record)
            case Shown():
                self._shown(record)
            case Slots():
                self._newest_v = max(self._newest_v, record.v)
                self._fault(Invariant.I8, self._all.reader(record.by).counted(record), by=record.by)
            case Read():
                self._read(record)
            case Connected():
                self._all.reader(record.by).connected(record.line)
            case Identifying():
                self._all.reader(record.by).identifying(record, self._newest_v)
            case Identified():
                self._identified(record)
            case Ended():
                self._all.reader(record.by).open = False
            case Withheld():
                self._all.reader(record.by).withheld(record)
            case Compared():
                if record.held != record.fresh:
                    says = f"{record.by} holds {record.held}, and a fresh snapshot shows {record.fresh}"
                    self._fault(Invariant.I14, says, by=record.by)
            case Server():
                if record.event == "restored":
                    self._restored()
            case Quiet():
                self._quiet()
            case _:
                assert_never(record)
        self._all.is_quiet = isinstance(record, Quiet | Compared)

    def close(self, database: Database | None, *, complete: bool = True) -> list[Violation]:
        """What the database has to say, if there is one; then all there is."""
        if database is not None:
            judge(self._all, database, complete=complete)
        return self._all.findings.sorted()

    def _fault(self, invariant: Invariant, says: str, *, conversation: str = "", by: str = "") -> None:
        if says:
            self._all.findings.add(invariant, says, at=self._all.at, conversation=conversation, by=by)

    # Sending.

    def _said(self, said: Said) -> None:
        self._all.outbox(said.by).say(said, hash(self._as_stored(said.text)), self._all.at)

    def _acked(self, acked: Acked) -> None:
        """I2, I4, and I3 of what the answer says about a number."""
        outbox = self._all.outbox(acked.by)
        conversation = acked.conversation or acked.became
        place = outbox.place(acked.conversation, log_of(acked.do), acked.client_id)
        if place is None:
            says = f"{acked.by} is told that {acked.client_id} is stored, and never sent it"
            self._fault(Invariant.I2, says, conversation=conversation, by=acked.by)
            return
        self._fault(Invariant.I2, outbox.ack(acked, place, self._all.at), conversation=conversation, by=acked.by)
        if acked.seq == 0:
            return
        self._fault(Invariant.I4, outbox.in_order(acked, place), conversation=conversation, by=acked.by)
        if place not in outbox.reworded:
            said = content("message", outbox.role, outbox.person, hash(acked.client_id), outbox.texts[place], acked.at)
            wrong = self._all.book((conversation, log_of(acked.do))).tell(acked.seq, said, self._all.at)
            self._fault(Invariant.I3, wrong and f"{acked.by} is answered: {wrong}", conversation=conversation)

    def _refused(self, refused: Refused) -> None:
        outbox = self._all.outbox(refused.by)
        place = outbox.place(refused.conversation, log_of(refused.do), refused.client_id)
        if place is not None:
            wrong = outbox.refuse(refused, place)
            self._fault(Invariant.I2, wrong, conversation=refused.conversation, by=refused.by)

    # Reading.

    def _heard(self, told: Heard) -> None:
        """I3 of the number, I5 of the run."""
        place = (told.conversation, told.log)
        said = content(told.kind, told.role, told.sender, hash(told.client_id), hash(told.text), told.at)
        wrong = self._all.book(place).tell(told.seq, said, self._all.at)
        if wrong:
            self._fault(Invariant.I3, f"{told.by}: {wrong}", conversation=told.conversation, by=told.by)
        reader = self._all.reader(told.by)
        is_news = reader.last(place) < told.seq  # what is told once more may be read by whoever has it now
        hole = reader.heard(told)
        if hole:
            self._fault(Invariant.I5, f"{told.by}: {hole}", conversation=told.conversation, by=told.by)
        pair = (reader.person, told.conversation)
        if pair not in self._all.pairs:
            self._all.pairs[pair] = (self._all.at, told.by)
        if is_news and told.way == "live" and told.log == "entry" and reader.role == "agent" and not reader.supervises:
            self._heard_live(reader.person, place, told.seq)

    def _heard_live(self, person: str, place: Place, seq: int) -> None:
        """As runs, so that a long conversation costs no more than a short one."""
        runs = self._all.live.setdefault((person, place), [])
        if runs and runs[-1][1] + 1 >= seq >= runs[-1][0]:
            runs[-1] = (runs[-1][0], max(runs[-1][1], seq))
        else:
            runs.append((seq, seq))

    def _identified(self, told: Identified) -> None:
        """I9: no snapshot is older than what was known, and the epoch stays, but for a restore, which ends it for good:
        then everybody forgets what they had.
        """
        reader = self._all.reader(told.by)
        asked = reader.asked_epoch
        self._fault(Invariant.I9, reader.identified(told), by=told.by)
        if self._epoch and told.epoch != self._epoch:
            self._fault(Invariant.I9, f"the epoch was {self._epoch} and is {told.epoch}", by=told.by)
        if told.epoch in self._past:
            self._fault(Invariant.I9, f"the epoch {told.epoch} is that of before the restore", by=told.by)
        if asked not in {"", told.epoch} and not told.reset:
            self._fault(Invariant.I9, f"{told.by} goes on in {told.epoch} from a position in {asked}", by=told.by)
        self._epoch = told.epoch
        self._newest_v = max(self._newest_v, told.v)

    def _shown(self, shown: Shown) -> None:
        """I7: for one version of one conversation, everybody is told the same owner."""
        self._newest_v = max(self._newest_v, shown.v)
        known = self._owners.setdefault((shown.conversation, shown.v), shown.agent)
        if known != shown.agent:
            says = f"in version {shown.v} {shown.conversation} is with {known!r} and with {shown.agent!r}"
            self._fault(Invariant.I7, says, conversation=shown.conversation, by=shown.by)

    def _read(self, read: Read) -> None:
        wrong = self._all.reader(read.by).marked(read)
        self._fault(Invariant.I11, wrong and f"{read.by}: {wrong}", conversation=read.conversation, by=read.by)
        seq, at = self._all.marks.get(read.conversation, (0, 0))
        if read.seq > seq:
            self._all.marks[read.conversation] = (read.seq, self._all.at)
        else:
            self._all.marks[read.conversation] = (seq, at)

    def _quiet(self) -> None:
        """I5 and I6, by what the clients know: nothing lies beyond a gap, and a visitor has what anybody was told."""
        for reader in self._all.readers.values():
            if not reader.open:
                continue
            for place, hole in reader.holes():
                self._fault(Invariant.I5, f"{reader.by} {hole}", conversation=place[0], by=reader.by)
            if reader.role == "visitor":
                self._at_the_top(reader)

    def _at_the_top(self, reader: Reader) -> None:
        for place, shelf in reader.shelves.items():
            book = self._all.books.get(place)
            top = 0 if book is None else book.top
            if shelf.last < top and not shelf.beyond:
                says = f"{reader.by} has {shelf.last} of {place[0]}, and others were told {top}"
                self._fault(Invariant.I6, says, conversation=place[0], by=reader.by)

    def _restored(self) -> None:
        """From a backup: what was acknowledged since may be gone, and numbers be used anew under another epoch."""
        self._all.books.clear()
        self._all.pairs.clear()
        self._all.live.clear()
        self._all.marks.clear()
        self._owners.clear()
        self._newest_v = 0
        self._past.add(self._epoch)
        self._epoch = ""
        for outbox in self._all.outboxes.values():
            outbox.forget()
