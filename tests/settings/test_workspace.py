from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from server.settings.parse import parse
from server.settings.workspace import (
    Agent,
    Department,
    Member,
    Rule,
    ServiceLevel,
    Site,
    WaitMessage,
    Workspace,
    WorkspaceFile,
    from_json,
    to_json,
)
from tests.settings.generated import files, law

EXAMPLE = tomllib.loads(Path(__file__).with_name("workspace.toml").read_text(encoding="utf-8"))

# The example gives these some value, as it must to be one.
WITHOUT_DEFAULT = {"key", "name", "email", "timezone", "default_department", "department", "skills"} | {
    "widen",
    "message",
    "member",
}


@pytest.mark.parametrize(
    ("written", "record"),
    [
        (EXAMPLE["workspace"], Workspace(key="w")),
        (EXAMPLE["department"][0], Department(key="d")),
        (EXAMPLE["agent"][0], Agent(key="a", email="a@w.example")),
        (EXAMPLE["agent"][0]["member"][0], Member(department="d")),
    ],
)
def test_defaults_are_the_documented_ones(written, record):
    defaults = msgspec.json.decode(to_json(record))
    for key, value in written.items():
        if key not in WITHOUT_DEFAULT:
            assert value == defaults[key], key


def test_the_documented_extras_of_a_wait_message_are_its_defaults():
    message = WaitMessage(when="every")
    assert (message.seconds, message.min_ahead, message.min_interval, message.max_count) == (45, 1, 20, 10)


def test_every_documented_key_is_a_key():
    parse(Path(__file__).with_name("workspace.toml").read_text(encoding="utf-8"))


def test_a_record_without_a_name_is_called_by_its_key():
    assert Department(key="support").name == "support"
    assert from_json(b'{"key":"demo"}', Site).name == "demo"


def test_a_rule_tells_silence_from_a_decision():
    quiet = Rule(name="r", when="true")
    deciding = Rule(name="r", when="true", first="", head_start=0, require={})
    assert (quiet.first, quiet.head_start, quiet.require) == (None, None, None)
    assert from_json(to_json(deciding), Rule) == deciding != quiet


def test_json_holds_defaults_too():
    assert b'"ring_seconds":30' in to_json(Department(key="support"))
    assert b'"message":[]' in to_json(Department(key="support"))


@law
@given(files())
def test_every_record_survives_json(file):
    records = (file, file.workspace, *file.sites, *file.departments, *file.agents, *file.rules)
    for record in records:
        assert from_json(to_json(record), type(record)) == record


def test_json_is_held_to_the_same_form():
    with pytest.raises(msgspec.ValidationError, match="ring_second"):
        from_json('{"key":"support","ring_second":3}', Department)
    with pytest.raises(msgspec.ValidationError, match=r"\$.ring_seconds"):
        from_json('{"key":"support","ring_seconds":0}', Department)


@pytest.mark.parametrize("key", ["", "Support", "a b", "a\n", "æ", "x" * 65])
def test_keys_are_small_letters_digits_and_hyphens(key):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"key": key}, Department)


@pytest.mark.parametrize("share", [0.0, 1.1, -1.0, float("nan"), float("inf")])
def test_a_service_level_is_a_share(share):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert([share, 60], ServiceLevel)


def test_records_never_change():
    with pytest.raises(AttributeError):
        WorkspaceFile(workspace=Workspace(key="w")).sites = ()  # type: ignore[misc]
