"""Card numbers never get past the desk's door; what is no card number stays as it was typed."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.desk import masking
from server.desk.masking import mask, masked, may_hold
from server.wire import parts, requests
from tests.desk.support.bench import bench, settings
from tests.desk.support.story import Story, story

VISA = "4242 4242 4242 4242"
DIGITS = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９")  # noqa: RUF001 - meant so
BETWEEN = ("", " ", "-", "  ", " - ", "\N{NO-BREAK SPACE}", "\N{EN DASH}", "\N{ZERO WIDTH SPACE}", "\t", "%20", "+")
PREFIXES = {
    "4": (13, 16, 19),
    "51": (16,),
    "55": (16,),
    "2221": (16,),
    "2720": (16,),
    "34": (15,),
    "37": (15,),
    "305": (14, 16),
    "36": (14,),
    "6011": (16, 19),
    "649": (16,),
    "3528": (16,),
    "62": (16, 17, 18, 19),
    "5019": (16,),
    "6759": (13, 16, 19),
    "2204": (16,),
    "9792": (16,),
}


def check_digit(number: str) -> str:
    """As the standard says it: double every second from the right, and add up the digits of all."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str(-total % 10)


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from(sorted(PREFIXES)))
    length = draw(st.sampled_from(PREFIXES[prefix]))
    body = prefix + draw(st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1))
    return body + check_digit(body)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """A card number as somebody may write it, and its last four digits."""
    number = draw(cards())
    digits = draw(st.sampled_from(DIGITS))
    size = draw(st.sampled_from((1, 2, 4, 5, 8, 19)))
    groups = [number[at : at + size] for at in range(0, len(number), size)]
    text = draw(st.sampled_from(BETWEEN)).join("".join(digits[int(one)] for one in group) for group in groups)
    return text, number[-4:]


words = st.text(st.characters(blacklist_categories=("Nd", "Cs"), blacklist_characters="+%•-"), max_size=40)


@given(words, written(), words)
@example("", ("4242424242424242", "4242"), "")
@example("card: ", ("3782 822463 10005", "0005"), " exp 12/27")
def test_a_card_number_is_masked_however_it_is_written(before: str, card: tuple[str, str], after: str):
    assert mask(f"{before} {card[0]}; {after}") == f"{before} •••• {card[1]}; {after}"


@given(cards(), st.integers(0, 18))
def test_a_wrong_check_digit_is_no_card_number(number: str, place: int):
    place %= len(number)
    wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    assert mask(wrong) == wrong


@given(st.text(st.sampled_from("0123456789 -+.•/a٣%2\n"), max_size=200))
def test_masking_twice_is_masking_once(text: str):
    once = mask(text)
    assert mask(once) == once


@given(st.text(st.sampled_from("0123456789 -"), min_size=13, max_size=120))
def test_no_card_number_that_stands_alone_in_a_line_gets_through(text: str):
    for word in mask(text).split(" "):
        digits = word.replace("-", "")
        if digits.isdecimal() and len(digits) == 16 and digits[0] == "4":
            assert check_digit(digits[:-1]) != digits[-1]


@pytest.mark.parametrize(
    "text",
    [
        "Call me at +45 20 30 40 50 or +49 151 12345678901.",
        "20304050 21314151",
        "004540506070809012",
        "My order is 1002003004005006, parcel 00370710700000012345.",
        "ISBN 978-3-16-148410-0, EAN 5901234123457",
        "IMEI 490154203237518",  # ends in Luhn's digit as every IMEI does
        "ICCID 8944500102198304826",
        "Danish account 3409 0012345678, registration 4571",
        "IBAN DE89 3704 0044 0532 0130 00, DK50 0040 0440 1162 43, GB29 NWBK 6016 1331 9268 19",
        "FR14 2004 1010 0505 0001 3M02 606, CH93 0076 2011 6238 5295 7, SE45 5000 0000 0583 9825 7466",
        "1767225600000 1767225600123",
        "550e8400-e29b-41d4-a716-446655440000",
        "from 2026-01-01 08:00 to 2026-12-31 18:30",
        "30.05.2026 31.05.2026",
        "prices 4.242.424.242.424.242 and 4,242,424,242,424,242",
        "192.168.100.200 and 2001:db8:4242:4242:4242:4242:4242:4242",
        "4242\n4242\n4242\n4242",
        "0000 0000 0000 0000",
        "42424242424242424242",  # a part of a longer number is none
        "4242 4242 4242 4243",
        "55.676100, 12.568337",
    ],
)
def test_what_is_no_card_number_stays(text: str):
    assert mask(text) == text


