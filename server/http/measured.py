"""What is measured of a server at work, as sources of `metrics`: sockets, limits, messages, database, router, loop.

Names and meanings are in docs/operations.md, which a test compares with what is shown here. Labels have few values:
roles, codes, limits; never who somebody is.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from server.desk.bot_overview import BotOverview
from server.desk.bot_watch import REASONS
from server.desk.gauges import Gauges
from server.histogram import Histogram
from server.http.lobby import Lobby
from server.http.metrics import Source
from server.session.bounds import Bounds
from server.watchdog import Pulse, Watchdog
from server.wire.codes import CloseCode


class Connections(Protocol):
    """All sockets."""

    def statistics(self) -> dict[str, int]:
        """Open ones (`open_visitor`) and how many closed with which code (`closed_4000`)."""


class StoreFigures(Protocol):
    """How the database does."""

    @property
    def queued(self) -> int: ...
    @property
    def transactions(self) -> int: ...
    @property
    def failures(self) -> int: ...
    @property
    def wal_bytes(self) -> int: ...
    @property
    def commit_seconds(self) -> Histogram: ...
    @property
    def commit_sizes(self) -> Histogram: ...


class Store(Protocol):
    """The database."""

    @property
    def healthy(self) -> bool: ...

    def statistics(self) -> StoreFigures: ...


def of_connections(connections: Connections, bounds: Bounds) -> Source:
    """Sockets: open, identified or not, closed by code."""

    async def source() -> Iterable[Metric]:
        found = connections.statistics()
        open_ = GaugeMetricFamily("frontdesk_connections", "Open WebSockets.", labels=["role"])
        for role in ("visitor", "agent", "bot"):
            open_.add_metric([role], found.get(f"open_{role}", 0))
        closed = CounterMetricFamily(
            "frontdesk_connections_closed",
            "WebSockets that ended, by close code; 4003 is a reader who was too slow, 0 one that just went.",
            labels=["code"],
        )
        for code in (0, *sorted(map(int, CloseCode))):
            closed.add_metric([str(code)], found.get(f"closed_{code}", 0))
        return [
            open_,
            _gauge("frontdesk_connections_unidentified", "Of these, not identified yet.", bounds.entrance.unidentified),
            _gauge("frontdesk_connections_max", "How many there may be; 0: as many as come.", bounds.entrance.most),
            closed,
        ]

    return source


def of_lobby(lobby: Lobby) -> Source:
    """Connections that are no WebSockets."""

    async def source() -> Iterable[Metric]:
        return [_gauge("frontdesk_http_connections", "Open connections that are no WebSockets.", len(lobby))]

    return source


def of_bounds(bounds: Bounds) -> Source:
    """What was refused, and what was too much."""

    async def source() -> Iterable[Metric]:
        refused = CounterMetricFamily(
            "frontdesk_refusals",
            "Error replies, by where they left (endpoint of the socket, upgrade, http) and their code.",
            labels=["where", "code"],
        )
        for (where, code), count in sorted(bounds.refusals.counts.items()):
            refused.add_metric([where, code.value], count)
        limited = CounterMetricFamily(
            "frontdesk_limited",
            "What was too much, by the limit that stopped it; signals among it were dropped.",
            labels=["limit"],
        )
        for limit, count in sorted(bounds.limits.stopped.items()):
            limited.add_metric([limit], count)
        buckets = _gauge("frontdesk_limit_buckets", "Token buckets in memory.", len(bounds.limits.buckets))
        return [refused, limited, buckets]

    return source


def of_conversations(gauges: Gauges, messages: Mapping[str, int], identified: Mapping[tuple[str, str], int]) -> Source:
    """Messages stored, offers ended, sessions opened."""

    async def source() -> Iterable[Metric]:
        stored = CounterMetricFamily("frontdesk_messages", "Messages stored, by who wrote them.", labels=["role"])
        for role, count in messages.items():
            stored.add_metric([role], count)
        ended = CounterMetricFamily("frontdesk_offers", "Offers that ended, by how.", labels=["end"])
        for end, count in sorted(gauges.offers_ended().items()):
            ended.add_metric([end], count)
        opened = CounterMetricFamily(
            "frontdesk_sessions",
            "Times somebody identified: fresh, resumed, or reset (what the client had was no longer good).",
            labels=["role", "how"],
        )
        for role in ("visitor", "agent", "bot"):
            for how in ("fresh", "resumed", "reset"):
                opened.add_metric([role, how], identified.get((role, how), 0))
        return [stored, ended, opened]

    return source


def of_bots(bots: BotOverview) -> Source:
    """Bots: who is here, what they have, what they handed over, whom they keep waiting."""

    async def source() -> Iterable[Metric]:
        connected = GaugeMetricFamily("frontdesk_bots_connected", "Open connections of a bot.", labels=["bot"])
        has = GaugeMetricFamily("frontdesk_bot_conversations", "Conversations a bot has.", labels=["bot"])
        unanswered = GaugeMetricFamily(
            "frontdesk_bot_unanswered_seconds", "How long the first visitor waits for a bot's answer.", labels=["bot"]
        )
        for bot in bots.bots():
            labels = [bot.bot.settings.key]
            connected.add_metric(labels, len(bot.lines))
            has.add_metric(labels, bot.conversations)
            unanswered.add_metric(labels, bot.unanswered_s)
        handoffs = CounterMetricFamily(
            "frontdesk_handoffs",
            "Conversations that went from bots to the line: by the bot's own wish, by the visitor's, or without one.",
            labels=["reason"],
        )
        for reason in REASONS:
            handoffs.add_metric([reason], bots.watch.handoffs[reason])
        return [connected, has, unanswered, handoffs]

    return source


def of_store(store: Store) -> Source:
    """The database."""

    async def source() -> Iterable[Metric]:
        found = store.statistics()
        return [
            _gauge("frontdesk_store_healthy", "1 while the database can be written.", store.healthy),
            _gauge("frontdesk_store_queue", "Transactions that wait to be written.", found.queued),
            _counter("frontdesk_store_transactions", "Transactions committed.", found.transactions),
            _counter("frontdesk_store_failures", "Transactions failed for want of the database.", found.failures),
            _gauge("frontdesk_wal_bytes", "Size of the write-ahead log's file.", found.wal_bytes),
            _histogram("frontdesk_commit_seconds", "How long a commit took, sync included.", found.commit_seconds),
            _histogram("frontdesk_commit_transactions", "Transactions that shared a commit.", found.commit_sizes),
        ]

    return source


def of_router(seconds: Histogram) -> Source:
    """How long decisions take."""

    async def source() -> Iterable[Metric]:
        says = "How long the router took for what had come in together."
        return [_histogram("frontdesk_router_seconds", says, seconds)]

    return source


def of_loop(pulse: Pulse, watchdog: Watchdog) -> Source:
    """Whether the event loop keeps up."""

    async def source() -> Iterable[Metric]:
        return [
            _histogram("frontdesk_loop_lag_seconds", "How late the loop is, ten times a second.", pulse.lag_seconds),
            _gauge("frontdesk_loop_tasks", "Tasks of the event loop.", len(asyncio.all_tasks())),
            _counter("frontdesk_loop_stalls", "Times the event loop stood; the log says where.", watchdog.stalls),
        ]

    return source


def of_parts(failures: Mapping[str, int], untold: Callable[[], int]) -> Source:
    """What failed by a fault of ours and went on."""

    async def source() -> Iterable[Metric]:
        failed = CounterMetricFamily(
            "frontdesk_part_failures", "Times a part beside the router failed and began again.", labels=["part"]
        )
        for part, count in sorted(failures.items()):
            failed.add_metric([part], count)
        return [failed, _counter("frontdesk_untold", "Commits that could not be told to everybody.", untold())]

    return source


def of_process(version: str, sqlite: str) -> Source:
    """This process, by the names that all exporters use, and what it was built from."""
    collector = ProcessCollector(registry=None)

    async def source() -> Iterable[Metric]:
        build = GaugeMetricFamily(
            "frontdesk_build_info", "Always 1; what runs here is in the labels.", labels=["version", "python", "sqlite"]
        )
        build.add_metric([version, platform.python_version(), sqlite], 1)
        return [build, *collector.collect()]

    return source


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=float(value))


def _counter(name: str, says: str, value: float) -> Metric:
    return CounterMetricFamily(name, says, value=float(value))


def _histogram(name: str, says: str, found: Histogram) -> Metric:
    return HistogramMetricFamily(name, says, buckets=found.buckets(), sum_value=found.total)
