"""The bot that answers from a Markdown file: what fits, and what it says."""

from __future__ import annotations

import pytest

from bots.examples import faq, faq_book
from bots.examples.faq import DID_IT_HELP, GLAD, HELPED, NOBODY, NOT_HELPED, PERSON, UNKNOWN, WHICH, Faq
from server.desk.human_words import asks_for_human
from tests.bots.paper import Paper

BOOK = faq_book.read(faq.FILE)
PARCEL, COST, BACK, PAY, OPEN = (each.title for each in BOOK.questions)

STORY = (
    "Hello there, last week my sister bought me the green fountain pen and ink, and it leaks, so what are my options "
    "with money back, given that the box was thrown away already by somebody?"
)


def titles(text: str) -> list[str]:
    return [each.title for each in BOOK.fitting(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PARCEL, [PARCEL]),
        (PARCEL.upper(), [PARCEL]),
        ("refund", [BACK]),
        ("I want a refund!!", [BACK]),
        ("can i return this?", [BACK]),
        ("Returning a pen", [BACK]),
        ("Where is my order?", [PARCEL]),
        ("hello, how long is the delivery time", [PARCEL]),
        ("paying by invoice", [PAY]),
        ("opening hours", [OPEN]),
        (STORY, [BACK]),
        ("delivery", [COST, PARCEL]),
        ("do you sell elephants", []),
        ("the", []),
        ("", []),
        ("\x00 ... ???", []),
    ],
)
def test_what_fits(text, found):
    assert sorted(titles(text)) == sorted(found)


def test_a_book_is_made_of_headings():
    book = faq_book.parse(
        "# Shop\n\nHello\nthere.\n\n## One *two*?\nAlso: three, four\n\nSay **so** and\n[look](https://a.example/).\n\n"
        "Second.\n### Deep ###\nYes\n"
    )
    one, deep = book.questions
    assert book.greeting == "Hello there."
    assert (one.title, one.answer) == ("One two?", "Say so and look.\n\nSecond.")
    assert [(link.text, link.url) for link in one.links] == [("look", "https://a.example/")]
    assert (deep.title, deep.answer) == ("Deep", "Yes")
    assert [each.title for each in book.fitting("four")] == ["One two?"]


@pytest.mark.parametrize("content", [None, b"", b"# Only a title\n", b"\xff\xfe"])
def test_a_file_that_is_no_book_is_named(tmp_path, content):
    path = tmp_path / "faq.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(faq_book.BookError, match=r"faq\.md"):
        faq_book.read(path)


@pytest.fixture
def paper() -> Paper:
    return Paper()


async def says(paper: Paper, *texts: str) -> None:
    for text in texts:
        await Faq(BOOK).handle(paper.message(text))


async def test_it_begins_with_the_questions(paper):
    await Faq(BOOK).handle(paper.started())
    assert paper.said() == [BOOK.greeting]
    assert paper.asked[0]["replies"] == [PARCEL, COST, BACK, PAY, OPEN, PERSON]


async def test_it_says_nothing_beside_the_answer_to_who_spoke_first(paper):
    await Faq(BOOK).handle(paper.started(spoke=True))
    assert paper.asked == []


async def test_it_answers_and_asks_whether_that_helped(paper):
    await says(paper, BACK)
    (sent,) = paper.asked
    assert sent["text"].startswith("Within 30 days, unused. Print a label,")
    assert sent["text"].endswith(DID_IT_HELP)
    assert sent["replies"] == [HELPED, NOT_HELPED]
    assert sent["cards"][0]["links"] == [{"text": "a label", "url": "https://shop.example/returns"}]


@pytest.mark.parametrize("text", [HELPED, "yes!", "Ok, thanks"])
async def test_what_helped_is_over(paper, text):
    await says(paper, COST, text)
    assert paper.said()[-1] == GLAD
    assert paper.asked[-1] == {"do": "conversation.close", "client_id": "re-3-1", "outcome": "helped"}


@pytest.mark.parametrize("text", [NOT_HELPED, "no", "Nope, still nothing"])
async def test_what_did_not_help_is_for_people(paper, text):
    await says(paper, "postage to Crete", text)
    assert paper.asked[-1]["do"] == "handoff"
    assert paper.asked[-1]["summary"].splitlines() == [
        "Why: the answer did not help.",
        "Asked: postage to Crete" + (f" / {text}" if text != NOT_HELPED else ""),
        "Was told: 4.90 for parcels, and nothing from 50 up.",
    ]


@pytest.mark.parametrize("text", [PERSON, "ask the team!", "Are there people?", "STAFF"])
async def test_who_wants_a_person_gets_one(paper, text):
    await says(paper, text)
    assert [each["do"] for each in paper.asked] == ["handoff"]


@pytest.mark.parametrize("choice", [PERSON, NOT_HELPED, HELPED])
def test_the_server_leaves_its_choices_to_it(choice):
    assert not asks_for_human(choice, {}, ("en", "da", "de", "fr", "es", "nl", "sv"))


async def test_twice_unknown_is_for_people(paper):
    await says(paper, "elephants", "really, elephants")
    assert [each["do"] for each in paper.asked] == ["message.send", "handoff"]
    assert paper.said() == [UNKNOWN]


async def test_an_answer_in_between_counts_anew(paper):
    await says(paper, "elephants", COST, "no elephants?")
    assert paper.asked[-1]["reason"] == "the answer did not help"
    other = Paper()
    await says(other, "elephants", COST, "elephants")
    assert other.said()[-1] == UNKNOWN


async def test_when_several_fit_the_visitor_chooses(paper):
    await says(paper, "delivery")
    assert paper.said() == [WHICH]
    assert sorted(paper.asked[0]["replies"]) == sorted([PARCEL, COST, PERSON])


async def test_when_nobody_is_there_it_says_so_and_goes_on(paper):
    await Faq(BOOK).handle(paper.failed())
    assert paper.said() == [NOBODY]
    assert PERSON not in paper.asked[0]["replies"]


@pytest.mark.parametrize(
    ("reason", "why"), [("asked", "asked for a person"), ("unanswered", "the bot did not answer in time")]
)
async def test_what_was_taken_from_it_is_summarised(paper, reason, why):
    await says(paper, "postage to Crete")
    await Faq(BOOK).handle(paper.handed_over(reason))
    assert paper.asked[-1]["do"] == "handoff"
    assert paper.asked[-1]["summary"].splitlines() == [
        f"Why: {why}.",
        "Asked: postage to Crete",
        "Was told: 4.90 for parcels, and nothing from 50 up.",
    ]


@pytest.mark.parametrize("reason", ["handoff", "bot_gone", "bot_removed"])
async def test_what_it_gave_itself_it_has_summarised(paper, reason):
    await Faq(BOOK).handle(paper.handed_over(reason))
    assert paper.asked == []


async def test_what_it_does_not_close_is_not_closed(paper):
    await says(paper, COST)
    await Faq(BOOK).handle(paper.returned())
    assert paper.said()[-1] == BOOK.greeting