def test_few_numbers_at_random_are_taken_for_one():
    """Of ten issued numbers one has the right check digit; of all numbers of 16 digits, one in four is issued."""
    found = sum(
        mask(number) != number for number in (f"{7_919_191_919_191_919 * n % 10**16:016d}" for n in range(4000))
    )
    assert 20 <= found <= 160


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("https://shop.example/?name=x%204242424242424242%22", "https://shop.example/?name=x%20•••• 4242%22"),
        ("https://shop.example/?card=4242+4242+4242+4242&b=1", "https://shop.example/?card=•••• 4242&b=1"),
        ("4242.4242.4242.4242", "•••• 4242"),
        ("3782/822463/10005", "•••• 0005"),
        ("12345 4242 4242 4242 4242 12 26", "12345 •••• 4242 12 26"),
        ("4242 4242 4242 4242 4000 0566 5566 5556", "•••• 4242 •••• 5556"),
        ("+45 20304050 4242 4242 4242 4242", "+45 20304050 •••• 4242"),
        ("• 4242424242424242", "• •••• 4242"),
        ("kort4242424242424242x", "kort•••• 4242x"),
    ],
)
def test_what_stands_around_it_stays(text: str, becomes: str):
    assert mask(text) == becomes


def test_the_quick_look_overlooks_no_digit_of_any_script():
    digits = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Nd"]
    assert len(digits) > 600
    assert [one for one in digits if not may_hold(one * masking.FEWEST)] == []
    assert not may_hold("Hej, hvornår kommer min pakke 12345678? Tak på forhånd …")


@pytest.mark.parametrize(
    "text",
    ["4242 " * 1600, "4" * 8000, "4 " * 4000, "4242-4242+" * 800, "%20" * 2600, "•••• 4242 " * 800, "4.4" * 2600],
)
def test_the_work_grows_with_the_text_and_not_faster(text: str, monkeypatch: pytest.MonkeyPatch):
    tried = 0
    real = masking._is_card

    def counted(digits: list[int]) -> bool:
        nonlocal tried
        tried += 1
        return real(digits)

    monkeypatch.setattr(masking, "_is_card", counted)
    mask(text)
    assert tried <= 7 * len(text)  # from each group, one try for each length there is


# What is typed, of all requests.

NAMES = {
    "id", "conversation", "client_id", "department", "token", "identity", "site", "offer", "to", "status", "agent",
    "trial", "name", "stream_id",
}  # fmt: skip
NUMBERS = {
    "protocol", "resume", "after", "before", "notes_after", "notes_before", "limit", "active", "seq", "score",
    "final", "offset",
}  # fmt: skip
# What grows piece by piece is masked as it stands: see `server.desk.streams`.
PIECES = {"delta"}
REQUESTS = {*get_args(requests.VisitorRequest), *get_args(requests.AgentRequest), *get_args(requests.BotRequest)}


@pytest.mark.parametrize("kind", sorted(REQUESTS, key=str))
def test_every_field_is_typed_or_a_name_or_a_number(kind: type[msgspec.Struct]):
    assert set(kind.__struct_fields__) - masking.TYPED - NAMES - NUMBERS - PIECES == set()


