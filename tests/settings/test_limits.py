"""The table `[limits]`: what a file says of it, what it leaves as it is, and what the database keeps."""

from __future__ import annotations

import pytest

from server.settings.change import changes, merge
from server.settings.dump import dump
from server.settings.parse import parse
from server.settings.problem import SettingsError
from server.settings.workspace import Limits, Rate, Workspace, WorkspaceFile, from_stored, to_json, to_stored

HEAD = '[workspace]\nkey = "w"\n'
LIMITED = HEAD + "[limits]\nmessages_per_visitor = [5, 60]\ntext_chars = 500\n"


def test_a_file_names_those_that_are_not_the_defaults():
    found = parse(LIMITED).limits
    assert found == Limits(messages_per_visitor=Rate(5, 60), text_chars=500)
    assert found is not None
    assert found.messages_per_agent == Limits().messages_per_agent


def test_it_is_written_as_it_was_read():
    file = parse(LIMITED)
    assert dump(file) == (
        '[workspace]\nkey = "w"\nname = "w"\n\n[limits]\ntext_chars = 500\nmessages_per_visitor = [5, 60]\n'
    )
    assert parse(dump(file)) == file


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("messages_per_visitors = [1, 1]", 'line 4: limits: unknown key "messages_per_visitors", did you mean'),
        ("messages_per_visitor = 5", "line 4: limits: messages_per_visitor must be [at once, per minute]"),
        ("messages_per_visitor = [5, 0]", "line 4: limits: messages_per_visitor must be [at once, per minute]"),
        (
            "messages_per_visitor = [0, 0]\ntext_chars = 9000",
            "line 5: limits: text_chars must be a whole number from 1 to 8000",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_line(lines: str, said: str):
    with pytest.raises(SettingsError) as refused:
        parse(f"{HEAD}[limits]\n{lines}\n")
    assert str(refused.value).startswith(said)


def test_limits_are_one_table():
    with pytest.raises(SettingsError, match=r"limits must be one table, written \[limits\]"):
        parse(HEAD + "limits = 3\n".replace("limits", "[[limits]]\ntext_chars"))


def test_what_a_file_does_not_name_stays_and_a_table_that_is_named_is_whole():
    before = parse(LIMITED)
    assert merge(before, parse(HEAD)) == before
    assert merge(before, parse(HEAD), prune=True).limits is None
    after = merge(before, parse(HEAD + "[limits]\ntext_chars = 600\n"))
    assert after.limits == Limits(text_chars=600)
    assert [change.describe() for change in changes(before, after)] == [
        "~ limits: text_chars 500 -> 600",
        "~ limits: messages_per_visitor [5, 60] -> [3000, 1800]",
    ]
    assert changes(WorkspaceFile(workspace=Workspace(key="w")), parse(HEAD + "[limits]\n")) == ()


def test_the_database_keeps_them_with_the_workspace():
    file = parse(LIMITED)
    assert from_stored(to_stored(file)) == (file.workspace, file.limits)
    # As it was written before there were limits.
    assert from_stored(to_json(file.workspace)) == (file.workspace, Limits())
