"""`frontdesk serve`: a workspace of one's own, open; and why it does not open."""

from __future__ import annotations

import http.client
import json
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blackbox.process import COMMAND, Server, refused_start, taken_port
from tests.blackbox.wire import login
from tests.cli.conftest import INIT, PASSWORD


class Serving(Server):
    """The server as people run it."""

    def command(self, *more: str) -> list[str]:
        return [COMMAND, "serve", "--port", str(self.port), "--data", str(self.data), *more]


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Serving:
    """A workspace that nobody serves yet."""
    serving = Serving(tmp_path_factory.mktemp("serving"))
    done = subprocess.run(
        [COMMAND, *INIT, "--data", str(serving.data)], input=f"{PASSWORD}\n", text=True, check=True, capture_output=True
    )
    assert done.stderr == ""
    return serving


@pytest.fixture(scope="module")
def serving(founded: Serving) -> Iterator[Serving]:
    with founded as serving:
        yield serving


def get(server: Server, path: str) -> http.client.HTTPResponse:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        answer.read()
        return answer
    finally:
        line.close()


async def test_the_admin_logs_in(serving: Serving):
    status, body = await login(serving.address, "ada@wren.example", PASSWORD)
    assert status == 200
    assert json.loads(body)["agent"]["role"] == "admin"


def test_nothing_of_the_demo_is_served(serving: Serving):
    assert get(serving, "/demo/sit?as=ada").status == 404
    start = get(serving, "/")
    assert (start.status, start.headers["Location"]) == (302, "/console")


def test_the_log_is_one_object_a_line(serving: Serving):
    lines = serving.log.read_text().splitlines()
    assert lines[0] == f"Frontdesk is open at http://127.0.0.1:{serving.port}/"
    for line in lines[1:]:
        assert isinstance(json.loads(line), dict)


def test_a_second_one_on_the_same_data_is_refused(serving: Serving, tmp_path: Path):
    second = Serving(tmp_path)
    second.data = serving.data
    refused = refused_start(second.command())
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"The data directory {serving.data} is in use by another Frontdesk")
    assert len(refused.stderr.splitlines()) == 1


def test_a_workspace_is_not_founded_twice_beside_a_server(serving: Serving):
    refused = subprocess.run(
        [COMMAND, *INIT, "--data", str(serving.data)],
        input=f"{PASSWORD}\n",
        text=True,
        check=False,
        capture_output=True,
        timeout=30,
    )
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "in use" in refused.stderr


def test_a_taken_port_is_refused(tmp_path: Path, command_data: Path):
    with taken_port() as port:
        refused = refused_start([COMMAND, "serve", "--port", str(port), "--data", str(command_data)])
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Port {port} on 127.0.0.1 cannot be opened (address already in use)")
    assert len(refused.stderr.splitlines()) == 1


def test_an_address_of_another_machine_is_refused(command_data: Path):
    refused = refused_start([COMMAND, "serve", "--host", "192.0.2.1", "--data", str(command_data)])
    assert refused.returncode == 1
    assert "192.0.2.1" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_database_of_a_newer_frontdesk_is_refused(command_data: Path):
    database = sqlite3.connect(command_data / "frontdesk.sqlite3")
    database.execute("PRAGMA user_version = 9999")
    database.close()
    for command in (["serve", "--port", "0"], ["export"]):
        refused = refused_start([COMMAND, *command, "--data", str(command_data)])
        assert refused.returncode == 1
        assert "newer Frontdesk" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_a_damaged_database_is_refused(command_data: Path):
    (command_data / "frontdesk.sqlite3").write_bytes(b"no database" * 1000)
    refused = refused_start([COMMAND, "serve", "--port", "0", "--data", str(command_data)])
    assert refused.returncode == 1
    assert "frontdesk.sqlite3" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_what_is_no_database_of_countries_is_refused(tmp_path: Path, command_data: Path):
    file = tmp_path / "countries.mmdb"
    file.write_bytes(b"no database")
    refused = refused_start([COMMAND, "serve", "--port", "0", "--data", str(command_data), "--country-file", str(file)])
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{file} is no database of countries that can be read: ")
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_asked_to(tmp_path: Path, command_data: Path, how: signal.Signals):
    with Serving(tmp_path) as serving:
        assert serving.data == command_data
        assert serving.process is not None
        serving.process.send_signal(how)
        assert serving.process.wait(timeout=20) == 0


@pytest.fixture
def command_data(tmp_path: Path) -> Path:
    """A workspace of this test's own, in `tmp_path / "data"`."""
    data = tmp_path / "data"
    subprocess.run(
        [COMMAND, *INIT, "--data", str(data)], input=f"{PASSWORD}\n", text=True, check=True, capture_output=True
    )
    return data


def test_what_kubernetes_calls_our_port_is_not_meant_for_us(command_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FRONTDESK_PORT", "tcp://10.43.0.7:8080")
    refused = refused_start([COMMAND, "serve", "--host", "192.0.2.1", "--data", str(command_data)])
    assert "is the address of a Kubernetes service and is ignored" in refused.stderr
    assert "Port 8080 on 192.0.2.1" in refused.stderr
    monkeypatch.setenv("FRONTDESK_PORT", "tcp")
    refused = refused_start([COMMAND, "serve", "--data", str(command_data)])
    assert (refused.returncode, "not a valid" in refused.stderr) == (2, True)
