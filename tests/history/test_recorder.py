"""What a client's frames become."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.history import record
from tests.history.__main__ import main
from tests.history.building import Run, good
from tests.history.record import Record, Story, encoded, write
from tests.history.recorder import Frame, Recorder

ENTRY: Frame = {
    "conversation": "c_1",
    "seq": 3,
    "kind": "message",
    "from": {"role": "visitor", "id": "v_1", "name": "Vera"},
    "text": "Hello",
    "at": "2026-01-01T00:00:00.000Z",
    "client_id": "m1",
}
HEARD = record.Heard(
    by="vera",
    line=1,
    conversation="c_1",
    seq=3,
    kind="message",
    role="visitor",
    sender="v_1",
    text="Hello",
    at="2026-01-01T00:00:00.000Z",
    client_id="m1",
)
CONVERSATION: Frame = {"id": "c_1", "state": "active", "agent": {"id": "a_1", "key": "ada", "name": "Ada"}}


def recorded(*frames: Frame) -> list[Record]:
    """What becomes of frames of one connection: sent if they have `do`, heard otherwise."""
    taken: list[Record] = []
    client = Recorder(taken.append).client("vera")
    client.connected()
    for frame in frames:
        client.sent(frame) if "do" in frame else client.heard(frame)
    assert taken[0] == record.Connected(by="vera", line=1)
    return taken[1:]


def test_a_message_and_its_answers():
    said = {"do": "message.send", "id": "7", "conversation": "c_1", "client_id": "m1", "text": "Hello"}
    again = {**said, "id": "8"}
    answers: list[Frame] = [
        {"re": "7", "ok": False, "error": {"code": "unavailable", "message": "Not now."}},
        {"re": "8", "ok": True, "seq": 3, "at": ENTRY["at"]},
    ]
    assert recorded(said, again, *answers) == [
        *[record.Said(by="vera", line=1, do="message.send", client_id="m1", conversation="c_1", text="Hello")] * 2,
        record.Refused(by="vera", line=1, do="message.send", client_id="m1", conversation="c_1", code="unavailable"),
        record.Acked(by="vera", line=1, do="message.send", client_id="m1", conversation="c_1", seq=3, at=ENTRY["at"]),
    ]


def test_a_start_and_the_conversation_it_led_to():
    said = {"do": "conversation.start", "id": "1", "client_id": "s1", "department": "sales", "text": "Hello"}
    yes: Frame = {"re": "1", "ok": True, "conversation": CONVERSATION, "at": ENTRY["at"]}
    assert recorded(said, yes) == [
        record.Said(by="vera", line=1, do="conversation.start", client_id="s1", text="Hello"),
        record.Acked(by="vera", line=1, do="conversation.start", client_id="s1", at=ENTRY["at"], became="c_1"),
    ]


def test_the_opening_of_a_visitor():
    asked: Frame = {"do": "identify", "id": "1", "resume": {"epoch": "e", "positions": {"c_1": {"entries": 2}}}}
    told: Frame = {
        "re": "1",
        "ok": True,
        "epoch": "e",
        "v": 9,
        "reset": False,
        "dropped": ["c_9"],
        "more": ["c_1"],
        "missed": [ENTRY],
        "me": {"id": "v_1"},
        "snapshot": {"conversation": CONVERSATION},
    }
    assert recorded(asked, told) == [
        record.Identifying(by="vera", line=1, epoch="e", entries={"c_1": 2}, notes={"c_1": 0}),
        record.Identified(
            by="vera", line=1, person="v_1", role="visitor", epoch="e", v=9, dropped=("c_9",), more=("c_1",)
        ),
        record.Heard(**{**_fields(HEARD), "way": "missed"}),
        record.Shown(by="vera", line=1, v=9, conversation="c_1", agent="a_1", state="active"),
    ]


def test_the_opening_of_an_agent():
    told: Frame = {
        "re": "1",
        "ok": True,
        "epoch": "e",
        "v": 9,
        "reset": True,
        "dropped": [],
        "more": [],
        "missed": [],
        "missed_notes": [ENTRY],
        "me": {"id": "a_1", "role": "supervisor"},
        "snapshot": {"conversations": [CONVERSATION], "agent": {"id": "a_1", "slots": {"used": 1, "max": 3}}},
    }
    assert recorded(told) == [
        record.Identified(by="vera", line=1, person="a_1", role="agent", epoch="e", v=9, reset=True, supervises=True),
        record.Heard(**{**_fields(HEARD), "way": "missed", "log": "note"}),
        record.Shown(by="vera", line=1, v=9, conversation="c_1", agent="a_1", state="active"),
        record.Slots(by="vera", line=1, v=9, agent="a_1", used=1, limit=3),
    ]


def test_events():
    assert recorded(
        {"on": "entry", **ENTRY},
        {"on": "note", **ENTRY},
        {"on": "conversation", "v": 4, "conversation": {**CONVERSATION, "state": "closed"}},
        {"on": "agent", "v": 5, "agent": {"id": "a_1", "slots": {"used": 1, "max": 3}}},
        {"on": "read", "conversation": "c_1", "from": {"id": "v_1"}, "seq": 3},
        {"on": "typing", "conversation": "c_1"},
    ) == [
        HEARD,
        record.Heard(**{**_fields(HEARD), "log": "note"}),
        record.Shown(by="vera", line=1, v=4, conversation="c_1", agent="", state="closed"),
        record.Slots(by="vera", line=1, v=5, agent="a_1", used=1, limit=3),
        record.Read(by="vera", line=1, conversation="c_1", reader="v_1", seq=3),
    ]


def test_entries_in_answers():
    pages: Frame = {"re": "5", "ok": True, "entries": [ENTRY], "notes": [ENTRY]}
    assert recorded(pages) == [
        record.Heard(**{**_fields(HEARD), "way": "page"}),
        record.Heard(**{**_fields(HEARD), "way": "page", "log": "note"}),
    ]


def _fields(made: record.Heard) -> Frame:
    return {name: getattr(made, name) for name in made.__struct_fields__}


def test_answers_of_an_earlier_connection_are_nobodys():
    taken: list[Record] = []
    client = Recorder(taken.append).client("vera")
    client.connected()
    client.sent({"do": "message.send", "id": "7", "conversation": "c_1", "client_id": "m1", "text": "Hello"})
    client.ended(4000)
    client.connected()
    client.heard({"re": "7", "ok": True})
    assert [type(each).__name__ for each in taken] == ["Connected", "Said", "Ended", "Connected"]


def test_a_file_keeps_everything(tmp_path: Path):
    run = good()
    with Recorder.into_file(tmp_path / "run.jsonl") as recorder:
        for each in run.records:
            recorder.take(each)
    story = Story(tmp_path / "run.jsonl")
    assert list(story) == run.records
    assert list(story) == run.records
    lines = (tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {"what": "server", "event": "started"}


def test_half_a_line_at_the_end_is_passed_over(tmp_path: Path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(encoded(HEARD) + b"\n" + encoded(HEARD)[:-5])
    assert list(Story(path)) == [HEARD]


def saved(run: Run, folder: Path) -> list[str]:
    """As the command line wants it."""
    write(folder / "run.jsonl", run.records)
    with_file = f"VACUUM INTO '{folder / 'run.sqlite'}'"
    list(run.database()._connection.execute(with_file))
    return [str(folder / "run.jsonl"), "--database", str(folder / "run.sqlite")]


def test_the_command_says_that_nothing_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(saved(good(), tmp_path)) == 0
    assert capsys.readouterr().out == "Nothing is wrong.\n"


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = good()
    run.talks["c_2"].entry.pop()
    assert main(saved(run, tmp_path)) == 1
    said = capsys.readouterr().out
    assert "I1 (what was acknowledged is in the log)" in said
    assert "ben is told yes to b1" in said
