"""Answers questions from a Markdown file, asks whether that helped, and calls a person when it did not.

It remembers nothing: where a conversation stands is read from what was said in it. So it can be stopped, started and
run several times at any moment.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

import bots
from bots.examples import faq_book
from bots.examples.faq_book import Book, BookError, Question

FILE: Final = Path(__file__).with_name("faq.md")

HELPED: Final = "Yes, thank you"
# In words that the server does not take for the wish for a person: it would be quicker, and without the summary.
NOT_HELPED: Final = "No, it did not"
PERSON: Final = "Ask the team"
DID_IT_HELP: Final = "Did this help?"
UNKNOWN: Final = "I do not know that one. Can you say it in other words, or choose?"
WHICH: Final = "Which of these do you mean?"
GLAD: Final = "Good to hear. Have a nice day!"
NOBODY: Final = "Nobody of us is here just now. Ask me something else meanwhile, or come back later."
TAKEN: Final = {"asked": "asked for a person", "unanswered": "the bot did not answer in time"}
_REPLIES: Final = 10
_REPLY_CHARS: Final = 80
_YES: Final = frozenset({"yes", "yep", "yeah", "ok", "okay", "great", "perfect", "thanks", "ja", "oui", "si"})
_NO: Final = frozenset({"no", "nope", "nein", "nej", "non"})
_PEOPLE: Final = faq_book.words("person people staff employee colleague")


class Faq:
    """What the bot says."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def handle(self, event: bots.Event) -> None:
        match event:
            case bots.Started(spoke=False) | bots.Returned():
                await event.reply(self._book.greeting or WHICH, replies=self._choices())
            case bots.Message():
                await self._answer(event)
            case bots.Failed():
                await event.reply(NOBODY, replies=[each for each in self._choices() if each != PERSON])
            case bots.HandedOver(reason=reason) if reason in TAKEN:
                # Nobody asked the bot: what it would have said with a hand-over it says now.
                await event.summarise(summary(event, TAKEN[reason]))
            case _:
                pass

    async def _answer(self, message: bots.Message) -> None:
        said = message.text.casefold().strip(" .!")
        asked = _last_words_of_the_bot(message)
        first = said.split(maxsplit=1)[0].strip(",") if said else ""
        if asked.endswith(DID_IT_HELP) and (first in _YES or said == HELPED.casefold()):
            await self._done(message)
        elif asked.endswith(DID_IT_HELP) and first in _NO:
            await self._call(message, "the answer did not help")
        elif said == PERSON.casefold() or faq_book.words(said) & _PEOPLE:
            await self._call(message, "asked for a person")
        else:
            await self._look_up(message, again=asked == UNKNOWN)

    async def _look_up(self, message: bots.Message, *, again: bool) -> None:
        match self._book.fitting(message.text):
            case (question,):
                await self._say(message, question)
            case ():
                if again:
                    await self._call(message, "two questions without an answer")
                else:
                    await message.reply(UNKNOWN, replies=self._choices())
            case several:
                await message.reply(WHICH, replies=_as_replies(several))

    @staticmethod
    async def _say(message: bots.Message, question: Question) -> None:
        cards = [bots.Card(title=question.title[:200], links=question.links)] if question.links else []
        # One message: who has the answer is also asked, whatever happens to this program in between.
        text = f"{question.answer}\n\n{DID_IT_HELP}"
        await message.reply(text, replies=[HELPED, NOT_HELPED], cards=cards)

    @staticmethod
    async def _done(message: bots.Message) -> None:
        if await message.reply(GLAD):
            await message.close(outcome="helped")

    @staticmethod
    async def _call(message: bots.Message, reason: str) -> None:
        await message.handoff(reason=reason, summary=summary(message, reason))

    def _choices(self) -> list[str]:
        return _as_replies(self._book.questions)


def summary(event: bots.Event, reason: str) -> str:
    """What an agent should know before anything else."""
    said = [entry for entry in event.entries() if entry.kind == "message"]
    asked = [entry.text for entry in said if entry.role == "visitor" and not _is_choice(entry.text)]
    answered = [entry.text for entry in said if entry.role == "bot" and entry.text.endswith(DID_IT_HELP)]
    lines = [f"Why: {reason}."]
    if asked:
        lines.append("Asked: " + " / ".join(asked[-5:]))
    if answered:
        lines.append("Was told: " + answered[-1].removesuffix(DID_IT_HELP).strip())
    return "\n".join(lines)[:4000]


def _is_choice(text: str) -> bool:
    return text in (HELPED, NOT_HELPED, PERSON)


def _last_words_of_the_bot(message: bots.Message) -> str:
    before = [entry for entry in message.entries() if entry.seq < message.seq]
    return next((each.text for each in reversed(before) if each.kind == "message" and each.role == "bot"), "")


def _as_replies(questions: tuple[Question, ...]) -> list[str]:
    titles = [each.title for each in questions if len(each.title) <= _REPLY_CHARS]
    return [*titles[: _REPLIES - 1], PERSON]


def main() -> None:
    parser = argparse.ArgumentParser(prog="faq", description=__doc__, epilog=bots.ENVIRONMENT)
    parser.add_argument("file", nargs="?", type=Path, default=FILE, help="the questions; the example's own if absent")
    chosen = parser.parse_args()
    try:
        book = faq_book.read(chosen.file)
    except BookError as error:
        print(error, file=sys.stderr)  # noqa: T201 - to a person
        raise SystemExit(2) from None
    bots.run(Faq(book).handle)


if __name__ == "__main__":
    main()
