"""What Frontdesk itself says in a conversation, in the visitor's language.

Wait messages are the workspace's own words; the rest is here. Clients may word ``joined``, ``left``, ``transferred``
and ``closed`` themselves from the entry's fields; the text is for those that do not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "joined": {"en": "{agent} joined.", "da": "{agent} er her nu.", "de": "{agent} ist jetzt da."},
    "left_agent_gone": {
        "en": "{agent} lost the connection. You are back in line with your old place.",
        "da": "{agent} mistede forbindelsen. Du er tilbage i køen på din gamle plads.",
        "de": "{agent} hat die Verbindung verloren. Sie sind mit Ihrem alten Platz zurück in der Reihe.",
    },
    "transferred": {
        "en": "{agent} passed you on to {to}.",
        "da": "{agent} har sendt dig videre til {to}.",
        "de": "{agent} hat Sie an {to} weitergegeben.",
    },
    "transfer_declined": {
        "en": "{agent} declined. The conversation stays with {keeper}.",
        "da": "{agent} sagde nej. Samtalen bliver hos {keeper}.",
        "de": "{agent} hat abgelehnt. Das Gespräch bleibt bei {keeper}.",
    },
    "transfer_missed": {
        "en": "{agent} did not answer. The conversation stays with {keeper}.",
        "da": "{agent} svarede ikke. Samtalen bliver hos {keeper}.",
        "de": "{agent} hat nicht geantwortet. Das Gespräch bleibt bei {keeper}.",
    },
    "transfer_withdrawn": {
        "en": "It no longer rings at {agent}.",
        "da": "Det ringer ikke længere hos {agent}.",
        "de": "Es klingelt nicht mehr bei {agent}.",
    },
    "closed_agent": {
        "en": "{agent} closed the conversation.",
        "da": "{agent} afsluttede samtalen.",
        "de": "{agent} hat das Gespräch beendet.",
    },
    "closed_visitor": {
        "en": "The visitor closed the conversation.",
        "da": "Den besøgende afsluttede samtalen.",
        "de": "Das Gespräch wurde vom Besucher beendet.",
    },
    "closed_idle": {
        "en": "The conversation was closed because it had been quiet for a while.",
        "da": "Samtalen blev afsluttet, fordi der havde været stille et stykke tid.",
        "de": "Das Gespräch wurde beendet, weil es eine Weile still war.",
    },
    "closed_abandoned": {
        "en": "The visitor left before anyone answered.",
        "da": "Den besøgende gik, før nogen svarede.",
        "de": "Der Besucher ging, bevor jemand antwortete.",
    },
    "still_there": {
        "en": "Are you still there? Write a word and we go on.",
        "da": "Er du der stadig? Skriv et ord, så fortsætter vi.",
        "de": "Sind Sie noch da? Schreiben Sie ein Wort, dann machen wir weiter.",
    },
}


def say(name: str, *, languages: tuple[str, ...], **fields: str) -> str:
    """One of our own sentences. ``languages``: best first; English is always known."""
    return fill(pick(_TEXTS[name], languages), **fields)


def pick(texts: Mapping[str, str], languages: tuple[str, ...]) -> str:
    """The text in the first language that is there, exactly or by its first part; else English, else any."""
    for language in (*languages, "en"):
        for tag in (language, language.split("-")[0].lower()):
            if tag in texts:
                return texts[tag]
    return next(iter(texts.values()), "")


def fill(text: str, **fields: str) -> str:
    """Put the fields into their braces; unknown braces stay, an empty field leaves no gap behind."""
    text = re.sub(r"\{(\w+)\}", lambda brace: fields.get(brace[1], brace[0]), text)
    return re.sub(r" {2,}", " ", text).strip()
