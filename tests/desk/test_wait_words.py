"""A range in words, in every language that Frontdesk speaks."""

from __future__ import annotations

import pytest

from server.desk import sentences, wait_words
from server.desk.wait_words import in_words
from server.wire.parts import Wait


def wait(low_s: int, high_s: int) -> Wait:
    return Wait(low_s=low_s, high_s=high_s)


@pytest.mark.parametrize(
    ("low_s", "high_s", "words"),
    [
        (0, 1, "less than a minute"),
        (0, 60, "less than a minute"),
        (30, 61, "about 1–2 minutes"),
        (60, 120, "about 1–2 minutes"),
        (119, 121, "about 1–3 minutes"),
        (120, 240, "about 2–4 minutes"),
        (180, 180, "about 3 minutes"),
        (2400, 3600, "about 40–60 minutes"),
        (3000, 4500, "about 50–75 minutes"),
        (3599, 7200, "about 59–120 minutes"),
        (1800, 7201, "more than 30 minutes"),
        (60, 7201, "more than a minute"),
        (3600, 4500, "more than an hour"),
        (36_000, 72_000, "more than an hour"),
    ],
)
def test_a_range_in_english(low_s: int, high_s: int, words: str):
    assert in_words(wait(low_s, high_s), ("en",)) == words


@pytest.mark.parametrize(
    ("language", "soon", "range_", "hour"),
    [
        ("da", "mindre end et minut", "cirka 2–4 minutter", "mere end en time"),
        ("de", "weniger als eine Minute", "etwa 2–4 Minuten", "mehr als eine Stunde"),
        ("fr", "moins d'une minute", "environ 2 à 4 minutes", "plus d'une heure"),
        ("es", "menos de un minuto", "entre 2 y 4 minutos", "más de una hora"),
        ("nl", "minder dan een minuut", "ongeveer 2–4 minuten", "meer dan een uur"),
        ("sv", "mindre än en minut", "cirka 2–4 minuter", "mer än en timme"),
    ],
)
def test_a_range_in_other_languages(language: str, soon: str, range_: str, hour: str):
    for tag in (language, f"{language}-XX", language.upper()):
        said = [in_words(wait(*each), (tag, "en")) for each in ((0, 60), (120, 240), (3600, 4500))]
        assert said == [soon, range_, hour]


def test_no_number_no_words():
    assert in_words(None, ("en",)) == ""


def test_the_first_language_that_is_known_and_english_at_last():
    assert in_words(wait(0, 60), ("pt", "", "da")) == "mindre end et minut"
    assert in_words(wait(0, 60), ("pt",)) == "less than a minute"
    assert in_words(wait(0, 60), ()) == "less than a minute"


def test_every_language_of_the_sentences_has_words_for_waits():
    assert tuple(wait_words._WORDS) == sentences.LANGUAGES
