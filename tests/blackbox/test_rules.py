"""Rules on a server as people run it: applied while it serves, asked at each start, refused with line and column."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect

from tests.blackbox.process import COMMAND, Server

HEAD = """
[workspace]
key = "paper-wren"
name = "Paper & Wren"
timezone = "UTC"
default_department = "support"
[[site]]
key = "paper-wren"
origins = ["https://wren.example"]
departments = ["support", "sweden"]
[[department]]
key = "support"
[[department]]
key = "sweden"
"""
INIT = ["init", "--name", "Paper & Wren", "--origin", "https://wren.example", "--email", "ada@wren.example"]
INIT += ["--admin-name", "Ada", "--password-stdin"]


class Behind(Server):
    """The server behind a proxy on this machine that tells the country."""

    def command(self, *more: str) -> list[str]:
        proxy = ["--trusted-proxy", "127.0.0.1/32", "--country-header", "CF-IPCountry"]
        return [COMMAND, "serve", "--port", str(self.port), "--data", str(self.data), *proxy, *more]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    server = Behind(tmp_path_factory.mktemp("rules"))
    subprocess.run(
        [COMMAND, *INIT, "--data", str(server.data)],
        input="correct horse\n",
        text=True,
        check=True,
        capture_output=True,
    )
    with server:
        yield server


def apply(server: Behind, rules: str) -> subprocess.CompletedProcess[str]:
    file = server.folder / "workspace.toml"
    file.write_text(HEAD + rules, encoding="utf-8")
    return subprocess.run(
        [COMMAND, "apply", str(file), "--yes", "--data", str(server.data)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def start(server: Behind, *, country: str, text: str) -> tuple[str, str]:
    """The department in which a visitor's conversation begins, and its state."""
    async with connect(
        f"ws://{server.address}/ws/visitor",
        origin="https://wren.example",  # type: ignore[arg-type]
        additional_headers={"CF-IPCountry": country},
    ) as socket:
        await socket.recv()
        await socket.send(json.dumps({"do": "identify", "id": "1", "protocol": 1, "site": "paper-wren"}))
        frame = {"do": "conversation.start", "id": "2", "client_id": "c", "text": text}
        await socket.send(json.dumps(frame))
        async for data in socket:
            reply = json.loads(data)
            if reply.get("re") == "2":
                assert reply["ok"], reply
                return reply["conversation"]["department"]["key"], reply["conversation"]["state"]
    raise AssertionError("no reply")


async def test_rules_are_asked_from_the_moment_they_are_applied(behind: Behind):
    assert await start(behind, country="SE", text="Hej") == ("support", "waiting")
    done = apply(
        behind,
        """
[[rule]]
name = "broken at run time"
when = 'form.missing == "x"'
[[rule]]
name = "from Sweden"
when = 'visitor.country == "SE"'
department = "sweden"
""",
    )
    assert done.returncode == 0, done.stderr
    assert await start(behind, country="SE", text="Hej secret") == ("sweden", "waiting")
    assert await start(behind, country="DK", text="Hej secret") == ("support", "waiting")
    failures = [line for line in behind.log.read_text().splitlines() if "a rule could not be decided" in line]
    assert [json.loads(line)["times"] for line in failures] == [1, 2]
    assert "secret" not in behind.log.read_text()


def test_what_does_not_compile_is_refused_as_a_whole(behind: Behind):
    done = apply(behind, '\n[[rule]]\nname = "r"\nwhen = \'visitor.cuntry == "SE"\'\n')
    assert done.returncode != 0
    line = HEAD.count("\n") + 4
    assert f'line {line}: rule "r": when: unknown field "cuntry" of visitor at column 9, did you mean "country"?' in (
        done.stderr
    )
