"""The baselines are not made slower, nor faster, by the way: every ratio in the documents stands on them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import apsw
import pytest

from bench import connections, minimal, relay

# Whoever changes a baseline changes this too, measures again, and says so in docs/performance.md.
SOURCES = {
    minimal: "09ad6a6944e9ddee31804cd44c5ec91e674bb93351760a4908cddc0fb8448479",
}


@pytest.mark.parametrize("module", SOURCES)
def test_a_baseline_is_what_was_measured(module):
    assert hashlib.sha256(Path(module.__file__).read_bytes()).hexdigest() == SOURCES[module]


def test_the_relays_baseline_keeps_its_promise():
    """One row for a message, synced, acknowledged after the commit: as its source says, line by line."""
    lines = [line.strip() for line in Path(minimal.__file__).read_text(encoding="utf-8").splitlines()]
    steps = [
        'connection.execute("PRAGMA journal_mode=WAL").fetchall()',
        'connection.execute("PRAGMA synchronous=FULL")',
        "with connection:",
        'connection.executemany("INSERT INTO message (pair, text) VALUES (?, ?)", [each[:2] for each in batch])',
        "self._loop.call_soon_threadsafe(_tell, batch)",
    ]
    places = [lines.index(step) for step in steps]
    assert places == sorted(places)


def test_the_table_of_the_baseline_takes_a_message():
    connection = apsw.Connection(":memory:")
    connection.execute(minimal.TABLE)
    connection.execute("INSERT INTO message (pair, text) VALUES (7, 'Hello')")
    assert connection.execute("SELECT n, pair, text FROM message").fetchall() == [(1, 7, "Hello")]
    connection.close()


@pytest.mark.parametrize(("ours", "verdict"), [(1.19, "reached"), (1.49, "kept"), (1.51, "MISSED")])
def test_a_budget_says_whether_it_is_kept(ours, verdict):
    budget = relay.Budget(of="cpu_us", what="CPU", most=connections.BUDGET, aim=connections.AIM)
    least, found = (relay.Figures(rate=1, busy=1, cpu_us=us, p50_ms=1, p99_ms=1) for us in (1.0, ours))
    assert verdict in budget.line(found, least)


def test_only_the_other_side_has_it_when_it_is_delivered():
    load = relay.Load()
    sender, other = object(), object()
    load.sent[b"7"] = (0.0, sender)  # type: ignore[assignment] # sockets are only compared
    frame = b'{"on":"entry","seq":3,"text":"7 Hello"}'
    load.heard(sender, frame)  # type: ignore[arg-type]
    assert load.delivered_ms == []
    load.heard(other, frame)  # type: ignore[arg-type]
    assert len(load.delivered_ms) == 1
    assert load.sent == {}
