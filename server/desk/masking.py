"""Card numbers are masked before anything else happens to what a person has typed: "•••• 4242".

A card number here is 13 to 19 digits of any script that begin as an issuer's numbers do, have a length that issuer
gives out, and end in the check digit of Luhn (ISO/IEC 7812-1, annex B). It may be written in one go or in groups with
spaces, dashes or invisible characters between them; with dots or slashes only in the groups that are embossed on cards,
as prices, dates and addresses are written with them too. It begins and ends where a group does, so that a part of a
longer number is none, and not right after a plus, which begins a telephone number.

What cannot be told from a card number is masked: about one in forty order numbers of 16 digits. A masked text is masked
no further, so that a resend, masked again, is the same text. The time is linear in the text: a run of groups is tried
from each of its groups over at most 19 digits.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from server.wire import parts

FEWEST = 13
MOST = 19
KEPT = 4
MARK = "••••"

# Fields of requests that hold what a person has typed or a page has said. `tests/desk/test_masking.py` sees to it that
# each text field of each request is either here or known to be a name for something.
TYPED: Final = frozenset(
    {
        "text",
        "form",
        "note",
        "reason",
        "comment",
        "outcome",
        "tags",
        "page",
        "language",
        "timezone",
        "summary",
        "title",
        "replies",
        "cards",
    }
)

# Digits, and the first bytes of the digits of other scripts: with fewer than 13 of them there is no card number.
_OF_NUMBERS = b"0123456789\xd9\xdb\xdf\xe0\xe1\xea\xef\xf0"
_OTHER = bytes(byte for byte in range(256) if byte not in _OF_NUMBERS)

_DASHES = "\\-\u00ad\u058a\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SPACES = "\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = "\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_STRONG = rf"[{_SPACES}{_DASHES}{_INVISIBLE}]|%20|%2[dD]|\+"
# What an address writes for a space or a quote is no digit of a number. Digits and separators begin with different
# characters, so nothing is tried twice.
_RUN = re.compile(rf"%2\d|(\d+(?:(?:{_STRONG}|[./_·]){{1,3}}\d+)*)")
_GROUP = re.compile(r"%2\d|(\d+)")
_WEAK = re.compile(r"[./_·]")
_EMBOSSED = re.compile(r"4444[123]?|4441|465|464")

# Issuers: the first digits from and to, and the lengths they give out, as the networks publish them: Visa, Mastercard,
# American Express, Diners, Discover, JCB, UnionPay, Maestro (with Dankort), Mir, RuPay, Troy.
_ISSUERS: Final = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("300", "305", (14, 16)),
    ("3095", "3095", (14, 16)),
    ("36", "36", (14, 16)),
    ("38", "39", (14, 16)),
    ("6011", "6011", (16, 19)),
    ("644", "649", (16, 19)),
    ("65", "65", (16, 19)),
    ("3528", "3589", (16, 17, 18, 19)),
    ("62", "62", (16, 17, 18, 19)),
    ("5018", "5020", (13, 14, 15, 16, 17, 18, 19)),
    ("5038", "5038", (13, 14, 15, 16, 17, 18, 19)),
    ("5893", "5893", (13, 14, 15, 16, 17, 18, 19)),
    ("6304", "6304", (13, 14, 15, 16, 17, 18, 19)),
    ("6759", "6759", (13, 14, 15, 16, 17, 18, 19)),
    ("6761", "6763", (13, 14, 15, 16, 17, 18, 19)),
    ("2200", "2205", (16, 17, 18, 19)),
    ("508", "508", (16,)),
    ("60", "60", (16,)),
    ("81", "82", (16,)),
    ("9792", "9792", (16,)),
)
_LENGTHS: Final = frozenset(range(FEWEST, MOST + 1))
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

StructT = TypeVar("StructT", bound=Struct)


def may_hold(text: str) -> bool:
    """Whether there are digits enough for a card number; cheap, and never wrongly no."""
    if len(text) < FEWEST:
        return False
    return len(text.encode("utf-8", "surrogatepass").translate(None, _OTHER)) >= FEWEST


def mask(text: str) -> str:
    """The text with its card numbers masked but for their last four digits."""
    if not may_hold(text):
        return text
    kept: list[str] = []
    done = 0
    for start, end, last in _cards(text):
        kept += (text[done:start], MARK, " ", last)
        done = end
    return text if not kept else "".join((*kept, text[done:]))


def mask_address(url: str) -> str:
    """The same of an address that somebody is to follow: it has no spaces, and stays one."""
    return mask(url).replace(f"{MARK} ", MARK)


def masked(request: StructT) -> StructT:
    """The request with every card number in its typed fields masked; itself, when there is none."""
    changed: dict[str, Any] = {}
    for name in _typed_fields(type(request)):
        value = getattr(request, name)
        clean = mask(value) if isinstance(value, str) else masked_value(value)
        if clean is not value:
            changed[name] = clean
    return msgspec.structs.replace(request, **changed) if changed else request


def masked_value(value: Any) -> Any:
    """The same of a table, a list, an object of texts, or a number; itself, when nothing is to be masked."""
    clean: Any = value
    match value:
        case str():
            clean = mask(value)
        case bool():
            pass
        case int() if (masked_number := mask(str(value))) != str(value):
            clean = masked_number
        case dict():
            clean = {mask(key): masked_value(said) for key, said in value.items()}
        case list():
            clean = [masked_value(each) for each in value]
        case parts.Link(text=text, url=url):
            clean = parts.Link(text=mask(text), url=mask_address(url))
        case Struct():
            cleaned = {name: masked_value(getattr(value, name)) for name in value.__struct_fields__}
            clean = msgspec.structs.replace(value, **cleaned)
        case _:
            pass
    return value if clean == value else clean


@functools.cache
def _typed_fields(kind: type[Struct]) -> tuple[str, ...]:
    return tuple(name for name in kind.__struct_fields__ if name in TYPED)


def _cards(text: str) -> Iterator[tuple[int, int, str]]:
    """Where card numbers begin and end, and their last four digits: the leftmost, then the longest."""
    for run in _RUN.finditer(text):
        if run.end() - run.start() < FEWEST:
            continue
        groups = [found.span(1) for found in _GROUP.finditer(text, *run.span()) if found[1]]
        first = 0
        while first < len(groups):
            last = None if _begins_no_card(text, groups[first][0]) else _card_from(text, groups, first)
            if last is None:
                first += 1
                continue
            digits = "".join(text[start:end] for start, end in groups[first : last + 1])
            yield groups[first][0], groups[last][1], "".join(str(unicodedata.decimal(one)) for one in digits[-KEPT:])
            first = last + 1


def _begins_no_card(text: str, at: int) -> bool:
    """What a card number left, or a telephone number: but a plus after a digit is an address's space."""
    left = text[max(0, at - KEPT - 1) : at].removesuffix(" ").endswith(MARK)
    return left or (text[at - 1 : at] == "+" and not text[max(0, at - 2) : at - 1].isdecimal())


def _card_from(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The last group of the longest card number that begins with this group."""
    digits: list[int] = []
    found = None
    for last in range(first, len(groups)):
        start, end = groups[last]
        if len(digits) + end - start > MOST:
            break
        digits += (unicodedata.decimal(one) for one in text[start:end])
        if len(digits) in _LENGTHS and _is_card(digits) and _is_written_so(text, groups[first : last + 1]):
            found = last
    return found


def _is_card(digits: list[int]) -> bool:
    return _is_issued("".join(map(str, digits))) and _luhn(digits)


def _is_issued(number: str) -> bool:
    return any(low <= number[: len(low)] <= high and len(number) in lengths for low, high, lengths in _ISSUERS)


def _luhn(digits: list[int]) -> bool:
    total = sum(digits[-1::-2]) + sum(_DOUBLED[one] for one in digits[-2::-2])
    return total % 10 == 0


def _is_written_so(text: str, groups: list[tuple[int, int]]) -> bool:
    """Whether cards are written in these groups with what stands between them."""
    between = (text[end:start] for (_, end), (start, _) in itertools.pairwise(groups))
    if not any(_WEAK.search(each) for each in between):
        return True
    return _EMBOSSED.fullmatch("".join(str(end - start) for start, end in groups)) is not None
