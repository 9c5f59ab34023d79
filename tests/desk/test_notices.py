"""Our own sentences: in which language, with what in their braces."""

from __future__ import annotations

import re

import pytest

from server.desk import notices, sentences
from server.wire import parts

TEXTS = {"en": "Hello", "da": "Hej", "pt-BR": "Oi"}


@pytest.mark.parametrize(
    ("languages", "text"),
    [
        (("da",), "Hej"),
        (("da-DK",), "Hej"),
        (("DA",), "Hej"),
        (("pt-BR",), "Oi"),
        (("pt",), "Hello"),
        (("fr", "da"), "Hej"),
        (("fr",), "Hello"),
        (("",), "Hello"),
        ((), "Hello"),
    ],
)
def test_the_first_language_that_is_there(languages: tuple[str, ...], text: str):
    assert notices.pick(TEXTS, languages) == text


def test_any_language_is_better_than_none():
    assert notices.pick({"da": "Hej"}, ("fr",)) == "Hej"
    assert notices.pick({}, ("fr",)) == ""


@pytest.mark.parametrize(
    ("text", "fields", "said"),
    [
        ("{agent} joined.", {"agent": "Ada"}, "Ada joined."),
        ("Number {place}. {wait}", {"place": "3", "wait": ""}, "Number 3."),
        ("Number {place} {wait} in line", {"place": "3", "wait": ""}, "Number 3 in line"),
        ("{unknown} {agent}", {"agent": "Ada"}, "{unknown} Ada"),
        ("{agent} and {to}", {"agent": "{to}", "to": "{agent}"}, "{to} and {agent}"),
        ("{agent.__class__} {0}", {"agent": "Ada"}, "{agent.__class__} {0}"),
    ],
)
def test_what_is_in_braces(text: str, fields: dict[str, str], said: str):
    assert notices.fill(text, **fields) == said


@pytest.mark.parametrize("name", sentences.TEXTS)
def test_every_sentence_is_there_in_every_language_with_the_same_braces(name: str):
    texts = sentences.TEXTS[name]
    assert tuple(texts) == sentences.LANGUAGES
    assert len({frozenset(re.findall(r"\{\w+\}", text)) for text in texts.values()}) == 1
    assert all(text == text.strip() and text for text in texts.values())


def test_saying():
    assert notices.say("joined", languages=("de-AT", "en"), agent="Ada") == "Ada ist jetzt da."
    with pytest.raises(KeyError):
        notices.say("nothing of ours", languages=())


WAIT = "about 2–4 minutes"


@pytest.mark.parametrize(
    ("text", "with_it", "without"),
    [
        ("Number {place}. {wait}", "Number 3. About 2–4 minutes.", "Number 3."),
        ("Number {place}. {wait}.", "Number 3. About 2–4 minutes.", "Number 3."),
        ("{wait}", "About 2–4 minutes.", ""),
        ("{wait} to go. Number {place}!", "About 2–4 minutes to go. Number 3!", "Number 3!"),
        ("Number {place}, {wait}.", "Number 3, about 2–4 minutes.", "Number 3."),
        ("Number {place} ({wait}).", "Number 3 (about 2–4 minutes).", "Number 3."),
        ("Number {place} – {wait}", "Number 3 – about 2–4 minutes", "Number 3"),
        ("The wait is {wait}. Thank you.", "The wait is about 2–4 minutes. Thank you.", "Thank you."),
        ("Waiting time: {wait}", "Waiting time: about 2–4 minutes", ""),
        ("Hello, it takes {wait}, thank you.", "Hello, it takes about 2–4 minutes, thank you.", "Hello, thank you."),
        ("Place {place}\n{wait}\nBye", "Place 3\nAbout 2–4 minutes.\nBye", "Place 3\nBye"),
        ("Version 3.5 of {wait} or so", "Version 3.5 of about 2–4 minutes or so", ""),
        ("Nothing of the kind.", "Nothing of the kind.", "Nothing of the kind."),
    ],
)
def test_without_a_number_nothing_is_left_hanging(text: str, with_it: str, without: str):
    assert notices.fill(text, place="3", wait=WAIT) == with_it
    assert notices.fill(text, place="3", wait="") == without


def test_a_name_that_nobody_gave_leaves_no_gap():
    assert notices.fill("Hi {name}, you are number {place}.", name="", place="3") == "You are number 3."
    assert notices.fill("Hi {name}, you are number {place}.", name="Vera", place="3") == "Hi Vera, you are number 3."
    assert notices.fill("Hi {name}!", name="{wait}", wait="x") == "Hi {wait}!"


@pytest.mark.parametrize("kind", ["queued", "every", "place", "waited", "estimate_passed", "nobody", "returned"])
@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_a_message_without_words_has_ours(kind: str, language: str):
    for wait in (parts.Wait(low_s=120, high_s=240), None):
        said = notices.wait_message(
            kind, {}, languages=(language,), wait=wait, place="3", department="Support", ahead="2", name=""
        )
        assert said
        assert "{" not in said
        assert said.endswith(".")
        assert said[0].isupper()
        assert ("4 min" in said.lower()) == (wait is not None and kind != "nobody"), said
    assert notices.wait_message(kind, {"en": "  "}, languages=("en",), wait=None, place="3", department="Support")


def test_the_range_speaks_the_language_of_the_words_around_it():
    wait = parts.Wait(low_s=120, high_s=240)

    def said(texts: dict[str, str]) -> str:
        return notices.wait_message("queued", texts, languages=("da", "de"), wait=wait, place="3")

    assert said({"en": "Place {place}. {wait}"}) == "Place 3. About 2–4 minutes."
    assert said({"da": "Plads {place}. {wait}"}) == "Plads 3. Cirka 2–4 minutter."
    # Of a language that we do not speak: the visitor's.
    assert said({"pt": "Lugar {place}. {wait}"}) == "Lugar 3. Cirka 2–4 minutter."
