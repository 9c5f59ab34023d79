"""What has been learned from the records so far: each client's account, and what all of them were told of each log."""

from __future__ import annotations

from tests.history.book import Book
from tests.history.outbox import Outbox
from tests.history.reader import Place, Reader
from tests.history.violation import Findings

__all__ = ["Accounts", "Place"]


class Accounts:
    """Filled by the checker, and judged by the database."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.at = 0  # records so far
        self.is_quiet = False
        self.books: dict[Place, Book] = {}
        self.outboxes: dict[tuple[str, str], Outbox] = {}  # (by, person)
        self.readers: dict[str, Reader] = {}
        self.pairs: dict[tuple[str, str], tuple[int, str]] = {}  # (person, conversation) -> first heard, by
        self.live: dict[tuple[str, Place], list[tuple[int, int]]] = {}  # numbers an agent heard as they happened
        self.marks: dict[str, tuple[int, int]] = {}  # conversation -> the largest read mark, and where

    def reader(self, by: str) -> Reader:
        found = self.readers.get(by)
        if found is None:
            found = self.readers[by] = Reader(by)
        return found

    def outbox(self, by: str) -> Outbox:
        """Of the person the client is now."""
        reader = self.reader(by)
        key = (by, reader.person)
        found = self.outboxes.get(key)
        if found is None:
            found = self.outboxes[key] = Outbox(by, reader.person, reader.role)
        return found

    def book(self, place: Place) -> Book:
        found = self.books.get(place)
        if found is None:
            found = self.books[place] = Book()
        return found
