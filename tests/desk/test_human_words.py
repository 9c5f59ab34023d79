"""Who asks a bot for a person, and who only speaks of one."""

from __future__ import annotations

import pytest

from server.desk.human_words import WORDS, asks_for_human
from server.desk.sentences import LANGUAGES


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("human", "en"),
        ("Can I talk to a HUMAN, please?!", "en"),
        ("agent.", "en"),
        ("I'd like to speak  to\nsomeone", "en"),
        ("Jeg vil gerne tale med et menneske", "da"),
        ("Ich möchte mit einem Menschen sprechen", "de"),
        ("Une conseillère s'il vous plaît", "fr"),
        ("PARLER À QUELQU\u2019UN", "fr"),
        ("Atencion al cliente", "es"),
        ("medewerker", "nl"),
        ("kan jag få prata med någon?", "sv-SE"),
        ("a human please", "da"),
    ],
)
def test_asked(text: str, language: str):
    assert asks_for_human(text, {}, (language, ""))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "🙂",
        "humanity",
        "Is this superhuman bike still there?",
        "Your agents called me yesterday about the red bike and then nobody came to fetch it, agent or not",
        "mens shoes in size 44",
        "person",
        "Which agent of yours did I talk to yesterday?",
    ],
)
def test_not_asked(text: str):
    assert not asks_for_human(text, {}, ("en",))


def test_a_bots_own_words_replace_those_of_the_language_and_no_others():
    own = {"en": ("pineapple",)}
    assert asks_for_human("Pineapple!", own, ("en",))
    assert not asks_for_human("human", own, ("en",))
    assert asks_for_human("menneske", own, ("da",))


def test_every_language_that_we_speak_has_words():
    assert set(WORDS) == set(LANGUAGES)


def test_the_work_does_not_grow_with_what_is_written():
    assert not asks_for_human("human " * 4000, {}, ("en",))
