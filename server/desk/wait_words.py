"""A range of waiting in words, rounded for people and never outwards of what was promised.

Minutes are whole: the near end is rounded down and the far end up, so that what is said contains what is meant. From an
hour on nobody is told minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.wire import parts

_HOUR_S = 3600
# Beyond this the far end says nothing any more: only the near end is told.
_TOO_FAR_MIN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """``minutes`` and ``beyond`` have {n} ≥ 2, ``range`` {low} and {high}."""

    soon: str
    minutes: str
    range: str
    beyond_one: str
    beyond: str
    hour: str


_WORDS: Mapping[str, _Words] = {
    "en": _Words(
        soon="less than a minute",
        minutes="about {n} minutes",
        range="about {low}–{high} minutes",
        beyond_one="more than a minute",
        beyond="more than {n} minutes",
        hour="more than an hour",
    ),
    "da": _Words(
        soon="mindre end et minut",
        minutes="cirka {n} minutter",
        range="cirka {low}–{high} minutter",
        beyond_one="mere end et minut",
        beyond="mere end {n} minutter",
        hour="mere end en time",
    ),
    "de": _Words(
        soon="weniger als eine Minute",
        minutes="etwa {n} Minuten",
        range="etwa {low}–{high} Minuten",
        beyond_one="mehr als eine Minute",
        beyond="mehr als {n} Minuten",
        hour="mehr als eine Stunde",
    ),
    "fr": _Words(
        soon="moins d'une minute",
        minutes="environ {n} minutes",
        range="environ {low} à {high} minutes",
        beyond_one="plus d'une minute",
        beyond="plus de {n} minutes",
        hour="plus d'une heure",
    ),
    "es": _Words(
        soon="menos de un minuto",
        minutes="unos {n} minutos",
        range="entre {low} y {high} minutos",
        beyond_one="más de un minuto",
        beyond="más de {n} minutos",
        hour="más de una hora",
    ),
    "nl": _Words(
        soon="minder dan een minuut",
        minutes="ongeveer {n} minuten",
        range="ongeveer {low}–{high} minuten",
        beyond_one="meer dan een minuut",
        beyond="meer dan {n} minuten",
        hour="meer dan een uur",
    ),
    "sv": _Words(
        soon="mindre än en minut",
        minutes="cirka {n} minuter",
        range="cirka {low}–{high} minuter",
        beyond_one="mer än en minut",
        beyond="mer än {n} minuter",
        hour="mer än en timme",
    ),
}


def in_words(wait: parts.Wait | None, languages: tuple[str, ...]) -> str:
    """``about 2–4 minutes``; nothing without a range. ``languages``: best first, English is always known."""
    if wait is None:
        return ""
    words = _words(languages)
    if wait.high_s <= 60:
        return words.soon
    if wait.low_s >= _HOUR_S:
        return words.hour
    low, high = max(1, wait.low_s // 60), -(-wait.high_s // 60)
    if high > _TOO_FAR_MIN:
        return words.beyond_one if low == 1 else words.beyond.format(n=low)
    if low == high:
        return words.minutes.format(n=low)
    return words.range.format(low=low, high=high)


def _words(languages: tuple[str, ...]) -> _Words:
    for language in languages:
        found = _WORDS.get(language.split("-")[0].lower())
        if found is not None:
            return found
    return _WORDS["en"]
