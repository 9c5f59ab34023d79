"""`frontdesk export-trace`, and the recorded traffic met by other settings."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import frontdesk as command_line
from server.lab.traces import load
from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.cli.conftest import Run
from tests.control.test_offline import frontdesk, said

SECRETS = ("a secret of mine", "Gwendolen", "gwen@secret.example", "demo.example")


async def test_recorded_traffic_has_no_word_of_anybody_and_can_be_replayed(tmp_path: Path):
    """Of two conversations one is served and one leaves; both are there while the server runs, and when it does not."""
    with Server(tmp_path) as server:
        people = People(server)
        ada = await people.agent("ada")
        visitor = await people.visitor()
        await ada.takes(await visitor.start("support", SECRETS[0], form={"name": SECRETS[1], "email": SECRETS[2]}))
        await visitor.active()
        await ada.set_status("away")
        other = await people.visitor()
        await other.start("support", SECRETS[0])
        await other.end_conversation()
        await visitor.end_conversation()
        live = await said(server, "export-trace")
        await people.go_home()
        server.kill()
        trace = await said(server, "export-trace", "--since", "1d")
        rows = load(trace)
        assert trace.startswith(live.rstrip("\n")), "who left and who was served, in the order of their arrival"
        assert [(row.department, row.left, row.service_s is None) for row in rows] == [
            ("support", False, False),
            ("support", True, True),
        ]
        assert all(secret not in trace for secret in SECRETS)
        assert all(identity not in trace for identity in (visitor.conversation, other.conversation))
        nothing = await asyncio.to_thread(frontdesk, server, "export-trace", "--since", "2999-01-01")
        assert (nothing.returncode, len(nothing.stderr.splitlines())) == (1, 1)
    (tmp_path / "day.jsonl").write_text(trace)
    scenario = tmp_path / "scenario.toml"
    scenario.write_text('arrivals.trace = "day.jsonl"\n[[department]]\nkey = "support"\n[[agent]]\nkey = "zoe"\n')
    result = json.loads(CliRunner().invoke(command_line, ["simulate", str(scenario), "--json"]).stdout)
    assert result["run"]["conversations"] == 2
    assert result["agents"]["zoe"]["assigned"] == 2, "somebody else has time for both"


@pytest.mark.parametrize("when", ["yesterday", "7 days", "2026-13-01"])
def test_a_time_nobody_understands(command: Run, when: str):
    done = command("export-trace", "--since", when)
    assert done.exit_code == 2
    assert "no date" in done.stderr


def test_where_there_is_nothing(workspace: Run):
    done = workspace("export-trace")
    assert done.exit_code == 1
    assert "nothing to replay" in done.stderr
    assert len(done.stderr.splitlines()) == 1
