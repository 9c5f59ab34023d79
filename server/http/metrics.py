"""`GET /metrics`: the numbers for Prometheus, in the form that it asks for.

Open to whoever asks on the machine itself, without a proxy in between; from elsewhere, and through a proxy, with the
bearer token of the file that was configured. Lines and promises say how a business does: they are not for everyone.

A source gives metric families each time it is asked; a new group of numbers is one more source.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from server.desk.coverage import Figures
from server.desk.gauges import Gauges
from server.desk.promises import DepartmentFigures
from server.http.policy import SAFE, Doors, Policy
from server.store.base import StoreUnavailable
from server.wire.codes import ErrorCode, Refused

Source = Callable[[], Awaitable[Iterable[Metric]]]

# Put in by proxies: who sends one of these is not (or not provably) on this machine.
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class Metrics:
    """The handler."""

    def __init__(self, sources: Sequence[Source], *, token: str = "") -> None:
        """`token`: what lets in from elsewhere; without one nothing does."""
        self._sources = sources
        self._policy = Policy("metrics", SAFE, lambda request: _admit(request, token))

    def add_to(self, doors: Doors) -> None:
        doors.add("GET", "/metrics", self.show, policy=self._policy)

    async def show(self, request: web.Request) -> web.Response:
        found = [family for source in self._sources for family in await source()]
        encode, content_type = choose_encoder(request.headers.get(hdrs.ACCEPT, ""))
        return web.Response(body=encode(_Now(found)), headers={hdrs.CONTENT_TYPE: content_type})


def read_token(file: Path) -> str:
    """The token in a file. Raises ValueError for an empty one, and OSError."""
    token = file.read_text(encoding="utf-8").strip()
    if not token or any(each.isspace() for each in token):
        raise ValueError(f"{file} should hold one word")
    return token


class _Now(Collector):
    """What the sources said this time, as the library wants to be given it."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _admit(request: web.Request, token: str) -> None:
    if _is_this_machine(request):
        return
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if not token or not given:
        raise Refused(ErrorCode.FORBIDDEN, "Metrics are for this machine, or with the token that was configured.")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise Refused(ErrorCode.UNAUTHORISED, "This is not the token that was configured.")


def _is_this_machine(request: web.Request) -> bool:
    """Connected from here, asking for here: a page that was led to this address by its own name server is neither."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    host, _, port = request.host.rpartition(":")
    named = host if port.isdigit() and host else request.host
    return _is_loopback(request.remote or "") and (named == "localhost" or _is_loopback(named.strip("[]")))


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


# What is measured.


def of_gauges(gauges: Gauges) -> Source:
    """Lines, promises and rules."""

    async def source() -> Iterable[Metric]:
        return [*_lines(gauges), *_promises(gauges), *await _kept(gauges), *_rules(gauges)]

    return source


def _lines(gauges: Gauges) -> Iterable[Metric]:
    waiting = GaugeMetricFamily("frontdesk_line_waiting", "Conversations in the line now.", labels=["department"])
    oldest = GaugeMetricFamily(
        "frontdesk_line_oldest_wait_seconds", "How long the first in line has waited.", labels=["department"]
    )
    serving = GaugeMetricFamily(
        "frontdesk_department_serving",
        "1 while an agent who can answer is present and available.",
        labels=["department"],
    )
    for line in gauges.lines():
        waiting.add_metric([line.department], line.waiting)
        oldest.add_metric([line.department], line.oldest_wait_s)
        serving.add_metric([line.department], float(line.serving))
    return waiting, oldest, serving


def _promises(gauges: Gauges) -> Iterable[Metric]:
    made = CounterMetricFamily(
        "frontdesk_promises", "Waits that were announced since the server started.", labels=["department"]
    )
    for department, count in sorted(gauges.promises_made().items()):
        made.add_metric([department], count)
    return [made]


async def _kept(gauges: Gauges) -> Iterable[Metric]:
    """Left out while the database does not answer: no number is better than an old one."""
    try:
        departments = await gauges.kept()
    except StoreUnavailable:
        return []
    return [_coverage(departments), _bias(departments)]


def _coverage(departments: Iterable[DepartmentFigures]) -> Metric:
    family = GaugeMetricFamily(
        "frontdesk_promise_coverage_ratio",
        "Share of the waits announced in the last 24 hours that were not longer, leavers censored: than the median "
        "(p50, meant 0.5), than the 80th percentile (p80, meant 0.8), than the range as shown (shown, meant 0.8 or "
        "more).",
        labels=["department", "kind"],
    )
    for department in departments:
        for kind, ratio in _ratios(department.figures):
            if ratio is not None:
                family.add_metric([department.key, kind], ratio)
    return family


def _ratios(figures: Figures) -> Iterable[tuple[str, float | None]]:
    return (("p50", figures.coverage_p50), ("p80", figures.coverage_p80), ("shown", figures.hit_rate))


def _bias(departments: Iterable[DepartmentFigures]) -> Metric:
    family = GaugeMetricFamily(
        "frontdesk_promise_bias_seconds",
        "Announced median minus realised wait, mean over those of the last 24 hours that were answered.",
        labels=["department"],
    )
    for department in departments:
        if department.figures.bias_s is not None:
            family.add_metric([department.key], department.figures.bias_s)
    return family


def _rules(gauges: Gauges) -> Iterable[Metric]:
    failures = CounterMetricFamily(
        "frontdesk_rule_failures", "How often a rule could not be decided and was passed over.", labels=["rule"]
    )
    for rule, count in sorted(gauges.rule_failures().items()):
        failures.add_metric([rule], count)
    return [failures]
