"""From settings and options to bounds."""

from __future__ import annotations

import resource
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from server.app.bounding import Following, make_room_for_files, rates
from server.clock import SystemClock
from server.session.bounds import Bounds
from server.session.buckets import Rate
from server.session.entrance import Most
from server.session.limits import NAMES
from server.settings import workspace as settings


def told(limits: settings.Limits) -> Any:
    return SimpleNamespace(directory=SimpleNamespace(limits=limits))


def test_every_rate_is_a_setting_and_every_setting_is_kept():
    found = rates(settings.Limits(messages_per_visitor=settings.Rate(7, 70), reads_per_connection=settings.Rate(0, 0)))
    assert found.messages_per_visitor == Rate(7, 70)
    assert not found.reads_per_connection.limits
    said = {
        name
        for name in settings.Limits.__struct_fields__
        if isinstance(getattr(settings.Limits(), name), settings.Rate)
    }
    assert set(NAMES) == said


def test_limits_follow_the_settings_and_other_commits_change_nothing():
    heard: list[int] = []
    limits = settings.Limits()
    bounds = Bounds.make(SystemClock().monotonic, rates=rates(limits))
    following = Following(bounds, limits, text_chars=heard.append)
    before = bounds.limits.rates
    following.told(told(limits))
    following.told(told(replace(limits)))
    assert bounds.limits.rates is before
    following.told(told(replace(limits, text_chars=9, messages_per_agent=settings.Rate(1, 1))))
    assert bounds.limits.rates.messages_per_agent == Rate(1, 1)
    assert heard == [8000, 9]


@pytest.mark.parametrize(
    ("soft", "hard", "asked", "given", "plain"),
    [
        (1024, 1_048_576, 50_000, 50_000, 10_000),
        (1024, 50_500, 50_000, 40_300, 10_000),
        (1024, 4096, 50_000, 2922, 974),
        (1024, 4096, 0, 2922, 974),
        (1024, 4096, 1000, 1000, 974),
        (256, 256, 50_000, 42, 14),
        (100, 100, 50_000, 1, 1),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 0, 0, 10_000),
    ],
)
def test_there_are_never_more_connections_than_files(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, asked: int, given: int, plain: int
):
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _which, limits: raised.append(limits))
    most = make_room_for_files(Most(connections=asked))
    assert (most.connections, most.plain) == (given, plain)
    assert raised == ([(hard, hard)] if soft < hard else [])
