"""The golden frames are what Python reads and writes; the browser's tests read the same files."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest

from server.wire import codec, requests, schema
from tests.arch.source import ROOT

GOLDEN = ROOT / "tests/golden"
FRAMES: dict[str, Any] = {frame.__name__: frame for frame in schema.frames() if hasattr(frame, "__struct_fields__")}
del FRAMES["Position"]  # Part of others, never a frame.


@pytest.mark.parametrize("name", FRAMES)
def test_python_reads_and_writes_the_very_same_frame(name):
    golden = (GOLDEN / f"{name}.json").read_bytes()
    frame = msgspec.json.decode(golden, type=FRAMES[name])
    assert json.loads(golden) == json.loads(codec.encode(frame))


@pytest.mark.parametrize("endpoint", get_args(requests.Endpoint))
def test_every_request_is_understood_at_its_endpoint(endpoint):
    union = {"visitor": requests.VisitorRequest, "agent": requests.AgentRequest, "bot": requests.BotRequest}[endpoint]
    for kind in get_args(union):
        golden = (GOLDEN / f"{kind.__name__}.json").read_bytes()
        assert kind is type(codec.decode(endpoint, golden))


@pytest.mark.parametrize("name", FRAMES)
def test_a_golden_frame_has_every_field(name):
    golden = json.loads((GOLDEN / f"{name}.json").read_bytes())
    fields = set(FRAMES[name].__struct_encode_fields__)
    # By kind of request and entry; those of a notice are in HistoryReply, those of a bot's message in BotIdentified.
    some = {
        "notice",
        "place",
        "low_s",
        "high_s",
        "after",
        "notes_after",
        "to",
        "reason",
        "client_id",
        "waited_ms",
        "erased",
        "replies",
        "cards",
        "at",
    }
    assert set() == fields - set(golden) - some - {"id"}


def test_there_is_one_file_for_each_struct():
    assert set(FRAMES) == {path.stem for path in GOLDEN.glob("*.json")}
