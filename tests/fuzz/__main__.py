"""`python -m tests.fuzz [--minutes 10] [--seed N] [frames|rest]`: nonsense at a real server, for as long as asked."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

import aiohttp

from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.fuzz import rest
from tests.fuzz.frames import Tally, fuzz
from tests.fuzz.verdict import complaints


def main() -> int:
    asked = _asked()
    print(f"seed {asked.seed}", flush=True)
    wrong = 0
    if asked.what in {"frames", "all"}:
        wrong += _frames(asked.seed, asked.minutes * 60)
    if asked.what in {"rest", "all"}:
        wrong += _rest(asked.seed, asked.minutes * 60)
    return int(wrong > 0)


def _asked() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    reader.add_argument("what", nargs="?", choices=("frames", "rest", "all"), default="all")
    reader.add_argument("--minutes", type=float, default=10.0, help="of each (default: 10)")
    reader.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="the same nonsense again")
    return reader.parse_args()


def _frames(seed: int, seconds: float) -> int:
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        before = server.resident_kib()
        tally = asyncio.run(_among_people(server, seed, seconds))
        found = [*tally.faults, *complaints(server)]
        print(f"sent {dict(tally.sent)}; answers {dict(tally.codes)}")
        took = sorted(tally.took_s)
        print(
            f"the neighbours said {len(took)} messages; from one to the other half of them took {_at(took, 0.5)}, "
            f"99 % {_at(took, 0.99)}, the slowest {_at(took, 1)}"
        )
        print(f"memory {before} -> {server.resident_kib()} KiB")
    return _told("frames", found)


def _at(took_s: list[float], share: float) -> str:
    return f"{1000 * took_s[min(len(took_s) - 1, int(share * len(took_s)))]:,.0f} ms"


async def _among_people(server: Server, seed: int, seconds: float) -> Tally:
    people = People(server)
    await _let_the_neighbours_talk(people)
    return await fuzz(people, seed=seed, seconds=seconds)


async def _let_the_neighbours_talk(people: People) -> None:
    """Without a pause for as long as it goes on, which nobody does who types."""
    headers = {"Authorization": f"Bearer {await people.token('root')}"}
    without = {"messages_per_visitor": [0, 0], "messages_per_agent": [0, 0]}
    async with (
        aiohttp.ClientSession(f"http://{people.server.address}", headers=headers) as http,
        http.put("/api/v1/limits", json=without) as answer,
    ):
        answer.raise_for_status()


def _rest(seed: int, seconds: float) -> int:
    """A server of its own for each path: some of what is asked locks out whoever asks."""
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        every = rest.paths(server)
    found = []
    for number, path in enumerate(every):
        with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
            code, said = rest.fuzz(
                server, seed=seed + number, examples=10_000, only=path, seconds=max(2, int(seconds / len(every)))
            )
            tested = next((line.strip() for line in said.splitlines() if "generated" in line), "nothing was tested")
            print(f"{path}: {tested}", flush=True)
            found += complaints(server) + ([said] if code else [])
    return _told("rest", found)


def _told(what: str, found: list[str]) -> int:
    print("\n".join(found) if found else f"{what}: nothing is wrong")
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
