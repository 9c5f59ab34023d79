"""A Markdown file of questions and answers, and which of them fits what somebody wrote.

Every heading below the first level is a question, the text under it the answer. A line ``Also: …`` under a heading
lists other wordings, separated by commas. A heading of the first level is the title, the text under it the greeting.

What fits is found by words. Words are compared without case, accents and common endings; the smallest words of English
do not count. A wording fits by the larger of two shares: how much of the wording is in what was written, and how much
of what was written is in the wording. Whoever writes "refund" says all that matters, and so does a long story in which
the words of a question stand. From `ENOUGH` on it fits. When several fit equally well, all of them do, and the visitor
chooses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bots import Link

ENOUGH: Final = 0.6
"""The share of words from which on a question fits."""
LONG: Final = 12
"""So many words that count are a story, of which a question cannot be the larger part."""

_HEADING: Final = re.compile(r"(#+)\s+(.*?)\s*#*")
_LINK: Final = re.compile(r"\[([^]]+)\]\((https?://[^)\s]+)\)")
_MARKS: Final = re.compile(r"[*_`]{1,3}(\S(?:.*?\S)?)[*_`]{1,3}")
_WORD: Final = re.compile(r"\w+")
_ENDINGS: Final = ("ing", "ies", "ed", "es", "s", "y", "e")
_SMALL_WORDS: Final = """
a about all am an and any are as at be but by can could did do does for from get had has have hello hey hi how i if in
is it me my no not of on or our please should so some somebody something than thank thanks that the their them then
there they this to want was we were what when where which who will with would yes you your
"""
_SMALL: Final = frozenset(_SMALL_WORDS.split())


class BookError(Exception):
    """The file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with its answer as plain text, the links in it, and other wordings."""

    title: str
    answer: str
    links: tuple[Link, ...] = ()
    wordings: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All questions, in the order of the file."""

    greeting: str
    questions: tuple[Question, ...]

    def fitting(self, text: str) -> tuple[Question, ...]:
        """Those that fit best; none, one, or several that fit equally well. A question's own words fit only it."""
        exactly = tuple(each for each in self.questions if each.title.casefold() == text.strip().casefold())
        if exactly:
            return exactly[:1]
        said = words(text)
        found = [
            (max((_share(said, wording) for wording in each.wordings), default=0.0), each) for each in self.questions
        ]
        best = max((share for share, _ in found), default=0.0)
        return () if best < ENOUGH else tuple(each for share, each in found if share == best)


def read(path: Path) -> Book:
    """The book in that file; raises `BookError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BookError(f"{path} cannot be read: {error}") from error
    book = parse(text)
    if not book.questions:
        raise BookError(f"{path} has no questions: every heading of the second level (##) is one")
    return book


def parse(text: str) -> Book:
    greeting = ""
    questions: list[Question] = []
    for level, title, lines in _sections(text.splitlines()):
        if level < 2:
            greeting = greeting or _plain("\n".join(lines))
        else:
            questions.append(_question(title, lines))
    return Book(greeting=greeting, questions=tuple(questions))


def words(text: str) -> frozenset[str]:
    """The words that count, in the form in which they are compared."""
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(mark))
    return frozenset(_stem(word) for word in _WORD.findall(bare) if word not in _SMALL)


def _share(said: frozenset[str], wording: frozenset[str]) -> float:
    both = len(said & wording)
    if not both:
        return 0.0
    return max(both / len(wording), both / len(said) if len(said) <= LONG else 0.0)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def _sections(lines: Iterable[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Level and title of each heading, with the lines below it; what stands before the first counts as level 1."""
    level, title, below = 1, "", list[str]()
    for line in lines:
        heading = _HEADING.fullmatch(line)
        if heading is None:
            below.append(line)
            continue
        yield level, title, below
        level, title, below = len(heading[1]), _plain(heading[2]), []
    yield level, title, below


def _question(title: str, lines: list[str]) -> Question:
    also = [line.partition(":")[2] for line in lines if line.casefold().startswith("also:")]
    body = "\n".join(line for line in lines if not line.casefold().startswith("also:"))
    wordings = [title, *(wording for line in also for wording in line.split(","))]
    return Question(
        title=title,
        answer=_plain(body),
        links=tuple(Link(text=found[1][:80], url=found[2]) for found in _LINK.finditer(body))[:5],
        wordings=tuple(found for wording in wordings if (found := words(wording))),
    )


def _plain(markdown: str) -> str:
    """As plain text: paragraphs in one line each, the words of links, no marks of emphasis."""
    paragraphs = re.split(r"\n\s*\n", markdown.strip())
    text = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    return _MARKS.sub(r"\1", _LINK.sub(r"\1", text))