def test_fields_of_all_shapes_are_masked_and_the_rest_is_the_same_object():
    start = requests.ConversationStart(id="1", client_id=VISA, text=VISA, form={"name": "Maria", "card": VISA})
    assert masked(start) == requests.ConversationStart(
        id="1", client_id=VISA, text="•••• 4242", form={"name": "Maria", "card": "•••• 4242"}
    )
    page = parts.Page(url="https://x.example", title=VISA, referrer=VISA)
    opened = masked(requests.IdentifyVisitor(id="1", protocol=1, site="demo", page=page))
    assert opened.page == parts.Page(url="https://x.example", title="•••• 4242", referrer="•••• 4242")
    close = requests.ConversationClose(id="1", conversation="c_1", tags=["vip", VISA], outcome="paid")
    assert masked(close).tags == ["vip", "•••• 4242"]
    plain = requests.MessageSend(id="1", conversation=VISA, client_id="m", text="My order is 4242.")
    assert masked(plain) is plain


# At the desk.


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


async def test_what_is_resent_is_the_same_and_everybody_sees_it_masked(it: Story):
    await it.ada.ask("status.set", status="available")
    await it.vera.ask("conversation.start", client_id="c1", text=f"Pay with {VISA}", form={"name": VISA})
    talk = await it.desk.accept(it.ada)
    first = await it.vera.ask("message.send", conversation=talk, client_id="m1", text=f"Or {VISA}?")
    again = await it.vera.ask("message.send", conversation=talk, client_id="m1", text=f"Or {VISA}?")
    other = await it.vera.ask("message.send", conversation=talk, client_id="m1", text="Or 4000 0566 5566 5556?")
    assert (again["seq"], again["at"]) == (first["seq"], first["at"])
    assert other["error"]["code"] == "client_id_conflict"
    started = await it.vera.ask("conversation.start", client_id="c1", text=f"Pay with {VISA}", form={"name": VISA})
    assert started["conversation"]["id"] == talk
    heard = [event["text"] for event in it.vera.told("entry") if event["kind"] == "message"]
    assert heard == ["Pay with •••• 4242", "Or •••• 4242?"]
    assert [event["text"] for event in it.ada.told("entry") if event["kind"] == "message"] == ["Or •••• 4242?"]


async def test_a_workspace_may_keep_them(tmp_path: Path):
    async with bench(tmp_path, settings(workspace={"mask_cards": False})) as desk:
        visitor = await desk.visitor()
        await visitor.ask("conversation.start", client_id="c1", text=VISA)
        assert [event["text"] for event in visitor.told("entry") if event["kind"] == "message"] == [VISA]


async def test_no_table_ever_holds_one(it: Story):
    """Every field that a person can type, of visitors and agents."""
    await it.ada.ask("status.set", status="available", reason=VISA)
    page = {"url": f"https://x.example/?c={VISA}", "title": VISA, "referrer": VISA}
    vera = await it.desk.visitor(page=page, language=VISA, timezone=VISA)
    await vera.ask("conversation.start", client_id="c1", text=VISA, form={"name": VISA, "email": VISA, VISA: VISA})
    await it.ada.ask("offer.decline", offer=it.ada.offer["offer"], reason=VISA)
    await it.desk.wait(61)
    talk = await it.desk.accept(it.ada)
    await it.ada.ask("message.send", conversation=talk, client_id="m2", text=VISA)
    await it.ada.ask("note.add", conversation=talk, client_id="n1", text=VISA)
    await it.ada.ask("conversation.close", conversation=talk, outcome=VISA, tags=[VISA])
    left: dict[str, Any] = {"form": {"name": VISA, "contact": VISA, "email": "v@example.org"}, "text": VISA}
    assert (await vera.ask("message.leave", client_id="l1", **left))["ok"]
    assert await it.desk.store.read(lambda tx: _holding(tx, "4242 4242", "4242%204242")) == []
    assert len(await it.desk.store.read(lambda tx: _holding(tx, "•••• 4242"))) >= 6


def _holding(tx: Any, *needles: str) -> list[str]:
    """Columns of any table in which one of these stands."""
    return [
        f"{table}.{column}"
        for (table,) in tx.all("SELECT name FROM sqlite_schema WHERE type = 'table'")
        for (column,) in tx.all(f"SELECT name FROM pragma_table_info('{table}')")
        for needle in needles
        if tx.one(f'SELECT 1 FROM "{table}" WHERE instr("{column}", ?) LIMIT 1', (needle,))
    ]
