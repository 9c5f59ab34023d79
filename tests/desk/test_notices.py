"""Our own sentences: in which language, with what in their braces."""

from __future__ import annotations

import re

import pytest

from server.desk import notices, sentences

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
