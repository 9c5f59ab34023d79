"""`frontdesk demo`: everybody is let in, on this machine only, and what was said stays."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.blackbox.people import People
from tests.blackbox.process import COMMAND, Server, refused_start, taken_port
from tests.blackbox.wire import Visitor, login
from tests.blackbox.workspace import agent, department, workspace

FILE = workspace(["help"], department("help", method="ring_all"), agent("dora", 2, {"help": 50}))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("demo")) as server:
        yield server


@pytest.fixture
async def people(server: Server) -> AsyncIterator[People]:
    people = People(server)
    yield people
    await people.go_home()


def sit(server: Server, key: str, **headers: str) -> http.client.HTTPResponse:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request("GET", f"/demo/sit?as={key}", headers=named)
        answer = line.getresponse()
        answer.read()
        return answer
    finally:
        line.close()


def run(server: Server, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [COMMAND, *arguments, "--data", str(server.data)],
        input=given,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout


def test_it_says_where_it_is_and_what_to_open(server: Server):
    said = server.log.read_text()
    assert f"http://{server.address}/" in said
    assert f"http://{server.address}/demo/sit?as=ada" in said
    assert '"demo"' in said


@pytest.mark.parametrize("headers", [{}, {"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Site": "none"}])
def test_sitting_down_leads_to_the_console(server: Server, headers: dict[str, str]):
    answer = sit(server, "ada", **headers)
    assert (answer.status, answer.headers["Location"]) == (303, "/console?as=ada")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("frontdesk-agent-ada=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        body = json.dumps({"agent": "ada"})
        headers = {"Cookie": cookie.partition(";")[0], "Content-Type": "application/json"}
        line.request("POST", "/api/v1/ticket", body, headers)
        ticket = line.getresponse()
        assert ticket.status == 200
        assert json.loads(ticket.read())["token"].startswith("ticket.")
    finally:
        line.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "same-origin", "Sec_Fetch_Dest": "iframe"},
        {"Sec_Fetch_Site": "same-origin", "Sec_Fetch_Dest": "image"},
    ],
)
def test_other_sites_cannot_have_somebody_sit_down(server: Server, headers: dict[str, str]):
    answer = sit(server, "ada", **headers)
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("key", ["", "nobody", "ADA", "a%20b", "..%2fada"])
def test_nobody_sits_down_as_somebody_who_is_not_there(server: Server, key: str):
    answer = sit(server, key)
    assert answer.status == 404
    assert "Set-Cookie" not in answer.headers


def test_who_is_kept_out_cannot_sit_down(server: Server):
    run(server, "agent", "disable", "cleo")
    assert sit(server, "cleo").status == 404
    run(server, "agent", "enable", "cleo")
    assert sit(server, "cleo").status == 303


@pytest.mark.parametrize("key", ["ada", "ben", "cleo", "sue", "root"])
async def test_everybodys_password_is_demo(server: Server, key: str):
    assert (await login(server.address, f"{key}@demo.example"))[0] == 200


async def test_its_own_page_may_open_the_site_by_any_name_of_this_machine(server: Server):
    for host in (server.address, f"localhost:{server.port}"):
        visitor = Visitor(server.address)
        visitor.address, visitor.origin = host, f"http://{host}"
        await visitor.enter()
        assert visitor.snapshot["site"]["name"] == "Demo shop"
        await visitor.leave()


async def test_conversations_passwords_and_settings_stay_from_start_to_start(tmp_path: Path):
    with Server(tmp_path) as server:
        people = People(server)
        ada = await people.agent("ada")
        visitor = await people.pair("support", ada, "Hello")
        run(server, "agent", "password", "ben", "--password-stdin", given="correct horse\n")
        text = run(server, "export").replace('name = "Sales"', 'name = "Shop"')
        run(server, "apply", "-", given=text)
        server.kill()
        server.start()
        await ada.ended()
        await visitor.ended()
        await ada.enter()
        await visitor.enter()
        assert [each["id"] for each in ada.snapshot["conversations"]] == [visitor.conversation]
        assert await ada.say(visitor.conversation, "Still here") > 0
        assert run(server, "export") == text
        assert (await login(server.address, "ben@demo.example", "correct horse"))[0] == 200
        assert (await login(server.address, "ben@demo.example"))[0] == 401
        await people.go_home()


async def test_a_file_of_ones_own_is_put_onto_what_is_there(tmp_path: Path):
    with Server(tmp_path, FILE) as server:
        assert (await login(server.address, "dora@demo.example"))[0] == 200
        assert (await login(server.address, "ada@demo.example"))[0] == 401, "the demo's people are not in it"
        run(server, "agent", "add", "finn", "--email", "finn@demo.example")
        people = People(server)
        visitor = await people.visitor()
        conversation = await visitor.start("help", "Hello")
        server.kill()
        assert server.workspace is not None
        server.workspace.write_text(FILE.replace('name = "Dora"', 'name = "Dorothea"'), encoding="utf-8")
        server.start()
        assert "finn" in run(server, "agent", "list"), "what the file does not name stays"
        assert (await login(server.address, "finn@demo.example"))[0] == 200, "whoever has no password gets it"
        dora = await people.agent("dora")
        assert dora.me["name"] == "Dorothea"
        await dora.takes(conversation)
        await visitor.ended()
        await visitor.enter()
        await people.go_home()


def test_a_file_may_let_every_website_in(tmp_path: Path):
    with Server(tmp_path, FILE.replace("https://shop.example", "*")) as server:
        assert '"*"' in run(server, "export")


def test_a_file_for_another_workspace_is_refused_and_nothing_changes(tmp_path: Path):
    with Server(tmp_path, FILE) as server:
        before = run(server, "export")
        server.kill()
        assert server.workspace is not None
        server.workspace.write_text(FILE.replace('key = "demo"', 'key = "other"', 1), encoding="utf-8")
        refused = refused_start(server.command())
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert str(server.workspace) in refused.stderr
        assert "other" in refused.stderr
        assert run(server, "export") == before


def test_a_start_on_a_taken_port_changes_nothing(tmp_path: Path):
    server = Server(tmp_path, FILE)
    with taken_port() as port:
        server.port = port
        refused = refused_start(server.command())
    assert refused.returncode == 1
    assert f"Port {port}" in refused.stderr
    assert not server.data.exists()


def test_a_broken_file_makes_nothing(tmp_path: Path):
    server = Server(tmp_path, FILE.replace("ring_all", "ring_al"))
    assert refused_start(server.command()).returncode == 1
    assert not server.data.exists()


@pytest.mark.parametrize("host", ["localhost", "::1", "127.0.0.2"])
def test_loopback_has_many_names(tmp_path: Path, host: str):
    server = Server(tmp_path)
    process = subprocess.Popen(
        server.command("--host", host), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        shown = f"[{host}]" if ":" in host else host
        assert f"http://{shown}:{server.port}/" in process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def ask(server: Server, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request(method, path, None if body is None else json.dumps(body), named)
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


JSON = {"Content_Type": "application/json"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "text/plain"},
        {**JSON, "Origin": "https://shop.example"},
        {**JSON, "Sec_Fetch_Site": "cross-site"},
        {**JSON, "Sec_Fetch_Site": "same-site"},
    ],
)
def test_no_other_site_sends_visitors_or_reads_decisions(server: Server, headers: dict[str, str]):
    assert ask(server, "POST", "/demo/visitors", {"count": 1}, **headers)[0] in {403, 415}
    if "Sec_Fetch_Site" in headers:
        assert ask(server, "GET", "/demo/show", **headers)[0] == 403
    assert json.loads(ask(server, "GET", "/demo/show")[1])["here"] == 0


@pytest.mark.parametrize(
    ("to", "page"),
    [("settings", "/settings?as=root"), ("https://shop.example", "/console?as=root"), ("", "/console?as=root")],
)
def test_sitting_down_may_lead_to_the_settings_and_nowhere_else(server: Server, to: str, page: str):
    answer = sit(server, f"root&to={to}")
    assert (answer.status, answer.headers["Location"]) == (303, page)


@pytest.mark.parametrize("body", [{"count": 0}, {"count": 11}, {"count": "10"}, {"more": 1}, []])
def test_visitors_are_sent_in_small_numbers(server: Server, body: object):
    assert ask(server, "POST", "/demo/visitors", body, **JSON)[0] == 400
    assert json.loads(ask(server, "GET", "/demo/show")[1])["here"] == 0


async def test_visitors_who_are_sent_come_as_anybody_would(tmp_path: Path):
    with Server(tmp_path) as server:
        people = People(server)
        ada = await people.agent("ada")
        sent = ask(server, "POST", "/demo/visitors", {"count": 2}, **JSON)
        assert json.loads(sent[1]) == {"sent": 2, "here": 2}
        offer = await ada.until(lambda frame: frame.get("on") == "offer")
        shown = json.loads(ask(server, "GET", "/demo/show")[1])
        assert shown["here"] == 2
        assert {one["agent"]["key"] for one in shown["latest"]["why"]["candidates"]} >= {"ada", "ben", "cleo"}
        reply = await ada.accept(offer)
        assert reply["entries"][0]["from"]["role"] == "visitor"
        assert reply["conversation"]["visitor"]["name"] == shown["latest"]["visitor"]


def test_a_demo_may_begin_with_visitors(tmp_path: Path):
    class Busy(Server):
        def command(self, *more: str) -> list[str]:
            return super().command("--visitors", "3", *more)

    with Busy(tmp_path) as server:
        assert json.loads(ask(server, "GET", "/demo/show")[1])["here"] == 3


class Supervised(Server):
    supervised = True

    def child(self) -> int:
        """The process that serves, which the page may kill."""
        status, body = ask(self, "POST", "/demo/kill", {}, **JSON)
        assert status == 200, body
        process: int = json.loads(body)["process"]
        return process

    def says(self, what: str, within_s: float = 15) -> None:
        """Its log does, before long."""
        assert self.process is not None
        deadline = time.monotonic() + within_s
        while what not in self.log.read_text():
            assert time.monotonic() < deadline, self.tail()
            # The pause between two looks ends at once if the supervisor does.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)

    def gone(self, within_s: float = 15) -> None:
        """Nobody serves any more."""
        deadline = time.monotonic() + within_s
        while self._ready():
            assert time.monotonic() < deadline, self.tail()


def test_who_was_killed_is_started_again_and_ends_with_the_one_who_did(tmp_path: Path):
    with Supervised(tmp_path) as server:
        said = server.log.read_text()
        supervisor = server.process
        assert supervisor is not None
        first = server.child()
        assert first != supervisor.pid
        # A wish: no crash, however often it comes.
        server.says("it was killed on purpose")
        server._await_ready(supervisor)
        assert server.log.read_text().count("The demo is open at") == said.count("The demo is open at") == 1
        assert json.loads(ask(server, "GET", "/demo/show")[1])["killable"] is True
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(timeout=20) == 0
        server.gone()


def test_without_its_supervisor_it_does_not_stay(tmp_path: Path):
    with Supervised(tmp_path) as server:
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        server.gone()


def test_a_refused_start_is_not_tried_again(tmp_path: Path):
    server = Supervised(tmp_path, FILE.replace("ring_all", "ring_al"))
    refused = refused_start(server.command())
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1


def test_nobody_kills_what_nobody_starts_again(server: Server):
    assert ask(server, "POST", "/demo/kill", {}, **JSON)[0] in {404, 405}
    assert json.loads(ask(server, "GET", "/demo/show")[1])["killable"] is False


@pytest.mark.parametrize(
    "host", ["shop.example", "127.0.0.1.shop.example", "localhost.shop.example:{port}", "10.0.0.1"]
)
def test_a_page_that_was_led_here_under_another_name_is_not_let_in(server: Server, host: str):
    named = host.format(port=server.port)
    assert ask(server, "GET", "/demo/sit?as=ada", Host=named)[0] == 403
    assert ask(server, "GET", "/demo/show", Host=named)[0] == 403
    assert ask(server, "POST", "/demo/visitors", {"count": 1}, Host=named, **JSON)[0] == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:{port}", "127.0.0.9", "[::1]:{port}", "shop.localhost:{port}"]
)
def test_this_machine_has_many_names(server: Server, host: str):
    assert ask(server, "GET", "/demo/show", Host=host.format(port=server.port))[0] == 200
