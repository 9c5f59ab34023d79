"""The bot that lets a language model answer, against a stand-in that streams."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bots.examples.relay import MARKER, PROMPT, SORRY, Endpoint, Relay, Sieve
from tests.bots.model import Model, model
from tests.bots.paper import Paper


@pytest.fixture
async def standin() -> AsyncIterator[Model]:
    async with model() as found:
        yield found


@pytest.fixture
async def relay(standin: Model) -> AsyncIterator[Relay]:
    async with aiohttp.ClientSession() as web:
        yield Relay(Endpoint(base_url=standin.url + "/", key="k", model="m"), prompt=PROMPT, web=web)


@pytest.fixture
def paper() -> Paper:
    return Paper()


async def test_what_the_model_says_is_streamed_and_committed(standin, relay, paper):
    await relay.handle(paper.message("Hi"))
    assert paper.said() == ["Hello there."]
    assert [each["do"] for each in paper.told] == ["thinking", "stream"]
    assert paper.told[1]["text"] == "Hello"
    assert standin.keys == ["Bearer k"]
    assert (standin.asked[0]["model"], standin.asked[0]["stream"]) == ("m", True)


async def test_the_model_sees_what_was_said(standin, relay, paper):
    await relay.handle(paper.message("Hi"))
    late = paper.message("And?")
    paper.message("Sorry, not yet to be seen")
    await relay.handle(late)
    assert standin.asked[1]["messages"] == [
        {"role": "system", "content": PROMPT},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello there."},
        {"role": "user", "content": "And?"},
    ]


@pytest.mark.parametrize(
    "call", [["CALL A ", "PERSON: order 7 ", "is missing"], ["**CALL A PERSON:", "** order 7 is missing"]]
)
async def test_the_model_may_call_a_person(standin, relay, paper, call):
    standin.says = ["I cannot see orders.\n", *call]
    await relay.handle(paper.message("Where is it?"))
    said, handed = paper.asked
    assert said["text"] == "I cannot see orders.\n"
    assert (handed["reason"], handed["summary"]) == ("model_asked", "order 7 is missing")
    assert MARKER not in str(paper.told)


@pytest.mark.parametrize(
    ("status", "says", "shown"),
    [
        (500, [], []),
        (401, [], []),
        (200, [], []),
        (200, ["  "], []),
        (200, ["Well, ", 0], ["Well, "]),
        (200, [0], []),
        (200, ["Well, ", {"no": "text"}, "yes"], ["Well, "]),
    ],
)
async def test_whatever_goes_wrong_a_person_is_called(standin, relay, paper, status, says, shown):
    standin.status, standin.says = status, says
    await relay.handle(paper.message("Hi"))
    assert paper.said() == shown
    assert paper.asked[-1]["do"] == "handoff"
    assert (paper.asked[-1]["reason"], paper.asked[-1]["summary"]) == ("model_failed", "The visitor's last words: Hi")


@pytest.mark.parametrize(
    ("says", "shown", "ends"),
    [
        ([*[None] * 9, "Late"], [], "handoff"),
        (["Well, ", *[None] * 9], ["Well, "], "handoff"),
        (["a", None] * 9, ["a" * 9], "stream"),
    ],
)
async def test_an_endpoint_that_only_says_that_it_is_alive_has_failed(standin, paper, says, shown, ends):
    standin.says = says
    clock = itertools.count(0, 5)
    async with aiohttp.ClientSession() as web:
        endpoint = Endpoint(base_url=standin.url, key="", model="m", now=lambda: next(clock))
        await Relay(endpoint, prompt="", web=web).handle(paper.message("Hi"))
    assert paper.said() == shown
    assert paper.asked[-1]["do"] == ends


async def test_an_endpoint_that_is_not_there(paper):
    async with aiohttp.ClientSession() as web:
        endpoint = Endpoint(base_url="http://127.0.0.1:1/v1", key="", model="m")
        await Relay(endpoint, prompt="", web=web).handle(paper.message("Hi"))
    assert [each["do"] for each in paper.asked] == ["handoff"]


async def test_nothing_is_longer_than_a_message_may_be(standin, relay, paper):
    paper.text_chars = 7
    standin.says = ["12345", "67890", "never"]
    await relay.handle(paper.message("Hi"))
    assert paper.said() == ["1234567"]


async def test_when_a_person_has_it_the_model_is_not_listened_to(standin, relay, paper):
    paper.mine = False
    standin.says = ["a", "b"]
    await relay.handle(paper.message("Hi"))
    assert paper.asked == []


async def test_when_nobody_is_there_it_says_so(relay, paper):
    await relay.handle(paper.failed())
    assert paper.said() == [SORRY]


@pytest.mark.parametrize(
    ("text", "shown", "handover"),
    [
        ("Hello\nyou", "Hello\nyou", None),
        (f"{MARKER} all", "", " all"),
        (f"Hm.\n  {MARKER} a\nb", "Hm.\n", " a\nb"),
        (f"Hm.\n**{MARKER}** a", "Hm.\n", "** a"),
        (f"* a\n* {MARKER[:4]}", f"* a\n* {MARKER[:4]}", None),
        ("**Bold** __and__", "**Bold** __and__", None),
        (f"I will not {MARKER} here", f"I will not {MARKER} here", None),
        ("CALL A PERSON", "CALL A PERSON", None),
        ("CALL ME", "CALL ME", None),
        ("  \n", "  \n", None),
    ],
)
def test_a_marker_is_found_wherever_the_pieces_break(text, shown, handover):
    chance = random.Random(5)
    for _ in range(50):
        cuts = sorted(chance.sample(range(len(text) + 1), k=chance.randint(0, min(5, len(text)))))
        sieve = Sieve()
        seen = "".join(
            sieve.let_through(text[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)
        )
        assert (seen + sieve.rest(), sieve.handover) == (shown, handover)
