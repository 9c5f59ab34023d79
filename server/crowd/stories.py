"""What simulated visitors come with: who they are, where they look, what they ask, what they say to answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One visitor. ``answers`` are said one after each message of the agent, the last one is a goodbye."""

    name: str
    page: str
    title: str
    department: str
    question: str
    answers: tuple[str, ...]
    language: str = "en-GB"
    timezone: str = "Europe/London"


_THINGS = ("/", "Good things for a calm desk")
_PRICES = ("/?page=pricing", "Delivery and prices")


def _story(
    name: str,
    page: tuple[str, str],
    department: str,
    question: str,
    *answers: str,
    language: str = "en-GB",
    timezone: str = "Europe/London",
) -> Story:
    path, title = page
    return Story(
        name=name,
        page=path,
        title=title,
        department=department,
        question=question,
        answers=answers,
        language=language,
        timezone=timezone,
    )


STORIES: Final = (
    _story(
        "Marta Lind",
        _THINGS,
        "support",
        "Hi, my order says delivered, but nothing came.",
        "It is number 20417, ordered last Tuesday.",
        "No, nobody at home then. I will ask next door.",
        "Found it, thank you.",
        language="sv-SE",
        timezone="Europe/Stockholm",
    ),
    _story(
        "Jonas Ojala",
        _PRICES,
        "support",
        "I cannot pay for the reading lamp, it says card declined.",
        "Visa, it worked last month.",
        "Oh, my bank wants me to approve it. Thanks.",
        language="fi-FI",
        timezone="Europe/Helsinki",
    ),
    _story(
        "Eleni P.",
        _PRICES,
        "sales",
        "Do you deliver to Crete, and what would 20 notebooks cost?",
        "For a school, so with an invoice please.",
        "That sounds good. I will order today.",
        language="el-GR",
        timezone="Europe/Athens",
    ),
    _story(
        "Søren Holm",
        _THINGS,
        "support",
        "Hej, kan jeg bytte pennen til en med bredere spids?",
        "Ja, den er ubrugt.",
        "Tak, så sender jeg den tilbage.",
        language="da-DK",
        timezone="Europe/Copenhagen",
    ),
    _story(
        "Ines Duarte",
        _THINGS,
        "support",
        "Is the mug dishwasher safe?",
        "Great. And the microwave?",
        "Perfect, thank you.",
        language="pt-PT",
        timezone="Europe/Lisbon",
    ),
    _story(
        "Tomasz Wilk",
        _PRICES,
        "sales",
        "What do firms pay who order ten lamps?",
        "Delivery to Poland, one address.",
        "I will pass that on. Goodbye.",
        language="pl-PL",
        timezone="Europe/Warsaw",
    ),
    _story(
        "Nora Beck",
        _THINGS,
        "support",
        "Guten Tag, die Lampe flackert seit gestern.",
        "Ja, mit dem Dimmer ganz oben ist es weg.",
        "Dann warte ich auf das neue Netzteil. Danke.",
        language="de-DE",
        timezone="Europe/Berlin",
    ),
    _story(
        "Liam Walsh",
        _THINGS,
        "support",
        "Which ink goes with the piston pen?",
        "Blue would be nice.",
        "I take that one, thanks.",
        timezone="Europe/Dublin",
    ),
    _story(
        "Aisha Rahman",
        _PRICES,
        "support",
        "I was charged twice for delivery.",
        "Order 20391, two times four euros.",
        "Thank you, that was quick.",
    ),
    _story(
        "Paul Meunier",
        _THINGS,
        "sales",
        "Bonjour, le carnet existe-t-il avec des lignes ?",
        "Alors je prends deux pointillés.",
        "Merci, bonne journée.",
        language="fr-FR",
        timezone="Europe/Paris",
    ),
)
"""Enough of them that ten who come at once are ten different people."""
