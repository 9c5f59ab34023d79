"""The two builds of the router, interpreted and compiled (decisions 19 and 20), are one router.

The same seeded walk through everything that can be asked of it, in both, and the same events to the byte. The copy is
compiled once for each state of the sources: the same C as `python -m bench routing` measures, not optimised, which
takes half of the time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hatch_build
from bench.routing import compiled_copy

ROOT = Path(hatch_build.__file__).parent

WALK = """
import hashlib, sys
import msgspec
from bench import routing, walk
from router import commands as c, dispatch
from router.errors import CommandRejected

told = hashlib.sha256()

def tell(*values):
    for value in values:
        told.update(type(value).__name__.encode() + msgspec.json.encode(value))

class Listening:
    def __init__(self, router):
        self.router = router

    def __getattr__(self, name):
        return getattr(self.router, name)

    def handle(self, command, now):
        try:
            happened = self.router.handle(command, now)
        except CommandRejected as rejected:
            tell(str(rejected), *rejected.events)
            raise
        tell(*happened)
        return happened

events = 0
for seed in (1, 2, 3):
    walked = walk.Walk(seed)
    for _ in range(2_000):
        if not isinstance(walked.router, Listening):  # at first, and after a restart
            walked.router = Listening(walked.router)
        walked.step()
        tell(walked.router.next_deadline())
    tell(walked.router.snapshot())
    events += sum(walked.kinds.values())
routing.WAITING = 500
for agents in (20, 300):  # small teams, whose records are tables, and large ones
    router, talking = routing._busy(agents)
    for number in range(300):
        agent, conversation = talking.popleft()
        now = router.now + 5
        happened = router.handle(c.CloseByAgent(agent=agent, conversation=conversation), now)
        for agent, offer, conversation in routing._made(happened):
            tell(*happened, *router.handle(c.AcceptOffer(agent=agent, offer=offer), now))
            talking.append((agent, conversation))
print(dispatch.__file__.rpartition(".")[2], events, told.hexdigest())
"""


def walked(folder: Path) -> list[str]:
    """The kind of file, the number of events and their digest, with the router of this folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-c", WALK]
    done = subprocess.run(program, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_compiled_and_interpreted_give_the_same_events():
    missing = hatch_build.what_is_missing()
    if missing is not None:
        pytest.skip(missing)
    interpreted = walked(ROOT)
    compiled = walked(compiled_copy(optimised=False))
    assert [interpreted[0], compiled[0]] == ["py", "so"]
    assert int(interpreted[1]) > 3_000
    assert interpreted[1:] == compiled[1:]
