"""The defaults as the settings pages know them: a file both languages read."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from server.settings.workspace import Agent, Bot, Department, Member, Rule, WaitMessage, WidenStep

DEFAULTS = Path(__file__).with_name("defaults.json")


def test_the_pages_know_the_defaults():
    records = {
        "department": Department(key="k", name="K"),
        "agent": Agent(key="k", name="K", email="k@example.org"),
        "bot": Bot(key="k", name="K"),
        "member": Member(department="k"),
        "rule": Rule(name="r", when="true"),
        "message": WaitMessage(when="queued"),
        "widen": WidenStep(after=60),
    }
    # After a change of a default: write the file anew, and static/admin/records.ts with it.
    assert json.loads(DEFAULTS.read_text()) == json.loads(msgspec.json.encode(records))
