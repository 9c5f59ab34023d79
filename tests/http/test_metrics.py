"""Numbers for Prometheus: what they say, and to whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import make_mocked_request
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from server.desk.gauges import Gauges
from server.desk.promises import Promises
from server.http.metrics import Metrics, _admit, of_gauges, read_token
from server.http.policy import Doors
from server.wire.codes import ErrorCode, Refused
from tests.desk.support.bench import DeskBench, bench, settings
from tests.desk.support.foreseen import Foreseen

TOKEN = "s3cret-of-the-scraper"


@asynccontextmanager
async def served(metrics: Metrics) -> AsyncIterator[str]:
    app, doors = web.Application(), Doors()
    metrics.add_to(doors)
    doors.install(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/metrics"
    finally:
        await runner.cleanup()


async def scraped(metrics: Metrics) -> dict[str, dict[tuple[str, ...], float]]:
    """By sample, by the values of its labels."""
    async with served(metrics) as url, ClientSession() as http, http.get(url) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = await answer.text()
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def gauges(desk: DeskBench, failures: dict[str, int] | None = None) -> Gauges:
    kept = Promises(store=desk.store, clock=desk.clock, directory=lambda: desk.engine.directory)
    return Gauges(engine=desk.engine, clock=desk.clock, promises=kept, rule_failures=lambda: failures or {})


async def test_what_it_says(tmp_path: Path):
    foreseen = Foreseen()
    async with bench(tmp_path, settings(), estimates=foreseen) as desk:
        watching = gauges(desk, {"pricing pages": 3, 'with "quotes"\n': 1})
        ada = await desk.agent("ada", status="available")
        for _ in range(3):
            await desk.start_conversation(await desk.visitor())
            await desk.accept(ada)
        for wait_s in (100, 200, 300):  # against a promise of 2 to 4 minutes
            await desk.start_conversation(await desk.visitor())
            watching.told(desk.commits[-1])
            await desk.wait(wait_s)
            held = sorted(each["id"] for each in ada.reading()._was["conversations"] if each["state"] == "active")
            await ada.ask("conversation.close", conversation=held[0])
            await desk.accept(ada)
        await desk.start_conversation(await desk.visitor())
        watching.told(desk.commits[-1])
        await desk.wait(7)
        found = await scraped(Metrics([of_gauges(watching)]))
    assert found["frontdesk_line_waiting"] == {("support",): 1, ("sales",): 0}
    assert found["frontdesk_line_oldest_wait_seconds"] == {("support",): 7, ("sales",): 0}
    assert found["frontdesk_department_serving"] == {("support",): 1, ("sales",): 1}
    assert found["frontdesk_promises_total"] == {("support",): 4}
    assert found["frontdesk_rule_failures_total"] == {("pricing pages",): 3, ('with "quotes"\n',): 1}
    coverage = found["frontdesk_promise_coverage_ratio"]
    # Three of seven were answered at once. One has waited 7 s; of the other three, 100 s is within the median and
    # 200 s within the rest.
    assert coverage["support", "p50"] == pytest.approx(1 - 4 / 7 * 2 / 3)
    assert coverage["support", "p80"] == coverage["support", "shown"] == pytest.approx(1 - 4 / 7 * 1 / 3)
    assert found["frontdesk_promise_bias_seconds"]["support",] == pytest.approx(120 - 100)


async def test_while_the_database_is_away_the_rest_is_told(tmp_path: Path):
    async with bench(tmp_path) as desk:
        metrics = Metrics([of_gauges(gauges(desk))])
        desk.store.fail_reads()
        found = await scraped(metrics)
        assert "frontdesk_line_waiting" in found
        assert "frontdesk_promise_coverage_ratio" not in found


async def test_a_new_group_of_numbers_is_one_more_source():
    async def one() -> list[Metric]:
        return [GaugeMetricFamily("one", "The first.", value=1)]

    async def two() -> list[Metric]:
        return [GaugeMetricFamily("two", "The second.", value=2)]

    assert await scraped(Metrics([one, two])) == {"one": {(): 1}, "two": {(): 2}}


class From:
    """A connection from this address."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._address, 40_000) if name == "peername" else default


def request(address: str, host: str = "127.0.0.1:8080", **headers: str) -> web.Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/metrics", headers={"Host": host, **named}, transport=From(address))


@pytest.mark.parametrize("token", ["", TOKEN])
@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("127.0.0.1", "127.0.0.1:8080"),
        ("127.9.9.9", "localhost:8080"),
        ("127.0.0.1", "localhost"),
        ("::1", "[::1]:8080"),
        ("::1", "[::1]"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
    ],
)
def test_this_machine_may_read_them(address: str, host: str, token: str):
    _admit(request(address, host), token)


@pytest.mark.parametrize(
    "asked",
    [
        request("10.0.0.7"),
        request("203.0.113.9", "chat.example.org"),
        request("127.0.0.1", X_Forwarded_For="203.0.113.9"),
        request("127.0.0.1", X_Forwarded_For="127.0.0.1"),
        request("127.0.0.1", Forwarded="for=203.0.113.9"),
        request("127.0.0.1", X_Real_IP="203.0.113.9"),
        request("127.0.0.1", Via="1.1 proxy"),
        request("127.0.0.1", "chat.example.org"),
        request("127.0.0.1", "rebound.example:8080"),
        request("", "127.0.0.1"),
    ],
)
def test_nobody_else_without_the_token(asked: web.Request):
    for token in ("", TOKEN):
        with pytest.raises(Refused) as refused:
            _admit(asked, token)
        assert refused.value.code is ErrorCode.FORBIDDEN
    with pytest.raises(Refused):
        _admit(asked.clone(headers={**asked.headers, "Authorization": f"Bearer {TOKEN}"}), "")
    # Where one is configured it opens.
    _admit(asked.clone(headers={**asked.headers, "Authorization": f"Bearer {TOKEN}"}), TOKEN)
    _admit(asked.clone(headers={**asked.headers, "Authorization": f"bearer  {TOKEN} "}), TOKEN)


@pytest.mark.parametrize("said", [f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é", f"Bearer {TOKEN[:-1]}"])
def test_another_token_is_none(said: str):
    with pytest.raises(Refused) as refused:
        _admit(request("10.0.0.7", Authorization=said), TOKEN)
    assert refused.value.code is ErrorCode.UNAUTHORISED


def test_a_token_is_one_word(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert read_token(file) == TOKEN
    for text in ("", "\n", "two words"):
        file.write_text(text)
        with pytest.raises(ValueError, match="one word"):
            read_token(file)
    with pytest.raises(FileNotFoundError):
        read_token(tmp_path / "nowhere")
