"""Cancelled at every wait: whoever is given up in the middle of something has done it or not, and never half of it.

`stage` says what is cancelled, and what holds afterwards; `scenes` what is asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from server.desk.fanout import Fanout
from server.desk.opening import Gate
from server.desk.passwords import Passwords
from server.session.connection import Connection
from tests.simulation.scenes import SCENES as ASKED
from tests.simulation.scenes_of_house import SCENES as OF_HOUSE
from tests.simulation.stage import Played, Scene, cuts, play
from tests.simulation.stepping import Place, Site, sites

SCENES = [*ASKED, *OF_HOUSE]

_STUMBLING = "upon a bug of ours, from which the engine starts anew as after a commit that failed, which is a scene"
_NO_WAIT = "what it calls does not wait where a server runs, or where the files are none"
# Waits at which nobody is cancelled here (a function, and what its line says), and why.
EXCEPTED = {
    ("Connections._accept", ""): "aiohttp's handshake is not simulated",
    ("Connections.handler.upgrade", ""): "aiohttp's handshake is not simulated",
    ("Connection._leave", "_tell_left"): "the desk hears it at once",
    ("Connection._tell_left", ""): "the desk hears it at once",
    ("see_off", "sleep(0)"): "it takes a hundred connections",
    ("Engine.work_off", ""): "for tests and tools without a task for the engine",
    ("Engine._stumble", ""): _STUMBLING,
    ("Engine._let_go", ""): _STUMBLING,
    ("Engine._work", "_stumble"): _STUMBLING,
    ("Engine._commit", "_stumble"): _STUMBLING,
    ("Erasure._router", "_engine("): _NO_WAIT,
    ("Erasure.erase", "_leave_no_trace"): _NO_WAIT,
    ("Erasure.resume", "_leave_no_trace"): _NO_WAIT,
    ("Retention._kept", ""): _NO_WAIT,
    ("Retention.remove", "_kept"): _NO_WAIT,
    ("Retention.remove", "_leave_no_trace"): _NO_WAIT,
    ("Retention.would_remove", "_kept"): _NO_WAIT,
}


@functools.cache
def uncut(scene: Scene) -> Played:
    """How it goes when nobody is cancelled."""
    return play(scene)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_what_is_cancelled_anywhere_is_done_or_not(scene: Scene):
    first = uncut(scene)
    assert not first.faults, f"{scene.name}, and nobody is cancelled: {first.faults[0]}"
    for cut in cuts(scene, first.waits):
        wait = first.waits[cut.at]
        said = f"{scene.name}: {wait.task} is cancelled, {cut.when}, {_story(wait.places)}"
        played = play(scene, cut)
        assert played.cut == wait.places, f"{said}\nit did not come to that"
        assert not played.faults, f"{said}\n{played.faults[0]}"


def test_no_wait_of_sessions_and_desk_is_left_out():
    """Whoever adds one adds a scene that comes to it, or says here why not."""
    passed: set[Place] = set()
    for scene in SCENES:
        waits = uncut(scene).waits
        for cut in cuts(scene, waits):
            passed.update(waits[cut.at].places)
    left = [site for folder in ("server/session", "server/desk") for site in sites(folder) if not _has(site, passed)]
    missing = [str(site) for site in left if not any(_is_excepted(site, each) for each in EXCEPTED)]
    assert not missing, "nobody is cancelled at:\n" + "\n".join(missing)
    for each, why in EXCEPTED.items():
        assert any(_is_excepted(site, each) for site in left), f"{each} is excepted for no reason: {why}"


def _is_excepted(site: Site, each: tuple[str, str]) -> bool:
    function, part = each
    return site.function == function and part in site.text


def _has(site: Site, passed: set[Place]) -> bool:
    return any(site.has(place) for place in passed)


def _story(places: tuple[Place, ...]) -> str:
    return "\n".join(f"  in {place.function}, {place.file}:{place.line}" for place in places)


# It sees: with one of the things taken out that see to it, something is left half done.


@contextlib.contextmanager
def it_gives_up_what_was_asked_with_who_asked() -> Iterator[str]:
    with mock.patch("server.http.api.entry._to_its_end", lambda operation, call: operation.run(call)):
        yield "an_admin_sets_a_password"


@contextlib.contextmanager
def it_forgets_who_left_while_something_was_under_way() -> Iterator[str]:
    async def leave(connection: Connection) -> None:
        await connection._calls.settled()
        await connection._tell_left()

    with mock.patch.object(Connection, "_leave", leave):
        yield "a_visitor_is_cut_off_in_the_middle_of_writing"


@contextlib.contextmanager
def it_leaves_those_subscribed_who_did_not_get_in() -> Iterator[str]:
    drop = Fanout.drop

    def forgetting(hub: Fanout, peer: Any) -> None:
        if not isinstance(peer, Gate):
            drop(hub, peer)

    with mock.patch.object(Fanout, "drop", forgetting):
        yield "a_visitor_comes"


@contextlib.contextmanager
def it_counts_passwords_that_nobody_waits_for() -> Iterator[str]:
    async def run(passwords: Passwords, work: Callable[[], Any]) -> Any:
        passwords._waiting += 1
        found = await asyncio.get_running_loop().run_in_executor(None, work)
        passwords._waiting -= 1
        return found

    with mock.patch.object(Passwords, "_run", run):
        yield "somebody_logs_in"


@pytest.mark.parametrize(
    "broken",
    [
        it_gives_up_what_was_asked_with_who_asked,
        it_forgets_who_left_while_something_was_under_way,
        it_leaves_those_subscribed_who_did_not_get_in,
        it_counts_passwords_that_nobody_waits_for,
    ],
    ids=lambda broken: broken.__name__,
)
def test_what_is_left_half_done_is_found(broken: Callable[[], contextlib.AbstractContextManager[str]]):
    with broken() as name:
        scene = next(each for each in SCENES if each.name == name)
        first = play(scene)
        assert not first.faults
        assert any(play(scene, cut).faults for cut in cuts(scene, first.waits))
