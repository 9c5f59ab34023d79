"""Whether a visitor asks a bot for a person: by whole words, in messages that say little else.

A bot's settings have words of their own for a language, or these. "Can I talk to a human?" asks; a story in which
somebody talks to an agent does not: only short messages are looked at. Who is misunderstood writes on and has a button.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

MOST_WORDS: Final = 12

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "human", "a person", "real person", "agent", "representative", "operator", "talk to someone",
        "speak to someone", "talk to somebody", "speak to somebody", "customer service", "not a bot",
    ),
    "da": (
        "menneske", "et menneske", "rigtig person", "en person", "medarbejder", "kundeservice", "kundeservicen",
        "tale med nogen", "tale med en", "snakke med nogen", "ikke en robot",
    ),
    "de": (
        "mensch", "menschen", "echte person", "mitarbeiter", "mitarbeiterin", "kundendienst", "kundenservice",
        "mit jemandem sprechen", "mit jemandem reden", "kein bot", "keinem bot",
    ),
    "fr": (
        "humain", "un humain", "une personne", "vraie personne", "conseiller", "conseillère", "agent",
        "service client", "parler à quelqu'un", "quelqu'un de réel",
    ),
    "es": (
        "humano", "una persona", "persona real", "agente", "asesor", "asesora", "operador",
        "atención al cliente", "hablar con alguien",
    ),
    "nl": (
        "mens", "echt mens", "een persoon", "medewerker", "klantenservice", "met iemand praten", "met iemand spreken",
    ),
    "sv": ("människa", "en människa", "riktig person", "medarbetare", "handläggare", "kundtjänst", "prata med någon"),
}  # fmt: skip


def asks_for_human(text: str, words: Mapping[str, Iterable[str]], languages: tuple[str, ...]) -> bool:
    """Whether this message asks for a person. ``words``: the bot's own, by language; the built-in ones where it has
    none. ``languages``: those of the conversation, best first; English is always understood.
    """
    said = _words(text)
    if not said or len(said) > MOST_WORDS:
        return False
    joined = f" {' '.join(said)} "
    return any(f" {phrase} " in joined for phrase in _phrases(_chosen(words, languages)))


def _chosen(words: Mapping[str, Iterable[str]], languages: tuple[str, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for language in dict.fromkeys([*(each.split("-")[0].lower() for each in languages if each), "en"]):
        found += tuple(words.get(language, ())) or WORDS.get(language, ())
    return tuple(found)


@lru_cache(maxsize=256)
def _phrases(chosen: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(phrase for each in chosen if (phrase := " ".join(_words(each))))


def _words(text: str) -> list[str]:
    """In small letters without accents, whatever else stands between them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(each for each in plain if not unicodedata.combining(each)))
