"""Whoever guesses passwords learns nothing, neither by words nor by the time they take, and costs nobody anything: row
59 over a real server, in the full form. What is counted is in tests/desk/test_guessing.py.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from statistics import median

import aiohttp
import pytest

from tests.blackbox.people import People
from tests.blackbox.wire import Agent, Visitor
from tests.blackbox.workspace import agent, department, workspace
from tests.faults.extent import SEED
from tests.faults.serving import Serving

AGENTS = 24
FREE = 10  # tries of an account before it has to wait
FREE_OF_ADDRESS = 30
EARNED = 6  # more of them, after 1, 2, 4 … s: a minute
LOOKED_AT, REFUSED = 401, 429
ATTEMPTS = 1_000
AT_ONCE = 20
GUESSED_RIGHT = 0.62  # by the time alone; 0.5 is chance, which with these numbers stays below 0.6
SERVED_WITHIN_S = 0.1
WORKSPACE = workspace(
    ["support"],
    department("support", method="ring_all"),
    *[agent(f"known{number}", 3, {"support": 50}) for number in range(AGENTS)],
)


class Behind(Serving):
    """A server behind a proxy on this machine, so that guesses come from where their header says."""

    def command(self, *more: str) -> list[str]:
        return super().command("--trusted-proxy", "127.0.0.1", *more)


@pytest.fixture
def own_serving(tmp_path: Path, templates: Path) -> Iterable[Serving]:
    with Behind(tmp_path, templates, WORKSPACE) as server:
        yield server


@pytest.fixture
async def http(own_serving: Serving) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(f"http://{own_serving.address}", connector=connector) as session:
        yield session


def addresses() -> Iterable[str]:
    """Each of another household."""
    return (f"198.{18 + high}.{middle}.{low}" for high in range(2) for middle in range(256) for low in range(1, 255))


Answered = tuple[int, str, str]


async def guess(http: aiohttp.ClientSession, email: str, address: str) -> tuple[Answered, float]:
    """What was answered, in words, and after how many seconds."""
    headers = {"X-Forwarded-For": address}
    began = time.perf_counter()
    async with http.post("/api/v1/login", json={"email": email, "password": "wrong"}, headers=headers) as answer:
        error = (await answer.json())["error"]
    return (answer.status, error["code"], error["message"]), time.perf_counter() - began


def told_apart(some: Sequence[float], others: Sequence[float]) -> float:
    """How often whoever is given one of each says rightly which is which, by their time and the better rule."""
    pairs = len(some) * len(others)
    longer = sum((one > other) + (one == other) / 2 for one, other in itertools.product(some, others)) / pairs
    return max(longer, 1 - longer)


def alike(what: str, some: Sequence[float], others: Sequence[float]) -> None:
    right, known, unknown = told_apart(some, others), median(some), median(others)
    print(f"{what}: known {known * 1000:.2f} ms, unknown {unknown * 1000:.2f} ms, guessed right {right:.0%}")
    assert right <= GUESSED_RIGHT, what
    assert abs(known - unknown) < max(0.1 * known, 0.001), what


@pytest.mark.row(59)
def test_row_59_who_can_be_told_apart_is() -> None:
    assert told_apart([1, 2, 3], [4, 5, 6]) == told_apart([4, 5, 6], [1, 2, 3]) == 1
    assert told_apart([1, 2, 3], [1, 2, 3]) == 0.5
    with pytest.raises(AssertionError):
        alike("without a hash for who is not there", [0.04, 0.041, 0.05], [0.002, 0.003, 0.002])


@pytest.mark.row(59)
@pytest.mark.full
@pytest.mark.timeout(300)
async def test_row_59_the_time_of_an_answer_does_not_say_whether_there_is_such_an_account(
    own_serving: Serving, http: aiohttp.ClientSession
) -> None:
    chance = random.Random(SEED)
    sources = iter(addresses())
    words: dict[str, set[Answered]] = {"known": set(), "unknown": set()}
    took: dict[tuple[str, int], list[float]] = defaultdict(list)
    for number in range(AGENTS):
        for _ in range(2 * FREE):
            for kind in chance.sample(["known", "unknown"], 2):
                answered, seconds = await guess(http, f"{kind}{number}@demo.example", next(sources))
                words[kind].add(answered)
                took[kind, answered[0]].append(seconds)
    assert words["known"] == words["unknown"]
    assert {status for _, status in took} == {LOOKED_AT, REFUSED}
    # Whoever is slow has earned another try meanwhile.
    assert all(AGENTS * FREE <= len(took[kind, LOOKED_AT]) <= AGENTS * (FREE + 4) for kind in words)
    alike("looked at", took["known", LOOKED_AT], took["unknown", LOOKED_AT])
    alike("refused unseen", took["known", REFUSED], took["unknown", REFUSED])
    assert median(took["known", LOOKED_AT]) > 2 * median(took["known", REFUSED]), "a guess costs something, or is none"


@pytest.mark.row(59)
@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.parametrize("from_where", ["one address", "many addresses"])
async def test_row_59_whoever_is_logged_in_is_served_meanwhile(
    own_serving: Serving, own_people: People, http: aiohttp.ClientSession, from_where: str
) -> None:
    ada = await own_people.agent("known0")
    page = await own_people.pair("support", ada)
    before = [await took_to_say(page, ada, number) for number in range(100)]
    many, said = iter(addresses()), Counter[int]()
    numbers = iter(range(ATTEMPTS))

    async def go_on_guessing() -> None:
        for number in numbers:
            source = "203.0.113.7" if from_where == "one address" else next(many)
            # Of those that are there and those that are not; of many addresses, ten for each account are looked at.
            name = f"known{number % AGENTS}" if number % 2 else f"unknown{number}"
            answered, _ = await guess(http, f"{name}@demo.example", source)
            said[answered[0]] += 1

    guessing = asyncio.gather(*[go_on_guessing() for _ in range(AT_ONCE)])
    meanwhile = []
    for number in itertools.count():
        if guessing.done():
            break
        meanwhile.append(await took_to_say(page, ada, number))
    await guessing
    quiet, loud = p99(before), p99(meanwhile)
    print(f"{said}; p99 of a message: {quiet * 1000:.1f} ms, meanwhile {loud * 1000:.1f} ms of {len(meanwhile)}")
    assert set(said) == {LOOKED_AT, REFUSED}
    if from_where == "one address":
        assert said[LOOKED_AT] <= FREE_OF_ADDRESS + EARNED
    else:
        assert said[LOOKED_AT] <= ATTEMPTS // 2 + AGENTS * (FREE + EARNED)
    assert loud < SERVED_WITHIN_S


async def took_to_say(page: Visitor, ada: Agent, number: int) -> float:
    """One message from each to the other; the longer of the two waits for its acknowledgement."""
    waits = []
    for client in (page, ada):
        began = time.perf_counter()
        await client.say(page.conversation, f"{number}")
        waits.append(time.perf_counter() - began)
    return max(waits)


def p99(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]
