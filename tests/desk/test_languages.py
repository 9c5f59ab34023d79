from __future__ import annotations

import builtins

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.desk import languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my order?", "en"),
        ("Hej, jeg vil gerne have hjælp med min ordre", "da"),
        ("Jag har inte fått mitt paket", "sv"),
        ("Guten Tag, ich brauche Hilfe mit meiner Bestellung", "de"),
        ("Bonjour, je voudrais un remboursement", "fr"),
        ("¿Dónde está mi pedido?", "es"),
        ("Gdzie jest moje zamówienie?", "pl"),
        ("Где мой заказ?", "ru"),
        ("我的订单在哪里", "zh"),
        ("注文はどこですか", "ja"),
        ("איפה ההזמנה שלי בבקשה", "he"),
        ("where is my order?\x00\x1b see https://shop.example/de/hilfe or mail hilfe@shop.example", "en"),
        ("", ""),
        ("Hello", ""),  # too short to tell
        ("12345 67890 12345", ""),
        ("😀😀😀😀😀😀", ""),
        ("a" * 4_000, ""),
    ],
)
def test_the_language_of_a_first_message(text, language):
    assert languages.detect(text) == language


@given(st.text(max_size=300))
def test_any_text_has_a_language_or_none_and_always_the_same(text):
    found = languages.detect(text)
    assert found == languages.detect(text)
    assert found == "" or languages.tag(found) == found


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("da", "da"),
        ("da-DK", "da-DK"),
        (" pt_BR ", "pt-BR"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("", ""),
        ("d", ""),
        ("danish please", ""),
        ("<b>", ""),
        ("da-", ""),
        ("en-" + "x" * 40, ""),
    ],
)
def test_what_a_page_says_is_a_tag_or_nothing(said, tag):
    assert languages.tag(said) == tag


def test_rules_see_it_without_its_region():
    assert [languages.plain(each) for each in ("da-DK", "EN", "zh-Hant-TW", "")] == ["da", "en", "zh", ""]


def test_where_there_is_no_detector_no_language_is_known(monkeypatch):
    real = builtins.__import__

    def without(name, *more):
        if name == "pycld2":
            raise ImportError(name)
        return real(name, *more)

    languages._detector.cache_clear()
    try:
        monkeypatch.setattr(builtins, "__import__", without)
        assert languages.detect("Where is my order?") == ""
    finally:
        monkeypatch.undo()
        languages._detector.cache_clear()
    assert languages.detect("Where is my order?") == "en"
