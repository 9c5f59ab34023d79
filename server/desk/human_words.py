"""Whether a visitor asks a bot for a person: by whole words, in messages that say little else.

A bot's settings have words of their own for a language, or these. "Can I talk to a human?" asks; a story in which
somebody talks to an agent does not: only short messages are looked at, and for a word that stands alone very short
ones. Who is misunderstood writes on and has a button.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

MOST_CHARACTERS: Final = 200
MOST_WORDS: Final = 12
MOST_AROUND_ONE: Final = 5  # words in a message in which a single one asks

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "human",
        "a human",
        "human being",
        "a person",
        "real person",
        "an agent",
        "live agent",
        "agent",
        "representative",
        "operator",
        "talk to someone",
        "speak to someone",
        "talk to somebody",
        "speak to somebody",
        "customer service",
        "not a bot",
    ),
    "da": (
        "menneske",
        "et menneske",
        "rigtig person",
        "en person",
        "medarbejder",
        "kundeservice",
        "kundeservicen",
        "tale med nogen",
        "tale med en",
        "snakke med nogen",
        "ikke en robot",
    ),
    "de": (
        "mensch",
        "menschen",
        "einen menschen",
        "einem menschen",
        "echten menschen",
        "echte person",
        "einen mitarbeiter",
        "einem mitarbeiter",
        "mitarbeiter",
        "mitarbeiterin",
        "kundendienst",
        "kundenservice",
        "mit jemandem sprechen",
        "mit jemandem reden",
        "kein bot",
        "keinem bot",
    ),
    "fr": (
        "humain",
        "un humain",
        "une personne",
        "vraie personne",
        "conseiller",
        "conseillère",
        "un conseiller",
        "une conseillère",
        "un agent",
        "agent",
        "service client",
        "parler à quelqu'un",
        "quelqu'un de réel",
    ),
    "es": (
        "humano",
        "un humano",
        "un agente",
        "una persona",
        "persona real",
        "agente",
        "asesor",
        "asesora",
        "operador",
        "atención al cliente",
        "hablar con alguien",
    ),
    "nl": (
        "mens",
        "een mens",
        "een medewerker",
        "echt mens",
        "een persoon",
        "medewerker",
        "klantenservice",
        "met iemand praten",
        "met iemand spreken",
    ),
    "sv": ("människa", "en människa", "riktig person", "medarbetare", "handläggare", "kundtjänst", "prata med någon"),
}


def asks_for_human(text: str, words: Mapping[str, Iterable[str]], languages: tuple[str, ...]) -> bool:
    """Whether this message asks for a person. ``words``: the bot's own, by language; the built-in ones where it has
    none. ``languages``: those of the conversation, best first; English is always understood.
    """
    if len(text) > MOST_CHARACTERS:
        return False
    said = _words(text)
    if not said or len(said) > MOST_WORDS:
        return False
    joined = f" {' '.join(said)} "
    alone = len(said) <= MOST_AROUND_ONE
    return any(f" {phrase} " in joined for phrase in _phrases(_chosen(words, languages)) if alone or " " in phrase)


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
